"""Codes, what is derived from them, and comparison digits (section 5)."""

import hashlib
import hmac

from .refused import refuse_unless

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALIKE = str.maketrans({" ": None, "-": None, "O": "0", "I": "1", "L": "1"})


def read(typed: str) -> bytes:
    """The secret of a code as a person types it."""
    code = typed.upper().translate(ALIKE)
    refuse_unless(len(code) == 28 and all(one in ALPHABET for one in code), "no code")
    number = 0
    for character in code:
        number = number * 32 + ALPHABET.index(character)
    secret = (number >> 12).to_bytes(16, "big")
    refuse_unless(number & 0xFFF == check_bits(secret), "the check characters do not fit")
    return secret


def write(secret: bytes) -> str:
    number = int.from_bytes(secret, "big") << 12 | check_bits(secret)
    code = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(28)))
    return "-".join(code[at : at + 4] for at in range(0, 28, 4))


def check_bits(secret: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"tsumugu/v1/code\0" + secret).digest()[:2], "big") >> 4


def derived(secret: bytes, what: str) -> bytes:
    return hmac.digest(secret, f"tsumugu/v1/{what}\0".encode(), "sha256")


def invitation_id(secret: bytes) -> bytes:
    return derived(secret, "invitation-id")[:16]


def document_mac(secret: bytes, content: bytes) -> bytes:
    return hmac.digest(derived(secret, "document-key"), content, "sha256")


def request_mac(secret: bytes, text: bytes) -> bytes:
    return hmac.digest(derived(secret, "request-key"), text, "sha256")


def comparison_digits(text: bytes) -> str:
    number = int.from_bytes(hashlib.sha256(text).digest(), "big") % 10**24
    return " ".join(f"{number:024}"[at : at + 4] for at in range(0, 24, 4))
