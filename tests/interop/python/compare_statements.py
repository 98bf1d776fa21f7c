"""Asks both readers about statements and names: those of docs/vectors, changed in every systematic way.

    compare_statements.py --judge PROGRAM --vectors FOLDER
"""

import argparse
import base64
import json
import pathlib
import random
from collections.abc import Iterator

from judge import Judges
from reader.names import FORMS
from reader.values import TEXT_CHARACTERS

HEX = "0123456789abcdef"
KEYS = (
    # Of small order, in every spelling: RFC 8032 decodes the first of each kind.
    "01" + "00" * 31, "00" * 32, "ec" + "ff" * 30 + "7f", "00" * 31 + "80", "01" + "00" * 30 + "80",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f", "ff" * 32, "02" + "00" * 31,
    # An ordinary one (RFC 8032, section 7.1), and not that point.
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511b",
)  # fmt: skip
VALUES = (
    "", " ", "x", "0", "1", "2", "00", "01", "-1", "+1", "1.0", "1e3", "１", "9223372036854775807",
    "9223372036854775808", "18446744073709551616", "9" * 30, HEX * 2, HEX.upper() * 2, HEX * 2 + "0", HEX * 4,
    HEX.upper() * 4, "g" + HEX * 4, HEX * 4 + "0", "1970-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59.999Z", "10000-01-01T00:00:00.000Z", "2026-02-29T00:00:00.000Z", "2024-02-29T00:00:00.000Z",
    "2026-13-01T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "2026-01-01T23:59:60.000Z", "2026-01-01T00:60:00.000Z",
    "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.00Z", "2026-01-01T00:00:00.0000Z", "2026-01-01t00:00:00.000z",
    "2026-01-01T00:00:00.000+00:00", "2026-01-01 00:00:00.000Z", "２０２６-01-01T00:00:00.000Z", "2026-01-01",
    "2026-02-29", "1969-12-31", "0000-01-01", "0001-01-01", "9999-12-31", "2026-1-1", "か\u3099", "が", "e\u0301",
    "\u0301", "ｶﾞ", "ﾞ", "株式会社 つむぐ", "a  b", "a\u3000b", "\u3000a", "a\u3000", "a ", "a\u00a0b", "a\tb",
    "a\rb", "a\0b", "a\u200bb", "a\u202eb", "a\u2028b", "a\u2011b", "a\u00adb", "①", "㍿", "\ufeff", "\ufffd",
    "\U0001f600", "\U00020bb7", "\u845b\U000e0100", "\U000e0100", "\ue000", "あ" * 133, "あ" * 133 + "a",
    "あ" * 134, "x" * 400, "x" * 401, "main", "Main", "renkei-2", "a" * 32, "a" * 33, "yes", "Yes", "no", "hospital",
    "active", "mon", "Mon", "09:00-18:00", "18:00-09:00", "09:00-09:00", "00:00-24:00", "24:00-24:00", "00:00-24:01",
    "23:59-24:00", "09:60-10:00", "9:00-10:00", "09:00 - 10:00", "04-7000-0001", "+81", "+81-4", "0", "000", "12-",
    "0" * 20, "0" * 21, "-00", "1270000002", "A-1", "a-1", "A" * 20, "A" * 21, "forms.toml", "../x", ".", "a" * 64,
    "a" * 65, "normal", "urgent", "acknowledged", "example", "exchange.example/old", "tsumugu/x", "tsumugu", "a..b",
    "-a.b", "a-.b", "a.b-", "A.b", "a.b/", "a.b//c", "a.b/./c", "a.b/../c", "a.b/terminal", "a.b/terminals",
    "a.b/x/worker", "terminal", "terminal/a", "a_b", "a.b/_", "1.2.3.4", "a" * 63 + ".b", "a" * 64 + ".b",
    "a." * 49 + "bc", "a." * 49 + "bcd", "a.b/" + "c" * 96, "a.b/" + "c" * 97, "localhost:1", "日本.jp", "xn--a.b",
    *KEYS,
)  # fmt: skip
CHARACTERS = ("\0", "\t", "\r", "\n", " ", "\u00a0", "\u3000", "x", "A", "é", "e\u0301", "\U0001f600", "—", "+")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--judge", required=True)
    parser.add_argument("--vectors", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    vectors = json.loads((arguments.vectors / "statements.json").read_text("utf-8"))
    judges = Judges(arguments.judge)
    statements = [(one["kind"], one["bytes"].encode()) for one in vectors["statements"]]
    judges.ask("statement", statements, "take")
    for kind, raw in statements:
        judges.ask("statement", [(f"{kind}: {name}", changed) for name, changed in changes(raw)])
    judges.ask("statement", sizes(dict(statements)))
    print(f"{len(statements)} kinds of statements, changed: {judges.finish()}")
    judges.ask("fold", names())
    print(f"with names folded: {judges.finish()}")


def changes(raw: bytes) -> Iterator[tuple[str, bytes]]:
    text, blank, signatures = raw.decode().partition("\n\n")
    signed = blank + signatures
    rows = text.rstrip("\n").split("\n")
    end = "\n" if not blank else ""

    def made(changed: list[str]) -> bytes:
        return ("\n".join(changed) + end + signed).encode()

    for at, row in enumerate(rows):
        before, after = rows[:at], rows[at + 1 :]
        yield f"row {at} removed", made(before + after)
        yield f"row {at} twice", made(before + [row, row] + after)
        yield f"row {at} last", made(before + after + [row])
        yield f"row {at} thrice seven", made(before + [row] * 21 + after)
        yield f"an unknown row before {at}", made(before + ["unknown 1", row] + after)
        yield f"an empty row before {at}", made(before + ["", row] + after)
        yield f"row {at} after the next", made(before + after[:1] + [row] + after[1:])
        for other in rows[2:]:
            yield f"row {other[:20]!r} in the place of {at}", made(before + [other] + after)
            yield f"row {other[:20]!r} before {at}", made(before + [other, row] + after)
        words = row.split(" ")
        for part in range(len(words)):
            for value in VALUES:
                changed = " ".join([*words[:part], value, *words[part + 1 :]])
                yield f"row {at}, part {part} is {value[:40]!r}", made(before + [changed] + after)
            yield f"row {at} without part {part}", made(before + [" ".join(words[:part] + words[part + 1 :])] + after)
            turned = words[part].swapcase()
            yield f"row {at}, part {part} in the other case", made(
                before + [" ".join([*words[:part], turned, *words[part + 1 :]])] + after)
        for character in CHARACTERS:
            for place in (0, len(row) // 2, len(row)):
                changed = row[:place] + character + row[place:]
                yield f"row {at} with {character!r} at {place}", made(before + [changed] + after)
    yield from frames(raw, signatures)


def frames(raw: bytes, signatures: str) -> Iterator[tuple[str, bytes]]:
    """The signature lines, and what is around."""
    text = raw[: len(raw) - len(signatures.encode())]
    rows = signatures.split("\n")[:-1]
    for at, row in enumerate(rows):
        before, after = rows[:at], rows[at + 1 :]
        dash, name, encoded = row.split(" ")
        key = base64.b64decode(encoded)
        others = [
            [], [row, row], [row + " "], [" " + row], [row + "\r"], [f"- {name} {encoded}"], [f"—{name} {encoded}"],
            [f"{dash}  {name} {encoded}"], [f"{dash} {name}  {encoded}"], [f"{dash} {encoded}"], [f"{dash} {name}"],
            [f"{dash} {name}+x {encoded}"], [f"{dash} {name}\u3000x {encoded}"], [f"{dash} {name} {encoded[:-4]}"],
            [f"{dash} {name} {encoded.rstrip('=')}"], [f"{dash} {name} {encoded} x"], [""], [row, ""],
            [f"{dash} {name[::-1]} {encoded}"], [f"{dash} a {encoded}"], [f"{dash} ～ {encoded}"],
            *([f"{dash} {name} {base64.b64encode(other).decode()}"]
              for other in (key[:-1], key + b"\0", b"", key[:4], key[:4] + bytes(64), bytes(4) + key[4:])),
        ]  # fmt: skip
        for other in others:
            changed = before + other + after
            yield f"signatures {changed}"[:200], text + "".join(one + "\n" for one in changed).encode()
        more = [f"{dash} {name}/{n:02} {encoded}" for n in range(12)]
        for count in (3, 8, 9, 10, 12):
            changed = before + [row, *more[: count - 1]] + after
            yield f"{len(changed)} signatures", text + "".join(one + "\n" for one in changed).encode()
    yield "signature lines turned round", text + "".join(row + "\n" for row in rows[::-1]).encode()
    yield "no signature line", text
    yield "without the empty line", text.rstrip(b"\n") + b"\n" + signatures.encode()
    yield "one line feed less", raw[:-1]
    yield "one line feed more", raw + b"\n"
    yield "two line feeds before", b"\n\n" + raw
    yield "CRLF", raw.replace(b"\n", b"\r\n")
    yield "byte order mark", b"\xef\xbb\xbf" + raw
    yield "not UTF-8", raw[:-1] + b"\xff\n"
    yield "nothing", b""
    yield "with signatures of others", raw.rstrip(b"\n") + b"\n\n\xe2\x80\x94 a AAAA\n"


def sizes(statements: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Around 16,384 bytes."""
    text, _, signatures = statements["profile"].decode().partition("\n\n")
    head = [row for row in text.split("\n") if not row.startswith(("unit", "hours", "closed"))]
    for longest in range(330, 400):
        units = ["unit main x"] + [f"unit u{n} {'x' * 398}" for n in range(30)] + ["unit z " + "x" * longest]
        rows = [*head, *units, *["hours mon 09:00-18:00"] * 28, *[f"closed 2026-01-{n:02}" for n in range(1, 32)] * 1,
                *[f"closed 2026-03-{n:02}" for n in range(1, 30)]]
        raw = ("\n".join(rows) + "\n\n" + signatures).encode()
        for count in range(60):
            shorter = rows[: len(rows) - count]
            made = ("\n".join(shorter) + "\n\n" + signatures).encode()
            if 16_380 <= len(made) <= 16_390:
                yield f"{len(made)} bytes", made
        yield f"{len(raw)} bytes", raw


def names() -> Iterator[tuple[str, bytes]]:
    chance = random.Random("tsumugu")
    pieces = [*FORMS, "ー", "ア", "ァ", "ぁ", "ゝ", "ヽ", "力", "一", "〇", "々", "㈱", "Ａ", "ﬁ", "ß", "Σ", "ς", "İ", "１", "Ⅳ"]
    for number in range(20_000):
        name = ""
        for _ in range(chance.randint(1, 6)):
            first, last = chance.choice(TEXT_CHARACTERS)
            name += chance.choice([chr(chance.randint(first, last)), chance.choice(pieces)])
        yield f"name {number} {name!r}", name.encode()


if __name__ == "__main__":
    main()
