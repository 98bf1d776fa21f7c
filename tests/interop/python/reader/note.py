"""C2SP signed notes: keys, signature lines, what they verify (section 2)."""

import base64
import hashlib
from typing import NamedTuple

from .curve import is_key, verifies
from .refused import Refused, refuse_unless
from .values import unbase64

ED25519 = b"\x01"
LIMIT = 16_384
MOST_SIGNATURES = 10
DASH = "— "


class Key(NamedTuple):
    """A key under the name that its signature lines have."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]


class Signature(NamedTuple):
    name: str
    key_id: bytes
    signature: bytes

    def is_by(self, key: Key, text: bytes) -> bool:
        return (self.name, self.key_id) == (key.name, key.id) and verifies(key.public, self.signature, text)


class Note(NamedTuple):
    text: bytes
    signatures: list[Signature]

    def signed_by(self, key: Key) -> bool:
        return any(signature.is_by(key, self.text) for signature in self.signatures)


def verifier_key(text: str) -> Key:
    """A vkey: NAME+KEYID+BASE64."""
    parts = text.split("+", 2)
    refuse_unless(len(parts) == 3, "no verifier key")
    name, key_id, encoded = parts
    raw = unbase64(encoded)
    refuse_unless(raw[:1] == ED25519 and is_key(raw[1:]), "no Ed25519 verifier key")
    key = Key(name, raw[1:])
    refuse_unless(key.id.hex() == key_id, "the verifier key has another id")
    return key


def parse(raw: bytes, limit: int = LIMIT) -> Note:
    """Text, empty line, signature lines sorted by key name, in their one spelling."""
    refuse_unless(len(raw) <= limit, "a note that is too long")
    text, blank, lines = raw.rpartition(b"\n\n")
    refuse_unless(blank and text, "a note without signatures")
    refuse_unless(lines.endswith(b"\n"), "a signature line that does not end")
    try:
        rows = lines.decode().split("\n")[:-1]
        text.decode()
    except UnicodeDecodeError as error:
        raise Refused("a note that is not UTF-8") from error
    signatures = [signature_line(row) for row in rows]
    refuse_unless(len(rows) <= MOST_SIGNATURES, "too many signature lines")
    names = [signature.name.encode() for signature in signatures]
    refuse_unless(names == sorted(names), "signature lines out of order")
    refuse_unless(len(set(names)) == len(names), "two signatures of one name")
    return Note(text + b"\n", signatures)


def signature_line(row: str) -> Signature:
    refuse_unless(row.startswith(DASH), "no signature line")
    name, space, encoded = row.removeprefix(DASH).partition(" ")
    refuse_unless(space and name and "+" not in name, "a signature line without a name")
    refuse_unless(not any(character.isspace() for character in name), "a name with a space")
    raw = unbase64(encoded)
    refuse_unless(len(raw) == 4 + 64, "no Ed25519 signature")
    return Signature(name, raw[:4], raw[4:])


def encode(note: Note) -> bytes:
    rows = [f"{DASH}{name} {base64.b64encode(key_id + signature).decode()}\n"
            for name, key_id, signature in note.signatures]
    return note.text + b"\n" + "".join(rows).encode()
