"""Letters and details: commitments, headers, who wrote them (section 4)."""

import hashlib
import io
import struct

from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
import zstandard

from . import statement as statements
from .refused import Refused, refuse_unless
from .statement import Statement
from .values import text
from tsumugu.v1 import letter_pb2

MAGIC = b"tsumugu/v1/letter\0"
LETTER_LIMIT = 1_048_576
HEADER_LINES = {
    "envelope": ("id", "from", "to", "attachment", "urgency", "ack-by", "replaces", "composed"),
    "disposition": ("from", "id", "envelope", "content", "by", "answer", "answered", "previous"),
    "recall": ("from", "id", "envelope", "recalled"),
    "off-system": ("from", "id", "about", "recorded"),
}


def tagged(tag: str, *parts: bytes) -> bytes:
    return hashlib.sha256(f"tsumugu/v1/{tag}\0".encode() + b"".join(parts)).digest()


def header(statement: Statement) -> bytes:
    names = HEADER_LINES[statement.kind]
    rows = [row for row in statement.rows if row.partition(" ")[0] in names]
    return hashlib.sha256("\n".join(["tsumugu/v1/header", statement.origin, *rows, ""]).encode()).digest()


def decode(message, raw: bytes):
    """A message; fields that it does not have are passed over, its own in another wire type are not."""
    try:
        decoded = message.FromString(raw)
    except DecodeError as error:
        raise Refused("no protobuf of this kind") from error
    check_fields(decoded)
    return decoded


def check_fields(message) -> None:
    known = message.DESCRIPTOR.fields_by_number
    for field in UnknownFieldSet(message):
        refuse_unless(field.field_number not in known, "a field in another wire type")
    for field, value in message.ListFields():
        if field.message_type:
            for one in value if field.is_repeated else [value]:
                check_fields(one)


def pack(letter: bytes) -> bytes:
    """The plaintext of a sealed body (4.1)."""
    compressed = zstandard.ZstdCompressor(write_content_size=True).compress(letter)
    plain = MAGIC + struct.pack(">II", len(letter), len(compressed)) + compressed
    return plain + bytes(padme(len(plain)) - len(plain))


def unpack(plain: bytes) -> bytes:
    head = len(MAGIC) + 8
    refuse_unless(plain.startswith(MAGIC) and len(plain) >= head, "no packed letter")
    length, compressed = struct.unpack(">II", plain[len(MAGIC) : head])
    refuse_unless(length <= LETTER_LIMIT and head + compressed <= len(plain), "impossible lengths")
    frame, padding = plain[head : head + compressed], plain[head + compressed :]
    refuse_unless(len(plain) == padme(head + compressed) and not any(padding), "another padding")
    try:
        # Not one byte more than stated is taken: a small frame may hold gigabytes.
        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(frame)) as reader:
            letter = reader.read(length + 1)
        refuse_unless(len(letter) == length, "a letter of another length")
        whole = zstandard.ZstdDecompressor().decompressobj()
        whole.decompress(frame)
    except zstandard.ZstdError as error:
        raise Refused("no zstd frame") from error
    refuse_unless(whole.eof and not whole.unused_data, "not one zstd frame")
    return letter


def padme(length: int) -> int:
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    step = 1 << exponent - exponent.bit_length()
    return -(-length // step) * step


class Shown:
    """A worker as a letter or detail shows it: statement, card, and what its receipt says."""

    def __init__(self, shown):
        self.statement = statements.parse(shown.statement)
        refuse_unless(self.statement.kind == "worker", "the worker's statement is of another kind")
        card = tagged("card", shown.card_salt, shown.card)
        refuse_unless(len(shown.card_salt) == 32, "a card salt of another length")
        refuse_unless(card == self.statement.get("card"), "another card")
        read = decode(letter_pb2.WorkerCard, shown.card)
        text(read.name)
        if read.role:
            text(read.role)
        self.receipt = shown.receipt if shown.HasField("receipt") else None


def check_author(author: bytes, note: bytes, about: Statement, worker: Shown) -> Statement:
    """The worker's note under what it wrote; its signature is checked by whoever knows the key's place."""
    written = statements.parse(note)
    refuse_unless(written.kind == "author" and written.origin == about.origin, "no author note")
    refuse_unless(written.get("author") == tagged("author", author), "the note is about another author")
    refuse_unless(written.get("header") == header(about), "the note is about another header")
    refuse_unless(worker.statement.origin == about.origin, "a worker of another log")
    return written
