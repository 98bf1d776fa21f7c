"""Spoils a file of evidence in every systematic way: gives names and files, all but none of them refused."""

import base64
import hashlib
from collections.abc import Iterator

NUMBERS = {"clear": (1, 2, 3), "private": (1, 2, 3), "detail": (1,)}
DIGESTS = {"clear": (4,), "private": (4, 5), "detail": (2,)}
BASE64 = {"checkpoint": (1,), "clear": (5,), "private": (6,), "letter": (1,), "detail": (3,)}
PROOFS = {"clear": 6, "private": 7}


def sealed(rows: list[bytes]) -> bytes:
    """The file of these lines, with a checksum that fits: so that deeper checks are reached."""
    body = b"".join(row + b"\n" for row in rows)
    return body + b"checksum " + hashlib.sha256(body).hexdigest().encode() + b"\n"


def spoilt(file: bytes, strange: bytes) -> Iterator[tuple[str, bytes]]:
    """`strange` is another file of evidence, whose parts are put in."""
    rows, others = file.split(b"\n")[:-2], strange.split(b"\n")[:-2]
    yield from whole(file)
    for name, changed in lines(rows):
        yield name, sealed(changed)
    for at, row in enumerate(rows):
        for name, changed in fields(row, rows, others):
            yield f"line {at + 1}: {name}", sealed([*rows[:at], *changed, *rows[at + 1 :]])
    for name, changed in times(rows):
        yield name, sealed(changed)


def whole(file: bytes) -> Iterator[tuple[str, bytes]]:
    """Damage that the checksum finds, and other spellings of the file."""
    for part in range(40):
        at = part * (len(file) - 1) // 39
        yield f"bit at {at}", file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :]
        yield f"cut off at {at}", file[:at]
    body = file.split(b"\n")
    yield "one more line", file + b"\n"
    yield "CRLF", file.replace(b"\n", b"\r\n")
    yield "byte order mark", b"\xef\xbb\xbf" + file
    yield "no last line feed", file[:-1]
    yield "checksum in capitals", b"\n".join([*body[:-2], body[-2].upper().replace(b"CHECKSUM", b"checksum"), b""])
    yield "twice", file + file
    yield "not UTF-8", sealed([*body[:-2], b"\xff"])


