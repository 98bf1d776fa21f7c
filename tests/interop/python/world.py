"""A small exchange of our own with all its keys, so that a log can be forged whose leaves are all included,
signed and proved, and still break a rule.

A world is told as steps. Each is a statement: name, kind, rows, and the keys that sign it. Rows may name
what is known only when their turn comes: ("digest", STEP) for a statement's digest, CONTENT and DETAIL for
what is committed to.
"""

import base64
import hashlib
import random
from typing import Callable, NamedTuple

from client.writing import SigningKey, text_of, time_text
from reader import letter as letters, log, note
from reader.kinds import KINDS
from reader.note import Note
from reader.recipient import CHARACTERS, PREFIX, polymod
from tsumugu.v1 import letter_pb2, receipt_pb2

ORIGIN = "forged.example/log"
BEGIN = 1_780_000_000_000
CONTENT, DETAIL = "the content's digest", "what a detail's line has"


def digest(*parts: str) -> bytes:
    return hashlib.sha256(" ".join(parts).encode()).digest()


def id_of(name: str) -> str:
    return digest("id", name).hex()[:32]


def key_of(role: str, name: str) -> SigningKey:
    path = "" if role == "log" else f"/{role}/{id_of(name)}"
    return SigningKey(ORIGIN + path, digest("seed", role, name))


def recipient_of(name: str) -> str:
    """Of no identity at all, but well formed."""
    own = random.Random(name)
    number = 0
    for place in range(768):
        number |= own.randrange(3329) << 12 * place
    raw = number.to_bytes(1152, "little") + own.randbytes(64)
    bits, count = int.from_bytes(raw, "big") << 2, (len(raw) * 8 + 2) // 5
    values = [bits >> 5 * place & 31 for place in reversed(range(count))]
    expanded = [ord(c) >> 5 for c in PREFIX] + [0] + [ord(c) & 31 for c in PREFIX]
    check = polymod(expanded + values + [0] * 6) ^ 1
    values += [check >> 5 * place & 31 for place in reversed(range(6))]
    return f"{PREFIX}1" + "".join(CHARACTERS[value] for value in values)


class Step(NamedTuple):
    name: str
    kind: str
    rows: list
    keys: list
    shown: bool = True
    # What the leaf has instead of what it should have: time, number, head.
    leaf: dict = {}


class Made(NamedTuple):
    raw: bytes
    text: bytes


