"""Asks both readers about forged worlds: every leaf is in the log, every proof and signature holds, and still
something is wrong. Where nothing is, the evidence is taken.

    compare_forged.py --judge PROGRAM
"""

import argparse
import re
from collections.abc import Iterator

from client.writing import time_text
from judge import Judges
from reader import log, note
from reader.note import Note
from tsumugu.v1 import letter_pb2
from world import (
    ABOUT, ANSWER, AS_ADMINISTRATORS, BEGIN, DETAIL, MESSAGE, ORIGIN, Step, World, card_of, checkpoint,
    digest, id_of, key_of, key_set, record, recipient_of, story, terminal, trust_list, vkey, worker,
)  # fmt: skip

KEYS = [
    *(key_of("administrator", one) for one in "AB"), *(key_of("institution", one) for one in "HO"),
    *(key_of("terminal", one) for one in ("tH", "tO")), *(key_of("worker", one) for one in ("wH", "wO")),
    key_of("log", "log"), key_of("institution", "X"),
]  # fmt: skip
IDS = [*(id_of(one) for one in ("H", "O", "X", "A", "tH", "tO", "wH", "wO")), MESSAGE, MESSAGE[:12] + "0" * 20, "0" * 32]
DIGESTS = [*(key.public.hex() for key in KEYS), digest("another").hex(), "0" * 64]
WORDS = ("main", "ward-3", "none", "hospital", "exchange", "active", "suspended", "retired", "lost", "normal", "urgent",
         "acknowledged", "rejected", "not-for-us", "unreadable", "expired", "recalled", "流山病院", "yes", "別名",
         "1277000002", "04-7000-0002", "mon", "09:00-18:00")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--judge", required=True)
    judges = Judges(parser.parse_args().judge)
    judges.ask("evidence", [("the story", World(story()).evidence())], "take")
    for what, worlds in {
        "statements changed": changed_statements(), "other signers": other_signers(), "another order": other_order(),
        "another chain": other_chain(), "more statements": more_statements(), "other letters": other_letters(),
        "other checkpoints": other_checkpoints(), "hidden leaves": hidden(),
    }.items():  # fmt: skip
        judges.ask("evidence", worlds)
        print(f"{what}: so far {judges.taken} taken and {judges.refused} refused")
    print(judges.finish())


def told(name: str, steps: list[Step], **letter) -> tuple[str, bytes]:
    return name, World(steps, letter).evidence()


def replaced(at: int, step: Step) -> list[Step]:
    steps = story()
    steps[at] = step
    return steps


def changed_statements() -> Iterator[tuple[str, bytes]]:
    for at, step in enumerate(story()):
        made = World(story()).made[step.name].text.decode().split("\n")[2:-1]
        for number, row in enumerate(step.rows):
            before, after = step.rows[:number], step.rows[number + 1 :]
            named = f"{step.name}, row {row[0]}"
            yield told(f"{named} removed", replaced(at, step._replace(rows=before + after)))
            yield told(f"{named} twice", replaced(at, step._replace(rows=before + [row, row] + after)))
            values = made[number].split(" ")
            for part in range(1, len(row)):
                for other in others(values[part]):
                    rows = before + [(*row[:part], other, *row[part + 1 :])] + after
                    yield told(f"{named}, part {part} is {other[:40]}", replaced(at, step._replace(rows=rows)))


def others(value: str) -> Iterator[str]:
    """Of the same sort, and another."""
    if re.fullmatch(r"[0-9a-f]{32}", value):
        yield from (one for one in IDS if one != value)
    elif re.fullmatch(r"[0-9a-f]{64}", value):
        yield from (one for one in DIGESTS if one != value)
    elif re.fullmatch(r"\d{1,9}", value):
        number = int(value)
        yield from (str(one) for one in (number - 1, number + 1, 0, 1_310_720, 1_310_721, 2**63 - 1) if one >= 0)
    elif re.fullmatch(r"\d{4}-.*Z", value):
        day = 86_400_000
        for moved in (-31 * day, -30 * day, -1, 1, 3_600_000, 7_200_000, 31 * day):
            yield time_text(BEGIN + moved)
        yield "1970-01-01T00:00:00.000Z"
        yield "9999-12-31T23:59:59.999Z"
    elif value.startswith("age1pq1"):
        yield from (recipient_of(one) for one in ("H1", "O1", "A", "X"))
    elif "+" in value:
        yield vkey("other log")
    else:
        yield from (one for one in WORDS if one != value)


