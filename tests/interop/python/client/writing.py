"""Statements, signed (docs/FORMATS.md, section 2)."""

import datetime
import secrets
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reader import note, statement
from reader.note import Key, Note, Signature
from reader.statement import Statement


class SigningKey:
    """A key with the name that its signature lines have."""

    def __init__(self, name: str, seed: bytes | None = None):
        self.private = Ed25519PrivateKey.from_private_bytes(seed or secrets.token_bytes(32))
        self.public = self.private.public_key().public_bytes_raw()
        self.key = Key(name, self.public)

    def sign(self, text: bytes) -> Signature:
        return Signature(self.key.name, self.key.id, self.private.sign(text))


def text_of(kind: str, origin: str, rows: list) -> bytes:
    """Rows are tuples of name and values; one without a value, or with None, is left out."""
    lines = [" ".join(map(written, row)) for row in rows if len(row) > 1 and None not in row]
    return "\n".join([f"tsumugu/v1/{kind}", origin, *lines, ""]).encode()


def write(kind: str, origin: str, rows: list, *keys: SigningKey) -> Statement:
    text = text_of(kind, origin, rows)
    signatures = sorted((key.sign(text) for key in keys), key=lambda one: one.name.encode())
    return statement.parse(note.encode(Note(text, signatures)) if keys else text)


def written(value) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def new_id() -> str:
    return secrets.token_hex(16)


def message_id(now_ms: int) -> str:
    """UUIDv7 (RFC 9562)."""
    low = secrets.randbits(62) | 2 << 62
    return f"{now_ms:012x}7{secrets.randbits(12):03x}{low:016x}"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def time_text(ms: int) -> str:
    moment = datetime.datetime.fromtimestamp(ms // 1000, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03}Z"