class World:
    """The log of some steps, and the evidence of its message. `letter` changes what the letter holds."""

    def __init__(self, steps: list[Step], letter: dict | None = None):
        self.steps, self.letter_changes, self.made, self.leaves, self.indexes = steps, letter or {}, {}, [], {}
        self.letter, self.details, self.salts = None, [], []
        newest, number, time = log.NOTHING, -1, BEGIN
        for index, step in enumerate(steps):
            made = self.make(step, index)
            self.made[step.name] = made
            self.indexes.setdefault(step.name, index)
            time = step.leaf.get("time", time + 1000)
            salt = digest("salt", str(index))
            if KINDS.get(step.kind) and KINDS[step.kind].leaf != "clear":
                head = step.leaf.get("head", newest)
                record = log.record_digest(salt, made.raw)
                leaf = log.Private(time, max(0, number + step.leaf.get("number", 0)), head, record)
            else:
                number += 1 + step.leaf.get("number", 0)
                leaf = log.Clear(time, max(0, number), step.leaf.get("head", newest), made.raw)
                newest = log.clear_hash(leaf)
            self.salts.append(salt)
            self.leaves.append(leaf)
        self.hashes = [log.leaf_hash(leaf.entry) for leaf in self.leaves]

    # === statements

    def make(self, step: Step, index: int) -> Made:
        rows = [self.known(row) for row in step.rows]
        if step.kind == "envelope" and any(CONTENT in row for row in rows):
            self.letter = self.write_letter(rows)
            salt = self.letter_changes.get("salt", digest("letter salt"))
            content = letters.tagged("content", salt, self.letter)
            rows = [tuple(content if value == CONTENT else value for value in row) for row in rows]
        if any(DETAIL in row for row in rows):
            salt, raw = digest("detail", step.name), self.write_detail(step.kind, rows)
            self.details.append((index, salt, raw))
            detail = (letters.tagged("detail", salt, raw), digest("sealed"), 300)
            rows = [(row[0], *detail) if DETAIL in row else row for row in rows]
        text = text_of(step.kind, ORIGIN, rows)
        signatures = sorted((key.sign(text) for key in step.keys), key=lambda one: one.name.encode())
        return Made(note.encode(Note(text, signatures)) if signatures else text, text)

    def known(self, row: tuple) -> tuple:
        return tuple(self.refer(*value) if isinstance(value, tuple) else value for value in row)

    def refer(self, what: str, step: str) -> bytes | str:
        made = self.made.get(step)
        if made is None:
            return digest("nothing")
        if what == "digest":
            return hashlib.sha256(made.text).digest()
        found = [row for row in made.text.decode().split("\n") if row.startswith("content ")]
        return found[0].partition(" ")[2] if found else digest("nothing")

    def header(self, kind: str, rows: list) -> bytes:
        names = letters.HEADER_LINES[kind]
        text = text_of("header", ORIGIN, [row for row in rows if row[0] in names])
        return hashlib.sha256(text).digest()

    # === what is sealed

    def write_letter(self, rows: list) -> bytes:
        changes = self.letter_changes
        worker = self.shown_worker("H", changes)
        author = letter_pb2.Author(
            kind=changes.get("kind", letter_pb2.LETTER_KIND_SHEET), body_type="application/json", body=b"{}",
            worker=worker, letter_key=digest("letter key"),
            attachments=[letter_pb2.AttachmentSecret(name="a.pdf")] * changes.get("attachments", 0),
        )  # fmt: skip
        if changes.get("no worker"):
            author.ClearField("worker")
        author = changes.get("author", author.SerializeToString())
        header = changes.get("header", self.header("envelope", rows))
        written = self.author_note(header, changes.get("signed author", author), changes.get("signer", key_of("worker", "wH")))
        salt = changes.get("salt", digest("letter salt"))
        letter = letter_pb2.Letter(author=author, author_note=written, maker=letter_pb2.Maker(salt=salt))
        if changes.get("no maker"):
            letter.ClearField("maker")
        return changes.get("letter", letter.SerializeToString() + changes.get("more", b""))

    def write_detail(self, kind: str, rows: list) -> bytes:
        who = "H" if kind in ("recall", "off-system") else "O"
        changes = self.letter_changes.get("detail", {})
        author = letter_pb2.DetailAuthor(worker=self.shown_worker(who, changes), comment="確認しました")
        author = changes.get("author", author.SerializeToString())
        header = changes.get("header", self.header(kind, rows))
        written = self.author_note(header, author, changes.get("signer", key_of("worker", f"w{who}")))
        detail = letter_pb2.Detail(author=author, author_note=written)
        return detail.SerializeToString() + changes.get("more", b"")

    def author_note(self, header: bytes, author: bytes, key: SigningKey) -> bytes:
        text = text_of("author", ORIGIN, [("header", header), ("author", letters.tagged("author", author))])
        return note.encode(Note(text, [key.sign(text)]))

    def shown_worker(self, who: str, changes: dict) -> letter_pb2.ShownWorker:
        name = changes.get("worker", f"w{who}")
        made = self.made.get(name)
        shown = letter_pb2.ShownWorker(
            statement=changes.get("worker statement", made.raw if made else b""),
            card=changes.get("card", card_of(f"w{who}")), card_salt=changes.get("card salt", digest("card", f"w{who}")),
        )  # fmt: skip
        if changes.get("receipt") and made:
            shown.receipt.CopyFrom(self.receipt(name, changes["receipt"]))
        return shown

    def receipt(self, name: str, change: Callable) -> receipt_pb2.Receipt:
        """Of a leaf, in the log as far as it goes now."""
        index = self.indexes[name]
        leaf, hashes = self.leaves[index], [log.leaf_hash(one.entry) for one in self.leaves]
        message = receipt_pb2.Receipt(
            index=index, time_ms=leaf.time, proof=log.inclusion_proof(index, hashes),
            checkpoint=checkpoint(len(hashes), log.tree_hash(hashes)),
            private=receipt_pb2.PrivatePart(
                salt=self.salts[index], clear_number=leaf.number, clear_head=leaf[2]),
        )  # fmt: skip
        change(message)
        return message

    # === the file

    def evidence(self, letter: bool = True, details: bool = True, log_key: SigningKey | None = None) -> bytes:
        size = len(self.leaves)
        rows = ["tsumugu/v1/evidence", f"origin {ORIGIN}", f"message {id_of('H')} {MESSAGE}",
                f"checkpoint {text(checkpoint(size, log.tree_hash(self.hashes), log_key))}"]
        shown = {"clear": [], "private": []}
        for index, (step, leaf) in enumerate(zip(self.steps, self.leaves)):
            proof = text(b"".join(log.inclusion_proof(index, self.hashes))) or "-"
            head = f"{index} {leaf.time} {leaf.number} {leaf[2].hex()}"
            raw = text(self.made_at(index))
            if not step.shown:
                continue
            if isinstance(leaf, log.Clear):
                shown["clear"].append(f"clear {head} {raw} {proof}")
            else:
                shown["private"].append(f"private {head} {self.salts[index].hex()} {raw} {proof}")
        rows += shown["clear"] + shown["private"]
        rows += [f"letter {text(self.letter)}"] if letter and self.letter is not None else []
        rows += [f"detail {index} {salt.hex()} {text(raw)}" for index, salt, raw in self.details] if details else []
        body = "".join(row + "\n" for row in rows).encode()
        return body + f"checksum {hashlib.sha256(body).hexdigest()}\n".encode()

    def made_at(self, index: int) -> bytes:
        leaf = self.leaves[index]
        return leaf.statement if isinstance(leaf, log.Clear) else self.made[self.steps[index].name].raw