def other_signers() -> Iterator[tuple[str, bytes]]:
    for at, step in enumerate(story()):
        names = [key.key.name for key in step.keys]
        yield told(f"{step.name} by nobody", replaced(at, step._replace(keys=[])))
        for key in KEYS:
            who = key.key.name.removeprefix(ORIGIN)[:40]
            if key.key.name not in names:
                yield told(f"{step.name} also by {who}", replaced(at, step._replace(keys=[*step.keys, key])))
            for instead in range(len(step.keys)):
                keys = step.keys[:instead] + [key] + step.keys[instead + 1 :]
                if len({one.key.name for one in keys}) == len(keys):
                    yield told(f"{step.name} by {who} instead", replaced(at, step._replace(keys=keys)))
        for gone in range(len(step.keys)):
            keys = step.keys[:gone] + step.keys[gone + 1 :]
            yield told(f"{step.name} without {names[gone][-40:]}", replaced(at, step._replace(keys=keys)))


def other_order() -> Iterator[tuple[str, bytes]]:
    steps = story()
    for at, step in enumerate(steps):
        rest = steps[:at] + steps[at + 1 :]
        yield told(f"{step.name} never", rest)
        yield told(f"{step.name} twice", steps[: at + 1] + steps[at:])
        for to in range(len(steps)):
            if to not in (at, at - 1):
                yield told(f"{step.name} at {to}", rest[:to] + [step] + rest[to:])


def other_chain() -> Iterator[tuple[str, bytes]]:
    """The log itself has another time, number or head in one of its leaves."""
    for at, step in enumerate(story()):
        time = BEGIN + 1000 * (at + 1)
        changes = [{"head": digest("other")}, {"head": bytes(32)}, {"number": 1}, {"number": 2}, {"number": -1},
                   {"number": 100}, {"time": time - 2000}, {"time": time - 1000}, {"time": time + 10**6},
                   {"time": 0}, {"time": 253_402_300_799_999}, {"time": 253_402_300_800_000}, {"time": 2**63 - 1},
                   {"head": digest("other"), "number": 1}]  # fmt: skip
        for change in changes:
            yield told(f"{step.name} with {change}", replaced(at, step._replace(leaf=change)))
            if step.name in ("wH", "wO"):
                steps = [one._replace(shown=one.shown and one.name not in ("wH", "wO")) for one in replaced(at, step._replace(leaf=change))]
                yield told(f"{step.name} by a receipt, with {change}", steps, receipt=keep, detail={"receipt": keep})
    # Two private leaves after the same clear leaf, which is not shown, that name two heads.
    for first, second in (("envelope", "fetched"), ("fetched", "opened"), ("opened", "answer")):
        steps = [one._replace(leaf={"head": digest("other")}) if one.name == second else one for one in story()]
        yield told(f"{second} after another tick than {first}", steps)


