"""age recipients `age1pq1…` (C2SP age, mlkem768x25519): BIP 173 without its limit of length, an ML-KEM-768
encapsulation key (FIPS 203, section 7.2: its coefficients are reduced) and an X25519 key."""

from functools import lru_cache

CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
PREFIX = "age1pq"
MODULUS = 3329


@lru_cache(maxsize=256)
def is_recipient(text: str) -> bool:
    prefix, one, data = text.rpartition("1")
    if not one or prefix != PREFIX or any(character not in CHARACTERS for character in data):
        return False
    values = [CHARACTERS.index(character) for character in data]
    expanded = [ord(c) >> 5 for c in PREFIX] + [0] + [ord(c) & 31 for c in PREFIX]
    if polymod(expanded + values) != 1:
        return False
    key = to_bytes(values[:-6])
    return key is not None and len(key) == 1184 + 32 and is_reduced(key[:1152])


def polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, term in enumerate(GENERATOR):
            check ^= term if top >> bit & 1 else 0
    return check


def to_bytes(values: list[int]) -> bytes | None:
    number, bits = 0, 5 * len(values)
    for value in values:
        number = number << 5 | value
    spare = bits % 8
    if spare >= 5 or number & ((1 << spare) - 1):
        return None
    return (number >> spare).to_bytes(bits // 8, "big")


def is_reduced(coefficients: bytes) -> bool:
    for at in range(0, len(coefficients), 3):
        three = int.from_bytes(coefficients[at : at + 3], "little")
        if three & 0xFFF >= MODULUS or three >> 12 >= MODULUS:
            return False
    return True
