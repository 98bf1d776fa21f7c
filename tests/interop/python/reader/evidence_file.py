"""The form of a file of evidence (section 7)."""

import hashlib
from typing import NamedTuple

from . import log, statement as statements, values as v
from .refused import Refused, refuse_unless
from .statement import Statement

LIMIT = 8 * 1024 * 1024
FIRST = "tsumugu/v1/evidence"
# The end of the year 9999, which is the last that a statement can write.
LAST_TIME = 253_402_300_799_999
MOST_HASHES = 63


class Shown(NamedTuple):
    """A leaf, its statement, and its proof."""

    index: int
    leaf: log.Clear | log.Private
    statement: Statement
    proof: list[bytes]

    @property
    def place(self) -> tuple:
        """Where it stands among clear and private leaves (section 3, "Places")."""
        return (self.leaf.number, -1 if isinstance(self.leaf, log.Clear) else self.index)


class Detail(NamedTuple):
    index: int
    salt: bytes
    raw: bytes


class File(NamedTuple):
    origin: str
    message: tuple[str, str]
    checkpoint: log.Checkpoint
    clear: list[Shown]
    private: list[Shown]
    letter: bytes | None
    details: list[Detail]


def read(raw: bytes) -> File:
    refuse_unless(len(raw) <= LIMIT, "too long")
    refuse_unless(raw.endswith(b"\n"), "the last line does not end")
    body, newline, last = raw[:-1].rpartition(b"\n")
    body += newline
    refuse_unless(last == b"checksum " + hashlib.sha256(body).hexdigest().encode(), "the checksum does not fit")
    try:
        rows = body.decode().split("\n")[:-1]
    except UnicodeDecodeError as error:
        raise Refused("not UTF-8") from error
    refuse_unless(rows.pop(0) == FIRST, "no evidence")
    lines = Lines(rows)
    origin = v.origin(*lines.one("origin", 1))
    message = tuple(map(v.hexadecimal_id, lines.one("message", 2)))
    checkpoint = log.read_checkpoint(v.unbase64(*lines.one("checkpoint", 1)))
    clear = [clear_leaf(parts) for parts in lines.several("clear", 6)]
    private = [private_leaf(parts) for parts in lines.several("private", 7)]
    letters = lines.several("letter", 1)
    details = [detail(parts) for parts in lines.several("detail", 3)]
    refuse_unless(not lines.rows, "a line that does not belong there")
    refuse_unless(len(letters) <= 1, "two letters")
    for items in (clear, private, details):
        indexes = [item.index for item in items]
        refuse_unless(indexes == sorted(set(indexes)), "not by index")
    letter = v.unbase64(letters[0][0]) if letters else None
    return File(origin, message, checkpoint, clear, private, letter, details)


class Lines:
    def __init__(self, rows: list[str]):
        self.rows = rows

    def one(self, name: str, parts: int) -> list[str]:
        refuse_unless(self.rows, f"no line {name}")
        return self.values(self.rows.pop(0), name, parts)

    def several(self, name: str, parts: int) -> list[list[str]]:
        found = []
        while self.rows and self.rows[0].partition(" ")[0] == name:
            found.append(self.one(name, parts))
        return found

    def values(self, row: str, name: str, parts: int) -> list[str]:
        first, *values = row.split(" ")
        refuse_unless(first == name and len(values) == parts, f"no line {name} with {parts} values")
        return values


def clear_leaf(parts: list[str]) -> Shown:
    index, time, number, previous, statement, proof = parts
    raw = v.unbase64(statement)
    leaf = log.Clear(moment(time), v.number(number), v.digest(previous), raw)
    return Shown(v.number(index), leaf, statements.parse(raw), proof_hashes(proof))


def private_leaf(parts: list[str]) -> Shown:
    index, time, number, head, salt, record, proof = parts
    raw = v.unbase64(record)
    digest = log.record_digest(v.digest(salt), raw)
    leaf = log.Private(moment(time), v.number(number), v.digest(head), digest)
    return Shown(v.number(index), leaf, statements.parse(raw), proof_hashes(proof))


def moment(text: str) -> int:
    time = v.number(text)
    refuse_unless(time <= LAST_TIME, "a time after the year 9999")
    return time


def detail(parts: list[str]) -> Detail:
    return Detail(v.number(parts[0]), v.digest(parts[1]), v.unbase64(parts[2]))


def proof_hashes(text: str) -> list[bytes]:
    raw = b"" if text == "-" else v.unbase64(text)
    refuse_unless(text == "-" or raw, "an empty proof is written -")
    refuse_unless(len(raw) % 32 == 0, "half a hash")
    refuse_unless(len(raw) <= MOST_HASHES * 32, "more hashes than a log has levels")
    return [raw[at : at + 32] for at in range(0, len(raw), 32)]