def lines(rows: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    for at, row in enumerate(rows):
        named = f"line {at + 1}"
        yield f"{named} removed", rows[:at] + rows[at + 1 :]
        yield f"{named} twice", rows[: at + 1] + rows[at:]
        yield f"{named} last", rows[:at] + rows[at + 1 :] + [row]
        yield f"{named} and a space", rows[:at] + [row + b" "] + rows[at + 1 :]
        yield f"an empty line before {named}", rows[:at] + [b""] + rows[at:]
        if at + 1 < len(rows):
            yield f"{named} after the next", rows[:at] + [rows[at + 1], row] + rows[at + 2 :]
    kinds = [row.split(b" ")[0] for row in rows]
    for kind in {b"clear", b"private", b"detail"}:
        at = [n for n, one in enumerate(kinds) if one == kind]
        if len(at) > 1:
            turned = list(rows)
            for n, m in zip(at, reversed(at)):
                turned[n] = rows[m]
            yield f"{kind.decode()} lines from last to first", turned
            yield f"no {kind.decode()} lines", [row for row, one in zip(rows, kinds) if one != kind]


def fields(row: bytes, rows: list[bytes], others: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    words = row.split(b" ")
    name = words[0].decode()

    def put(at: int, word: bytes) -> list[bytes]:
        return [b" ".join([*words[:at], word, *words[at + 1 :]])]

    for at, word in enumerate(words):
        for character in sorted({0, len(word) // 2, len(word) - 1} - {-1}):
            yield f"word {at}, character {character}", put(at, one_changed(word, character))
        yield f"word {at} gone", [b" ".join(words[:at] + words[at + 1 :])]
    for at in NUMBERS.get(name, ()):
        for other in (int(words[at]) + 1, int(words[at]) - 1, 0, 2**63 - 1, 2**63, 10**40):
            yield f"word {at} is {other}", put(at, str(other).encode())
        yield f"word {at} with a zero before", put(at, b"0" + words[at])
    for at in DIGESTS.get(name, ()):
        yield f"word {at} of zeros", put(at, b"0" * 64)
        yield f"word {at} in capitals", put(at, words[at].upper())
    for at in BASE64.get(name, ()):
        yield from (
            (f"word {at}: {how}", put(at, base64.b64encode(changed)))
            for how, changed in contents(base64.b64decode(words[at]))
        )
        yield f"word {at} without padding", put(at, words[at].rstrip(b"="))
        yield f"word {at} with padding", put(at, words[at] + b"=")
        for source, kind in ((rows, "another line"), (others, "another file")):
            alike = [one.split(b" ") for one in source if one.split(b" ")[0] == words[0]]
            for other in alike[:: max(1, len(alike) // 4)]:
                if other[at] != words[at]:
                    yield f"word {at} of {kind}", put(at, other[at])
    if name in PROOFS:
        at = PROOFS[name]
        for how, proof in proofs(words[at], rows, words):
            yield f"proof {how}", put(at, proof)
    for other in [one for one in others if one.split(b" ")[0] == words[0] and one != row][:3]:
        yield "of another file", [other]


def one_changed(word: bytes, at: int) -> bytes:
    other = {b"0": b"1", b"a": b"b", b"A": b"B"}.get(word[at : at + 1])
    return word[:at] + (other or (b"0" if word[at : at + 1].isdigit() else b"a")) + word[at + 1 :]


def contents(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """What base64 holds, cut off, longer, and with bits turned."""
    for length in sorted({0, 1, len(raw) // 2, len(raw) - 1}):
        yield f"cut off at {length}", raw[:length]
    yield "longer by a line feed", raw + b"\n"
    yield "longer by a zero", raw + b"\0"
    for part in range(6):
        at = part * (len(raw) - 1) // 5 if raw else 0
        yield f"bit at {at}", raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
    if b"\n\n" in raw:
        text, _, signatures = raw.rpartition(b"\n\n")
        signed = [row for row in signatures.split(b"\n") if row]
        yield "no signature", text + b"\n\n"
        yield "text alone", text + b"\n"
        yield "the first signature twice", raw + signed[0] + b"\n"
        yield "signatures turned round", text + b"\n\n" + b"".join(row + b"\n" for row in signed[::-1])
        for at, row in enumerate(text.split(b"\n")):
            kept = text.split(b"\n")
            yield f"without row {at}", b"\n".join(kept[:at] + kept[at + 1 :]) + b"\n\n" + signatures
            yield f"row {at} twice", b"\n".join(kept[: at + 1] + kept[at:]) + b"\n\n" + signatures
            yield f"row {at} longer", b"\n".join([*kept[:at], row + b"x", *kept[at + 1 :]]) + b"\n\n" + signatures


def proofs(word: bytes, rows: list[bytes], words: list[bytes]) -> Iterator[tuple[str, bytes]]:
    raw = b"" if word == b"-" else base64.b64decode(word)
    hashes = [raw[at : at + 32] for at in range(0, len(raw), 32)]
    changed = {
        "without its first hash": hashes[1:], "without its last hash": hashes[:-1],
        "with a hash more": [*hashes, bytes(32)], "with a hash before": [bytes(32), *hashes],
        "turned round": hashes[::-1], "with 64 hashes": [bytes(32)] * 64,
    }  # fmt: skip
    for how, proof in changed.items():
        yield how, base64.b64encode(b"".join(proof)) if proof else b"-"
    yield "of half a hash", base64.b64encode(raw + bytes(16))
    yield "empty", b""
    yield "left out", b"-"
    for other in [one for one in rows if one.split(b" ")[0] == words[0]][:3]:
        yield "of another leaf", other.split(b" ")[-1]


def times(rows: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Two leaves exchange their times, or their indexes."""
    at = [n for n, row in enumerate(rows) if row.split(b" ")[0] in (b"clear", b"private")]
    for first, second in zip(at, at[1:]):
        for word, what in ((2, "times"), (1, "indexes"), (3, "numbers")):
            one, two = rows[first].split(b" "), rows[second].split(b" ")
            one[word], two[word] = two[word], one[word]
            changed = list(rows)
            changed[first], changed[second] = b" ".join(one), b" ".join(two)
            yield f"lines {first + 1} and {second + 1} with their {what} exchanged", changed