def extra_steps() -> list[Step]:
    """What else may happen, at any time, rightly or not."""
    by = {who: [key_of("institution", who)] for who in "HOX"}
    other = MESSAGE[:-1] + "0"
    return [
        Step("list 3", "trust-list", trust_list(3, "A", "C", previous="list 2"), [*AS_ADMINISTRATORS, key_of("administrator", "C")]),
        Step("list 3, alone", "trust-list", trust_list(3, "A", previous="list 2"), AS_ADMINISTRATORS),
        Step("list 3, of one's own", "trust-list", trust_list(3, "A", previous="list 2"), AS_ADMINISTRATORS[:1]),
        Step("list 3, other log key", "trust-list", [*(row if row[0] != "log" else ("log", vkey("other log"))
             for row in trust_list(3, "A", "B", previous="list 2"))], AS_ADMINISTRATORS),
        *(Step(f"{who} {state}", "standing", [("institution", id_of(who)), ("version", 1), ("state", state)], AS_ADMINISTRATORS)
          for who in "HO" for state in ("suspended", "active")),
        *(Step(f"record {who} 2", "institution", record(who, number, name, 2, key), AS_ADMINISTRATORS)
          for who, number, name in (("H", "1217000001", "流山病院"), ("O", "1277000002", "つむぐ新")) for key in (who, f"{who}2")),
        Step("fax only", "institution", [*(("fax", "04-7000-0009") if row[0] == "key" else ("fax-only", "yes") if row[0] == "invitation"
             else row for row in record("O", "1277000002", "ケアプランつむぐ", 2))], AS_ADMINISTRATORS),
        Step("record X", "institution", record("X", "1300000003", "別の病院"), AS_ADMINISTRATORS),
        Step("record X, same number", "institution", record("X", "1217000001", "別の病院"), AS_ADMINISTRATORS),
        Step("record X, same name", "institution", record("X", "1300000003", "医療法人社団 流山 病院"), AS_ADMINISTRATORS),
        Step("record X, hidden", "institution", record("X", "1300000003", "流山病院"), AS_ADMINISTRATORS, shown=False),
        Step("catalogue", "catalogue", [("version", 1), ("file", "a", digest("a"), 1)], AS_ADMINISTRATORS),
        *(Step(f"keys {who} 2", "key-set", key_set(who, 2, f"keys {who}"), by[who]) for who in "HO"),
        *(Step(f"profile {who} 2", "profile", [("institution", id_of(who)), ("version", 2), ("unit", "main", "窓")], by[who]) for who in "HO"),
        *(Step(f"t{who} 2", "terminal", terminal(who, f"t{who} 2"), by[who]) for who in "HO"),
        *(Step(f"t{who} {reason} by {name}", "terminal-removed", [("institution", id_of(who)), ("terminal", id_of(f"t{who}")),
          ("reason", reason)], keys) for who in "HO" for reason in ("lost", "retired")
          for name, keys in (("office", by[who]), ("administrators", AS_ADMINISTRATORS))),
        *(Step(f"w{who} 2", "worker", worker(who, f"w{who} 2", f"t{who}"), by[who]) for who in "HO"),
        *(Step(f"w{who} removed", "worker-removed", [("institution", id_of(who)), ("worker", id_of(f"w{who}"))], by[who]) for who in "HO"),
        Step("envelope 2", "envelope", [("id", other) if row[0] == "id" else row for row in envelope_rows()], [key_of("terminal", "tH")]),
        Step("fetched 2", "fetched", [*ABOUT, ("by", id_of("O")), ("terminal", id_of("tO"))], []),
        Step("fetched by H", "fetched", [*ABOUT, ("by", id_of("H")), ("terminal", id_of("tH"))], []),
        *(Step(f"undelivered {reason}", "undelivered", [*ABOUT, ("reason", reason)], []) for reason in ("expired", "closed")),
        *(Step(f"destroyed {reason}", "destroyed", [*ABOUT, ("reason", reason)], []) for reason in ("recalled", "retention")),
        Step("opened 2", "opened", ANSWER, [key_of("terminal", "tO")]),
        *(Step(f"answer {answer}{' after the first' if rows else ''}", "disposition", [*ANSWER, ("answer", answer),
          ("answered", time_text(BEGIN + 30_000)), *rows, *([("detail", DETAIL)] if answer != "unreadable" else [])],
          [key_of("terminal", "tO")]) for answer in ("rejected", "unreadable") for rows in ([], [("previous", ("digest", "answer"))])),
        Step("recall", "recall", [*ABOUT, ("recalled", time_text(BEGIN + 30_000)), ("detail", DETAIL)], [key_of("terminal", "tH")]),
        Step("recall without a word", "recall", [*ABOUT, ("recalled", time_text(BEGIN + 30_000))], [key_of("terminal", "tH")]),
        Step("recall by O", "recall", [*ABOUT, ("recalled", time_text(BEGIN + 30_000))], [key_of("terminal", "tO")]),
        Step("off-system", "off-system", [("from", id_of("H")), ("id", other), ("recorded", time_text(BEGIN)), ("detail", DETAIL)],
             [key_of("terminal", "tH")]),
        Step("hold", "hold", [("from", id_of("H")), ("id", MESSAGE), ("version", 1), ("state", "on"), ("ordered", time_text(BEGIN))],
             AS_ADMINISTRATORS),
        Step("tick, shown", "tick", [], []),
    ]  # fmt: skip


def envelope_rows() -> list[tuple]:
    return [row if row[0] != "content" else ("content", digest("content")) for row in
            next(step for step in story() if step.name == "envelope").rows]


