"""Everything in docs/vectors but what is sealed, and the demonstration's log, read by the second reader.

    vectors.py VECTORS-FOLDER LOG-FOLDER...
"""

import json
import pathlib
import sys

from people import demand
from reader import codes, folder, letter, log, names, note, statement
from reader.note import Key
from reader.refused import Refused
from tsumugu.v1 import letter_pb2, receipt_pb2


def main() -> None:
    vectors, *logs = map(pathlib.Path, sys.argv[1:])
    for check in (statements, leaves, receipt, some_codes, folded, packed, detail):
        check(lambda name: json.loads((vectors / name).read_text("utf-8")))
    print("statements, leaves, receipt, codes, names, letter and detail: as the vectors have them")
    for path in logs:
        directory = folder.check(*folder.read(path))
        print(f"{path}: {len(directory.institutions)} institutions, every leaf by the rules")


def statements(read) -> None:
    vectors = read("statements.json")
    keys = {one["name"]: Key(one["name"], bytes.fromhex(one["public"])) for one in vectors["keys"]}
    for one in vectors["statements"]:
        parsed = statement.parse(one["bytes"].encode())
        kind = statement.KINDS[one["kind"]]
        demand(one["kind"], (parsed.kind, parsed.digest.hex()) == (one["kind"], one["digest"]))
        leaf = "none" if kind.leaf == "letter" else kind.leaf
        demand(f"{one['kind']} is a leaf: {one['leaf']}", leaf == one["leaf"])
        demand(f"{one['kind']} is signed", [s.name for s in parsed.signatures] == one["signed_by"])
        demand(one["kind"], all(s.is_by(keys[s.name], parsed.text) for s in parsed.signatures))


def leaves(read) -> None:
    vectors = read("leaves.json")
    before = log.NOTHING
    for one in vectors["clear"]:
        leaf = log.read_entry(bytes.fromhex(one["entry"]))
        demand("the chain", leaf.previous == before and log.clear_hash(leaf).hex() == one["chain_hash"])
        demand("the leaf hash", log.leaf_hash(leaf.entry).hex() == one["leaf_hash"])
        before = log.clear_hash(leaf)
    (one,) = vectors["private"]
    record = statement.parse(one["record"].encode())
    digest = log.record_digest(bytes.fromhex(one["salt"]), record.raw)
    leaf = log.read_entry(bytes.fromhex(one["entry"]))
    demand("the record's digest", leaf.digest == digest == bytes.fromhex(one["record_digest"]))
    demand("the private leaf hash", log.leaf_hash(leaf.entry).hex() == one["leaf_hash"])


def receipt(read) -> None:
    one = read("receipt.json")
    key = note.verifier_key(one["log_vkey"])
    message = receipt_pb2.Receipt.FromString(bytes.fromhex(one["receipt"]))
    demand("the proof", [part.hex() for part in message.proof] == one["proof"])
    _, checkpoint = log.check_receipt(message, message.record, [key], key.name)
    demand("the root", (checkpoint.root.hex(), checkpoint.size) == (one["root"], one["size"]))
    message.time_ms += 1
    try:
        log.check_receipt(message, message.record, [key], key.name)
    except Refused:
        return
    demand("another time is refused", False)


def some_codes(read) -> None:
    vectors = read("codes.json")
    for one in vectors["codes"]:
        secret = bytes.fromhex(one["secret"])
        demand(one["code"], codes.write(secret) == one["code"] and codes.read(one["code"].lower()) == secret)
        demand("invitation id", codes.invitation_id(secret).hex() == one["invitation_id"])
        demand("document", codes.document_mac(secret, one["document"].encode()).hex() == one["document_mac"])
        demand("request", codes.request_mac(secret, one["request"].encode()).hex() == one["request_mac"])
    for one in vectors["comparison"]:
        demand("digits", codes.comparison_digits(one["text"].encode()) == one["digits"])


def folded(read) -> None:
    for one in read("names.json"):
        demand(f"{one['name']} folds", names.fold(one["name"]) == one["folded"])


def packed(read) -> None:
    one = read("letter.json")
    raw, plain = bytes.fromhex(one["letter"]), bytes.fromhex(one["packed"])
    demand("the plaintext", letter.unpack(plain) == raw)
    demand("packed anew", letter.unpack(letter.pack(raw)) == raw)
    for what in (plain + b"\0", plain[:-1], plain[:-1] + b"\1", b"x" + plain[1:]):
        try:
            letter.unpack(what)
        except Refused:
            continue
        demand("a spoilt plaintext is refused", False)
    salt, card_salt = bytes.fromhex(one["salt"]), bytes.fromhex(one["card_salt"])
    demand("content", letter.tagged("content", salt, raw).hex() == one["content"])
    demand("card", letter.tagged("card", card_salt, bytes.fromhex(one["card"])).hex() == one["card_commitment"])
    message = letter_pb2.Letter.FromString(raw)
    demand("salt", message.maker.salt == salt)
    author_and_header(message, one, one["envelope"])


def detail(read) -> None:
    one = read("detail.json")
    raw = bytes.fromhex(one["detail"])
    demand("commitment", letter.tagged("detail", bytes.fromhex(one["salt"]), raw).hex() == one["commitment"])
    author_and_header(letter_pb2.Detail.FromString(raw), one, one["statement"])


def author_and_header(message, one: dict, about: str) -> None:
    read = statement.parse(about.encode())
    demand("header", letter.header(read).hex() == one["header"])
    demand("author", letter.tagged("author", message.author).hex() == one["author"])
    written = statement.parse(message.author_note)
    demand("note", (written.get("header").hex(), written.get("author").hex()) == (one["header"], one["author"]))


if __name__ == "__main__":
    main()
