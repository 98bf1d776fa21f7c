"""The kinds of statements and their lines (section 2.1)."""

from typing import NamedTuple

from . import values as v
from .note import verifier_key

KINDS_OF_INSTITUTIONS = (
    "hospital", "clinic", "care-office", "community-support", "visiting-nurse", "pharmacy", "facility",
    "fire-service", "municipality", "association", "exchange",
)  # fmt: skip


class Line(NamedTuple):
    """A line of a kind: how often it stands there, and the types of its parts, the last one perhaps with
    spaces."""

    name: str
    parts: tuple
    least: int = 1
    most: int = 1


class Kind(NamedTuple):
    lines: tuple
    leaf: str
    signed: bool


def one(name, *parts):
    return Line(name, parts)


def maybe(name, *parts):
    return Line(name, parts, 0)


def several(name, *parts, least=1, most=1 << 20):
    return Line(name, parts, least, most)


def clear(*lines):
    return Kind(lines, "clear", True)


def private(*lines, signed=True):
    return Kind(lines, "private", signed)


ID, DIGEST, NUMBER, TIME, TEXT, KEY = v.hexadecimal_id, v.digest, v.number, v.time, v.text, v.key
MESSAGE = (one("from", ID), one("id", ID), one("envelope", DIGEST))
DETAIL = (DIGEST, DIGEST, NUMBER)
REGISTER = (
    maybe("number", v.institution_number), maybe("name", TEXT), maybe("kana", TEXT), maybe("town", TEXT),
    maybe("kind", v.word(*KINDS_OF_INSTITUTIONS)), maybe("telephone", v.telephone), maybe("fax", v.telephone),
    maybe("label", TEXT),
)  # fmt: skip

KINDS = {
    "trust-list": clear(
        one("version", NUMBER), maybe("previous", DIGEST), one("threshold", NUMBER),
        several("administrator", ID, KEY, v.recipient, most=5), several("log", verifier_key, most=2),
        several("ca-pin", DIGEST, most=3), maybe("policy", DIGEST), maybe("old-log", v.origin, NUMBER, DIGEST),
    ),
    "institution": clear(
        one("institution", ID), one("version", NUMBER), one("number", v.institution_number), one("name", TEXT),
        one("kana", TEXT), maybe("town", TEXT), one("kind", v.word(*KINDS_OF_INSTITUTIONS)),
        one("telephone", v.telephone), maybe("fax", v.telephone), maybe("key", KEY), maybe("fax-only", v.yes),
        maybe("predecessor", ID), maybe("label", TEXT), maybe("invitation", ID),
    ),
    "standing": clear(
        one("institution", ID), one("version", NUMBER), one("state", v.word("active", "suspended"))
    ),
    "catalogue": clear(one("version", NUMBER), several("file", v.file_name, DIGEST, NUMBER, most=64)),
    "profile": clear(
        one("institution", ID), one("version", NUMBER), several("unit", v.unit, TEXT, most=32),
        several("hours", v.weekday, v.hours, least=0, most=28), several("closed", v.date, least=0, most=60),
    ),
    "key-set": clear(
        one("institution", ID), one("number", NUMBER), maybe("previous", DIGEST), one("recipient", v.recipient)
    ),
    "terminal": clear(one("institution", ID), one("terminal", ID), one("key", KEY)),
    "terminal-removed": clear(
        one("institution", ID), one("terminal", ID), one("reason", v.word("retired", "lost"))
    ),
    "tick": Kind((), "clear", False),
    "invitation": private(
        one("invitation", ID), one("purpose", v.word("member", "administrator", "restore")), one("subject", ID),
        *REGISTER, one("expires", TIME), one("secret", DIGEST), one("trust-list", DIGEST),
    ),
    "invitation-closed": private(
        one("invitation", ID), one("reason", v.word("rejected", "withdrawn"))
    ),
    "invitation-ended": private(
        one("invitation", ID), one("reason", v.word("used", "expired")), signed=False
    ),
    "enrolment": private(
        one("invitation", ID), one("trust-list", DIGEST), one("institution", ID), one("key", KEY),
        one("terminal", ID), one("terminal-key", KEY), several("statement", DIGEST, most=16), one("csr", DIGEST),
    ),
    "candidacy": private(
        one("invitation", ID), one("trust-list", DIGEST), one("administrator", ID, KEY, v.recipient),
        one("csr", DIGEST),
    ),
    "terminal-request": Kind((
        one("invitation", ID), one("trust-list", DIGEST), one("institution", ID), one("terminal", ID),
        one("key", KEY), one("recipient", v.recipient), one("csr", DIGEST),
    ), "none", True),
    "renewal": Kind((
        maybe("institution", ID), one("holder", ID), one("csr", DIGEST), one("made", TIME),
    ), "none", True),
    "worker": private(
        one("institution", ID), one("worker", ID), one("terminal", ID), one("key", KEY), one("card", DIGEST)
    ),
    "worker-removed": private(one("institution", ID), one("worker", ID)),
    "envelope": private(
        one("id", ID), one("from", ID), one("to", ID, v.unit), one("content", DIGEST), one("body", DIGEST, NUMBER),
        several("attachment", DIGEST, NUMBER, least=0, most=20), one("urgency", v.word("normal", "urgent")),
        maybe("ack-by", TIME), maybe("replaces", ID), one("key-sets", DIGEST, DIGEST), one("composed", TIME),
    ),
    "fetched": private(*MESSAGE, one("by", ID), one("terminal", ID), signed=False),
    "undelivered": private(*MESSAGE, one("reason", v.word("expired", "closed")), signed=False),
    "destroyed": private(*MESSAGE, one("reason", v.word("recalled", "retention")), signed=False),
    "opened": private(*MESSAGE, one("content", DIGEST), one("by", ID)),
    "disposition": private(
        *MESSAGE, one("content", DIGEST), one("by", ID),
        one("answer", v.word("acknowledged", "rejected", "not-for-us", "unreadable")), one("answered", TIME),
        maybe("previous", DIGEST), maybe("detail", *DETAIL),
    ),
    "recall": private(*MESSAGE, one("recalled", TIME), maybe("detail", *DETAIL)),
    "off-system": private(
        one("from", ID), one("id", ID), maybe("about", ID), one("recorded", TIME), one("detail", *DETAIL)
    ),
    "hold": private(
        one("from", ID), one("id", ID), one("version", NUMBER), one("state", v.word("on", "off")),
        one("ordered", TIME),
    ),
    "author": Kind((one("header", DIGEST), one("author", DIGEST)), "letter", True),
}  # fmt: skip