def more_statements() -> Iterator[tuple[str, bytes]]:
    steps = story()
    for extra in extra_steps():
        for to in range(1, len(steps) + 1):
            yield told(f"{extra.name} at {to}", steps[:to] + [extra] + steps[to:])
            if not extra.shown or to % 4 == 0:
                hidden_step = extra._replace(shown=False)
                yield told(f"{extra.name} at {to}, hidden", steps[:to] + [hidden_step] + steps[to:])


def other_letters() -> Iterator[tuple[str, bytes]]:
    """What the letter or the detail holds, committed to as it is."""
    receipts = {
        "kept": keep, "another index": lambda m: setattr(m, "index", m.index + 1),
        "another time": lambda m: setattr(m, "time_ms", m.time_ms + 1), "no proof": lambda m: m.ClearField("proof"),
        "another salt": lambda m: setattr(m.private, "salt", bytes(32)), "a short salt": lambda m: setattr(m.private, "salt", b"x"),
        "another number": lambda m: setattr(m.private, "clear_number", 0), "clear": lambda m: m.clear.SetInParent(),
        "another head": lambda m: setattr(m.private, "clear_head", bytes(32)), "no kind": lambda m: m.ClearField("visibility"),
        "no checkpoint": lambda m: m.ClearField("checkpoint"), "a record": lambda m: setattr(m, "record", b"x"),
        "a hash more": lambda m: m.proof.append(bytes(32)), "a checkpoint of size 0": lambda m: setattr(m, "checkpoint",
            checkpoint(0, log.tree_hash([]))), "a checkpoint by another": lambda m: setattr(m, "checkpoint",
            checkpoint(99, bytes(32), key_of("log", "other log"))),
    }  # fmt: skip
    both = [
        {"signer": key_of("worker", "wO")}, {"signer": key_of("terminal", "tH")}, {"signer": key_of("worker", "x")},
        {"signer": key_of("worker", "wH")}, {"header": digest("x")}, {"author": b""}, {"author": b"\xff"}, {"more": b"\xff"},
        {"more": b"\x7a\x01x"}, {"more": b"\x0b\x0c"}, {"worker": "wH"}, {"worker": "wO"}, {"worker": "tH"}, {"worker": "nobody"}, {"card": b""},
        {"card": b"\xff"}, {"card": card_of("wO")}, {"card salt": b""}, {"card salt": bytes(31)}, {"card salt": bytes(33)},
        {"worker statement": b""}, {"worker statement": World(story()).made["wH"].raw + b"\n"},
    ]  # fmt: skip
    only = [
        {"kind": letter_pb2.LETTER_KIND_OFFICE_RECORD}, {"kind": 99}, {"attachments": 1}, {"attachments": 21},
        {"salt": b""}, {"salt": bytes(31)}, {"salt": bytes(33)}, {"no worker": True}, {"no maker": True}, {"letter": b""},
        {"letter": b"\xff"}, {"letter": b"x" * 100}, {"signed author": b"x"}, {"more": b"\x7a\xff\xff\x3f" + bytes(0xFFFFF)},
        {"more": b"\x7a\x80\x80\x40" + bytes(1 << 20)},
    ]  # fmt: skip
    for change in both + only:
        yield told(f"letter with {change}"[:120], story(), **change)
    for change in [*both, {"more": b"\x7a\x80\x40" + bytes(8192)}, {"more": b"\x7a\xe8\x07" + bytes(1000)}]:
        yield told(f"detail with {change}"[:120], story(), detail=change)
    # Workers that stand in no leaf here, but in a receipt.
    for who, place in (("H", {}), ("O", {})):
        hidden_worker = [step._replace(shown=step.name != f"w{who}") for step in story()]
        yield told(f"nothing admits w{who}", hidden_worker)
        for name, change in receipts.items():
            place = {"receipt": change}
            yield told(f"w{who} by a receipt, {name}", hidden_worker, **(place if who == "H" else {"detail": place}))
            yield told(f"w{who} by leaf and receipt, {name}", story(), **(place if who == "H" else {"detail": place}))
    for extra in [one for one in extra_steps() if one.kind in ("terminal-removed", "standing", "institution")]:
        steps = [step._replace(shown=not step.name.startswith("w")) for step in story()]
        for to in range(2, len(steps)):
            yield told(f"{extra.name} at {to}, workers by receipts", steps[:to] + [extra] + steps[to:], receipt=keep,
                       detail={"receipt": keep})  # fmt: skip
    for size in (200, 201):
        for name, value in (("name", "名"), ("role", "役")):
            card = letter_pb2.WorkerCard(**{"name": "田中", "role": "看護師"} | {name: value * size}).SerializeToString()
            yield from with_card(f"a {name} of {size} characters", card)
    for name, role in (("", "看護師"), ("田中", ""), (" 田中", ""), ("田中", "看護師 "), ("田\n中", ""), ("か\u3099", ""), ("田中", "\u202e")):
        yield from with_card(f"card {name!r} {role!r}", letter_pb2.WorkerCard(name=name, role=role).SerializeToString())