def checkpoint(size: int, root: bytes, key: SigningKey | None = None) -> bytes:
    raw = f"{ORIGIN}\n{size}\n{text(root)}\n".encode()
    return note.encode(Note(raw, [(key or key_of("log", "log")).sign(raw)]))


def card_of(worker: str) -> bytes:
    return letter_pb2.WorkerCard(name=f"田中 {worker}", role="看護師").SerializeToString()


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


# === the story that is told when nothing is changed

MESSAGE = f"{BEGIN:012x}7abc8123456789abcdef"
AS_ADMINISTRATORS = [key_of("administrator", "A"), key_of("administrator", "B")]


def vkey(name: str) -> str:
    key = key_of("log", name).key
    return f"{ORIGIN}+{key.id.hex()}+{text(note.ED25519 + key.public)}"


def administrators(*names: str) -> list[tuple]:
    rows = [("administrator", id_of(one), key_of("administrator", one).public, recipient_of(one)) for one in names]
    return sorted(rows, key=lambda row: row[1])


def trust_list(version: int, *names: str, previous: str | None = None, threshold: int | None = None) -> list[tuple]:
    return [("version", version), *([("previous", ("digest", previous))] if previous else []),
            ("threshold", threshold or len(names)), *administrators(*names), ("log", vkey("log")),
            ("ca-pin", digest("ca"))]  # fmt: skip


def record(who: str, number: str, name: str, version: int = 1, key: str | None = None) -> list[tuple]:
    return [("institution", id_of(who)), ("version", version), ("number", number), ("name", name), ("kana", "かな"),
            ("kind", "hospital"), ("telephone", "04-7000-0001"),
            ("key", key_of("institution", key or who).public), ("invitation", id_of("invitation"))]  # fmt: skip


def key_set(who: str, number: int = 1, previous: str | None = None) -> list[tuple]:
    return [("institution", id_of(who)), ("number", number),
            *([("previous", ("digest", previous))] if previous else []), ("recipient", recipient_of(f"{who}{number}"))]  # fmt: skip


def terminal(who: str, name: str) -> list[tuple]:
    return [("institution", id_of(who)), ("terminal", id_of(name)), ("key", key_of("terminal", name).public)]


def worker(who: str, name: str, at: str) -> list[tuple]:
    card = letters.tagged("card", digest("card", name), card_of(name))
    return [("institution", id_of(who)), ("worker", id_of(name)), ("terminal", id_of(at)),
            ("key", key_of("worker", name).public), ("card", card)]  # fmt: skip


ABOUT = [("from", id_of("H")), ("id", MESSAGE), ("envelope", ("digest", "envelope"))]
ANSWER = [*ABOUT, ("content", ("content", "envelope")), ("by", id_of("O"))]


def institution(who: str, number: str, name: str) -> list[Step]:
    key = [key_of("institution", who)]
    return [
        Step(f"record {who}", "institution", record(who, number, name), AS_ADMINISTRATORS),
        Step(f"profile {who}", "profile", [("institution", id_of(who)), ("version", 1), ("unit", "main", "窓口"),
             ("unit", "ward-3", "三階")], key),
        Step(f"keys {who}", "key-set", key_set(who), key),
        Step(f"t{who}", "terminal", terminal(who, f"t{who}"), key),
        Step(f"w{who}", "worker", worker(who, f"w{who}", f"t{who}"), key),
    ]  # fmt: skip


def story() -> list[Step]:
    by_sender, by_recipient = [key_of("terminal", "tH")], [key_of("terminal", "tO")]
    return [
        Step("list 1", "trust-list", trust_list(1, "A"), AS_ADMINISTRATORS[:1]),
        Step("list 2", "trust-list", trust_list(2, "A", "B", previous="list 1"), AS_ADMINISTRATORS),
        *institution("H", "1217000001", "流山病院"),
        Step("tick 1", "tick", [], [], shown=False),
        *institution("O", "1277000002", "ケアプランつむぐ"),
        Step("tick 2", "tick", [], [], shown=False),
        Step("envelope", "envelope", [
            ("id", MESSAGE), ("from", id_of("H")), ("to", id_of("O"), "main"), ("content", CONTENT),
            ("body", digest("body"), 2000), ("urgency", "normal"), ("ack-by", time_text(BEGIN + 10**8)),
            ("key-sets", ("digest", "keys H"), ("digest", "keys O")), ("composed", time_text(BEGIN)),
        ], by_sender),
        Step("fetched", "fetched", [*ABOUT, ("by", id_of("O")), ("terminal", id_of("tO"))], []),
        Step("opened", "opened", ANSWER, by_recipient),
        Step("answer", "disposition", [*ANSWER, ("answer", "acknowledged"),
             ("answered", time_text(BEGIN + 20_000)), ("detail", DETAIL)], by_recipient),
        Step("tick 3", "tick", [], [], shown=False),
    ]  # fmt: skip
