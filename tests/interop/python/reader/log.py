"""Leaf entries, the Merkle tree (RFC 6962), checkpoints and receipts (section 3)."""

import hashlib
from typing import NamedTuple

from . import note
from .note import Key
from .refused import Refused, refuse_unless
from .values import number, unbase64

LEAF = b"tsumugu/v1/leaf\0"
RECORD = b"tsumugu/v1/record\0"
NOTHING = bytes(32)


class Clear(NamedTuple):
    """A clear leaf: its statement is the rest of the entry."""

    time: int
    number: int
    previous: bytes
    statement: bytes

    @property
    def entry(self) -> bytes:
        head = LEAF + self.time.to_bytes(8, "big") + b"\x01" + self.number.to_bytes(8, "big")
        return head + self.previous + self.statement

    @property
    def place(self) -> tuple:
        return (self.number, -1)


class Private(NamedTuple):
    """A private leaf: of its record the log has a blinded digest."""

    time: int
    number: int
    head: bytes
    digest: bytes

    @property
    def entry(self) -> bytes:
        head = LEAF + self.time.to_bytes(8, "big") + b"\x02" + self.number.to_bytes(8, "big")
        return head + self.head + self.digest


def record_digest(salt: bytes, record: bytes) -> bytes:
    return hashlib.sha256(RECORD + salt + record).digest()


def read_entry(entry: bytes) -> Clear | Private:
    refuse_unless(entry.startswith(LEAF) and len(entry) >= len(LEAF) + 49, "no leaf entry")
    rest = entry[len(LEAF) :]
    time, kind, at = int.from_bytes(rest[:8], "big"), rest[8], int.from_bytes(rest[9:17], "big")
    refuse_unless(kind in (1, 2), "no kind of leaf")
    leaf = Clear if kind == 1 else Private
    refuse_unless(kind == 1 or len(rest) == 81, "a private leaf of another length")
    return leaf(time, at, rest[17:49], rest[49:])


def clear_hash(leaf: Clear) -> bytes:
    """What the next clear leaf has as `previous`, and private leaves as `head`."""
    return hashlib.sha256(leaf.entry).digest()


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_hash(hashes: list[bytes]) -> bytes:
    """Section 2.1 of RFC 6962."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = largest_power_below(len(hashes))
    return node_hash(tree_hash(hashes[:split]), tree_hash(hashes[split:]))


def inclusion_proof(index: int, hashes: list[bytes]) -> list[bytes]:
    """Section 2.1.1."""
    if len(hashes) == 1:
        return []
    split = largest_power_below(len(hashes))
    left, right = hashes[:split], hashes[split:]
    if index < split:
        return [*inclusion_proof(index, left), tree_hash(right)]
    return [*inclusion_proof(index - split, right), tree_hash(left)]


def largest_power_below(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def root_of(entry: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to; of a proof with another number of hashes, refused."""
    refuse_unless(0 <= index < size, "the index is not below the tree's size")
    result, last, hashes = leaf_hash(entry), size - 1, iter(proof)
    try:
        while last:
            if index & 1:
                result = node_hash(next(hashes), result)
            elif index < last:
                result = node_hash(result, next(hashes))
            index, last = index >> 1, last >> 1
    except StopIteration as error:
        raise Refused("a proof with too few hashes") from error
    refuse_unless(next(hashes, None) is None, "a proof with too many hashes")
    return result


def check_consistency(old: "Checkpoint", new: "Checkpoint", proof: list[bytes]) -> None:
    """Section 2.1.2, verified as RFC 9162, section 2.1.4.2 does."""
    refuse_unless(old.size <= new.size, "the log went back")
    if old.size in (0, new.size):
        refuse_unless(not proof and (old.size == 0 or old.root == new.root), "another log of the same size")
        return
    hashes, first, second = list(proof), old.size - 1, new.size - 1
    while first & 1:
        first, second = first >> 1, second >> 1
    if first:
        refuse_unless(hashes, "a proof with too few hashes")
        seed = hashes.pop(0)
    else:
        seed = old.root
    old_root, new_root = seed, seed
    for one in hashes:
        refuse_unless(second, "a proof with too many hashes")
        if first & 1 or first == second:
            old_root, new_root = node_hash(one, old_root), node_hash(one, new_root)
            while first and not first & 1:
                first, second = first >> 1, second >> 1
        else:
            new_root = node_hash(new_root, one)
        first, second = first >> 1, second >> 1
    refuse_unless(second == 0 and old_root == old.root and new_root == new.root, "another log")


class Checkpoint(NamedTuple):
    """A checkpoint whose signatures are not checked yet."""

    origin: str
    size: int
    root: bytes
    note: note.Note

    def is_signed_by(self, keys: list[Key]) -> bool:
        return any(self.note.signed_by(key) for key in keys)


def read_checkpoint(raw: bytes) -> Checkpoint:
    """C2SP tlog-checkpoint without extension lines."""
    signed = note.parse(raw)
    refuse_unless(note.encode(signed) == raw, "a checkpoint in another spelling")
    rows = signed.text.decode().split("\n")
    refuse_unless(len(rows) == 4 and rows[3] == "" and rows[0], "no checkpoint")
    root = unbase64(rows[2])
    refuse_unless(len(root) == 32, "a root of another length")
    return Checkpoint(rows[0], number(rows[1]), root, signed)


def check_receipt(receipt, record: bytes, keys: list[Key], origin: str) -> tuple:
    """A `tsumugu.v1.Receipt` of a record; gives the leaf and the checkpoint."""
    checkpoint = read_checkpoint(receipt.checkpoint)
    refuse_unless(checkpoint.origin == origin, "a checkpoint of another log")
    refuse_unless(checkpoint.is_signed_by(keys), "no log key signed the checkpoint")
    match receipt.WhichOneof("visibility"):
        case "clear":
            part = receipt.clear
            refuse_unless(len(part.previous) == 32, "previous of another length")
            leaf = Clear(receipt.time_ms, part.number, part.previous, record)
        case "private":
            part = receipt.private
            refuse_unless(len(part.salt) == 32 and len(part.clear_head) == 32, "salt or head of another length")
            digest = record_digest(part.salt, record)
            leaf = Private(receipt.time_ms, part.clear_number, part.clear_head, digest)
        case _:
            raise Refused("a receipt of no kind of leaf")
    refuse_unless(all(len(one) == 32 for one in receipt.proof), "a hash of another length")
    root = root_of(leaf.entry, receipt.index, checkpoint.size, list(receipt.proof))
    refuse_unless(root == checkpoint.root, "the proof leads to another root")
    return leaf, checkpoint