def keep(_message) -> None:
    """The receipt as it is."""


def with_card(name: str, card: bytes) -> Iterator[tuple[str, bytes]]:
    """The institution has committed to the card."""
    from reader import letter as letters

    for who in "HO":
        commitment = letters.tagged("card", digest("card", f"w{who}"), card)
        steps = [step._replace(rows=[*step.rows[:-1], ("card", commitment)]) if step.name == f"w{who}" else step for step in story()]
        place = {"card": card}
        yield told(f"w{who}: {name}", steps, **(place if who == "H" else {"detail": place}))


def other_checkpoints() -> Iterator[tuple[str, bytes]]:
    world = World(story())
    yield "another log key", world.evidence(log_key=key_of("log", "other log"))
    yield "the log key of another name", world.evidence(log_key=key_of("institution", "H"))
    for letter in (True, False):
        for details in (True, False):
            yield f"letter {letter}, details {details}", world.evidence(letter, details)
    size, root = len(world.leaves), log.tree_hash(world.hashes)
    whole, signed = world.evidence(), checkpoint(size, root)
    text, _, _ = signed.rpartition(b"\n\n")
    text += b"\n"
    key, other = key_of("log", "log"), key_of("administrator", "A")
    alike = key_of("log", "other log")
    notes = {
        "two signatures": [key.sign(text), other.sign(text)], "two of the same": [key.sign(text), key.sign(text)],
        "signed by another key of the name": [alike.sign(text)], "and by another key of the name": [key.sign(text), alike.sign(text)],
        "and the other way round": [alike.sign(text), key.sign(text)],
        "a wrong signature": [key.sign(text + b"x")], "another's before": [other.sign(text), key.sign(text)],
    }  # fmt: skip
    for name, signatures in notes.items():
        yield name, swapped(whole, signed, note.encode(Note(text, signatures)))
    rows = text.decode().split("\n")
    for name, changed in {
        "an extension line": [*rows[:3], "x", ""], "no root": [*rows[:2], ""], "another origin": ["other.example", *rows[1:]],
        "a size with a zero": [rows[0], "0" + rows[1], *rows[2:]], "a size with a sign": [rows[0], "+" + rows[1], *rows[2:]],
        "a smaller size": [rows[0], str(size - 1), *rows[2:]], "a larger size": [rows[0], str(size + 1), *rows[2:]],
        "a short root": [*rows[:2], "AAAA", ""], "an empty extension": [*rows[:3], "", ""],
        "a huge size": [rows[0], str(2**63), *rows[2:]], "a size beyond 64 bits": [rows[0], str(2**64), *rows[2:]],
    }.items():  # fmt: skip
        raw = "\n".join(changed).encode()
        yield name, swapped(whole, signed, note.encode(Note(raw, [key.sign(raw)])))


def swapped(file: bytes, old: bytes, new: bytes) -> bytes:
    from spoil import sealed
    from world import text

    rows = file.split(b"\n")[:-2]
    return sealed([row.replace(text(old).encode(), text(new).encode()) if row.startswith(b"checkpoint") else row for row in rows])


def hidden() -> Iterator[tuple[str, bytes]]:
    steps = story()
    for at, step in enumerate(steps):
        changed = [one._replace(shown=one.shown != (n == at)) for n, one in enumerate(steps)]
        yield told(f"{step.name} {'hidden' if step.shown else 'shown'}", changed)
        for letter in (True, False):
            yield f"{step.name} and letter {letter}", World(changed).evidence(letter, not letter)


if __name__ == "__main__":
    main()
