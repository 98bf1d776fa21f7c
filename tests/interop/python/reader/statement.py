"""Statements: text in the fixed order of their kind, with or without signatures (section 2)."""

import hashlib

from . import note
from .kinds import KINDS, Line
from .note import Note, Signature
from .refused import Refused, refuse_unless
from .values import origin

PREFIX = "tsumugu/v1/"


class Statement:
    """A statement as it travels. `lines` has each line's name and the values of its parts, in order."""

    def __init__(self, raw: bytes, text: bytes, signatures: list[Signature]):
        self.raw, self.text, self.signatures = raw, text, signatures
        self.digest = hashlib.sha256(text).digest()
        try:
            rows = text.decode().split("\n")
        except UnicodeDecodeError as error:
            raise Refused("a statement that is not UTF-8") from error
        refuse_unless(len(rows) >= 3 and rows.pop() == "", "a statement whose last line does not end")
        first, second, *rest = rows
        refuse_unless(first.startswith(PREFIX), "no statement")
        self.kind = first.removeprefix(PREFIX)
        refuse_unless(self.kind in KINDS, f"no kind of statement: {self.kind[:40]!r}")
        self.origin = origin(second)
        self.rows = rest
        self.lines = read_lines(KINDS[self.kind].lines, rest)
        check_whole(self)

    def all(self, name: str) -> list:
        return [values for line, values in self.lines if line == name]

    def get(self, name: str):
        """The value of a line that stands there once: of several parts a tuple. None where it is absent."""
        found = self.all(name)
        if not found:
            return None
        return found[0] if len(found[0]) > 1 else found[0][0]

    def encode(self) -> bytes:
        """Written anew from what was read."""
        text = "\n".join([PREFIX + self.kind, self.origin, *self.rows, ""]).encode()
        return note.encode(Note(text, self.signatures)) if KINDS[self.kind].signed else text


def parse(raw: bytes) -> Statement:
    refuse_unless(len(raw) <= note.LIMIT, "a statement that is too long")
    kind = raw.partition(b"\n")[0].decode("ascii", "replace").removeprefix(PREFIX)
    refuse_unless(kind in KINDS, f"no kind of statement: {kind[:40]!r}")
    if KINDS[kind].signed:
        signed = note.parse(raw)
        statement = Statement(raw, signed.text, signed.signatures)
    else:
        statement = Statement(raw, raw, [])
    refuse_unless(statement.encode() == raw, "a statement in another spelling")
    return statement


def read_lines(kind: tuple, rows: list[str]) -> list:
    found, at = [], 0
    for line in kind:
        count = 0
        while at < len(rows) and rows[at].partition(" ")[0] == line.name and count < line.most:
            found.append((line.name, read_parts(line, rows[at])))
            at, count = at + 1, count + 1
        refuse_unless(count >= line.least, f"no line {line.name}")
    refuse_unless(at == len(rows), "a line that does not belong there")
    return found


def read_parts(line: Line, row: str) -> tuple:
    name, space, value = row.partition(" ")
    parts = value.split(" ", len(line.parts) - 1)
    refuse_unless(space and len(parts) == len(line.parts), f"line {name} has too few parts")
    return tuple(read(part) for read, part in zip(line.parts, parts))


def check_whole(statement: Statement) -> None:
    """What a kind demands beyond single lines."""
    match statement.kind:
        case "trust-list":
            version, administrators = statement.get("version"), statement.all("administrator")
            refuse_unless(version >= 1, "versions begin at 1")
            refuse_unless((version > 1) == (statement.get("previous") is not None), "previous just when > 1")
            ids = [one[0] for one in administrators]
            refuse_unless(ids == sorted(set(ids)), "administrators are distinct, by id")
            for what in (1, 2):
                refuse_unless(len({one[what] for one in administrators}) == len(ids), "keys are distinct")
            refuse_unless(1 <= statement.get("threshold") <= len(ids), "1 <= threshold <= administrators")
        case "institution":
            member = statement.get("key") is not None
            refuse_unless(statement.get("version") >= 1, "versions begin at 1")
            refuse_unless(member != (statement.get("fax-only") is not None), "one of key and fax-only")
            refuse_unless(not member or statement.get("invitation") is not None, "a member was invited")
            refuse_unless(member or statement.get("fax") is not None, "fax-only without fax")
        case "standing" | "catalogue" | "hold":
            refuse_unless(statement.get("version") >= 1, "versions begin at 1")
        case "profile":
            units = [unit for unit, _ in statement.all("unit")]
            refuse_unless(statement.get("version") >= 1, "versions begin at 1")
            refuse_unless("main" in units and len(set(units)) == len(units), "units are distinct, one is main")
        case "key-set":
            number = statement.get("number")
            refuse_unless(number >= 1, "numbers begin at 1")
            refuse_unless((number > 1) == (statement.get("previous") is not None), "previous just when > 1")
        case "disposition":
            person = statement.get("answer") != "unreadable"
            refuse_unless((statement.get("detail") is not None) == person, "a detail just of a person's answer")
        case "invitation":
            to_institution = statement.get("purpose") != "administrator"
            for name in ("number", "name", "kana", "kind", "telephone"):
                refuse_unless((statement.get(name) is not None) == to_institution, f"{name} by purpose")
