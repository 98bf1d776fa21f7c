"""The values of statements (section 1): each function gives what its text says, or refuses."""

import base64
import binascii
import datetime
import re
import unicodedata

from .curve import is_key
from .recipient import is_recipient
from .refused import Refused, refuse_unless

RESERVED = {"administrator", "institution", "terminal", "worker"}
TEXT_TABLE = """20-7E A1-AC AE-17F 391-3A1 3A3-3A9 3B1-3C9 410-44F 2010-2027 2030-205E 2100-218B 2190-23FF
2460-26FF 3000-303F 3041-3096 3099-30FF 31F0-321E 3220-33FF 3400-4DBF 4E00-9FFF F900-FA6D FF01-FF9F FFE0-FFE6
20000-2A6DF 2A700-2B738 2B740-2B81D 2B820-2CEA1 2CEB0-2EBE0 2F800-2FA1D 30000-3134A E0100-E01EF"""
TEXT_CHARACTERS = [tuple(int(end, 16) for end in span.split("-")) for span in TEXT_TABLE.split()]
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
ORIGIN = re.compile(rf"{LABEL}(\.{LABEL})*(/[a-z0-9._-]+)*")
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z", re.ASCII)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime.datetime(1970, 1, 1)


def matching(pattern: str):
    compiled = re.compile(pattern)

    def value(text: str) -> str:
        refuse_unless(compiled.fullmatch(text), f"not {pattern}: {text[:80]!r}")
        return text

    return value


def word(*words: str):
    def value(text: str) -> str:
        refuse_unless(text in words, f"not one of {words}: {text[:80]!r}")
        return text

    return value


hexadecimal_id = matching(r"[0-9a-f]{32}")
telephone = matching(r"[0-9+][0-9-]{2,19}")
institution_number = matching(r"[0-9A-Z][0-9A-Z-]{0,19}")
unit = matching(r"[a-z0-9-]{1,32}")
file_name = matching(r"[a-z0-9._-]{1,64}")
yes = word("yes")


def digest(text: str) -> bytes:
    refuse_unless(re.fullmatch(r"[0-9a-f]{64}", text), f"no digest: {text[:80]!r}")
    return bytes.fromhex(text)


def key(text: str) -> bytes:
    value = digest(text)
    refuse_unless(is_key(value), f"no public key: {text}")
    return value


def number(text: str) -> int:
    # Not the length of any text is converted, only that of a number below 2^63.
    refuse_unless(re.fullmatch(r"0|[1-9][0-9]{0,18}", text), f"no number: {text[:80]!r}")
    refuse_unless(int(text) < 2**63, f"too large: {text}")
    return int(text)


def time(text: str) -> int:
    """Milliseconds since 1970."""
    parts = TIME.fullmatch(text)
    refuse_unless(parts and int(parts[1]) >= 1970, f"no time: {text[:80]!r}")
    year, month, day, hour, minute, second, milliseconds = map(int, parts.groups())
    try:
        moment = datetime.datetime(year, month, day, hour, minute, second)
    except ValueError as error:
        raise Refused(f"no time: {text}") from error
    elapsed = moment - EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * 1000 + milliseconds


def date(text: str) -> str:
    refuse_unless(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text), f"no date: {text[:80]!r}")
    try:
        datetime.date.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"no date: {text}") from error
    refuse_unless(text >= "1970", f"no date: {text}")
    return text


def text(value: str) -> str:
    refuse_unless(1 <= len(value.encode()) <= 400, "a text of no or too many bytes")
    refuse_unless(unicodedata.is_normalized("NFC", value), "a text that is not NFC")
    for character in value:
        point = ord(character)
        inside = any(first <= point <= last for first, last in TEXT_CHARACTERS)
        refuse_unless(inside, f"U+{point:04X} stands in a text")
    refuse_unless(not value[0].isspace() and not value[-1].isspace(), "a text with outer space")
    return value


def origin(value: str) -> str:
    refuse_unless(len(value.encode()) <= 100 and ORIGIN.fullmatch(value), f"no origin: {value[:80]!r}")
    refuse_unless(value.split("/")[0] != "tsumugu", "an origin that begins with tsumugu")
    refuse_unless(RESERVED.isdisjoint(value.split("/")[1:]), f"no origin: {value}")
    return value


def recipient(value: str) -> str:
    refuse_unless(is_recipient(value), f"no recipient: {value[:40]!r}")
    return value


def weekday(value: str) -> str:
    return word(*WEEKDAYS)(value)


def hours(value: str) -> str:
    parts = re.fullmatch(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})", value)
    refuse_unless(parts, f"no hours: {value[:80]!r}")
    begin_hour, begin_minute, end_hour, end_minute = map(int, parts.groups())
    begin, end = begin_hour * 60 + begin_minute, end_hour * 60 + end_minute
    refuse_unless(begin_minute < 60 and end_minute < 60 and begin < end <= 24 * 60, f"no hours: {value}")
    return value


def unbase64(text: str | bytes) -> bytes:
    """Canonical base64 with padding."""
    raw = text.encode() if isinstance(text, str) else text
    try:
        value = base64.b64decode(raw, validate=True)
    except binascii.Error as error:
        raise Refused("no base64") from error
    refuse_unless(base64.b64encode(value) == raw, "base64 in another spelling")
    return value
