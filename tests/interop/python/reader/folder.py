"""The folder `log/` of an exchange (C2SP tlog-tiles): its leaves, its root, and the rules of its clear chain."""

import pathlib

from . import log, statement as statements
from .directory import Directory
from .refused import refuse_unless


def read(folder: pathlib.Path) -> tuple[log.Checkpoint, list[bytes]]:
    checkpoint = log.read_checkpoint((folder / "checkpoint").read_bytes())
    entries: list[bytes] = []
    while len(entries) < checkpoint.size:
        number, left = len(entries) // 256, checkpoint.size - len(entries)
        path = folder / "tile" / "entries" / name(number)
        bundle = (path if left >= 256 else path.with_name(f"{path.name}.p") / str(left)).read_bytes()
        found = split(bundle)
        refuse_unless(len(found) == min(left, 256), "a bundle of another number of entries")
        entries += found
    return checkpoint, entries


def name(number: int) -> str:
    parts = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        parts.insert(0, f"x{number % 1000:03}")
    return "/".join(parts)


def split(bundle: bytes) -> list[bytes]:
    entries = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        refuse_unless(len(bundle) >= 2 + length, "a bundle that ends within an entry")
        entries.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return entries


def check(checkpoint: log.Checkpoint, entries: list[bytes]) -> Directory:
    """Root, places, chain, and every rule of section 2.2 for clear statements."""
    root = log.tree_hash([log.leaf_hash(entry) for entry in entries])
    refuse_unless(root == checkpoint.root, "the entries have another root")
    directory, newest, time = Directory(), None, 0
    for entry in entries:
        leaf = log.read_entry(entry)
        refuse_unless(leaf.entry == entry and leaf.time >= time, "time goes back")
        time = leaf.time
        if isinstance(leaf, log.Clear):
            number, previous = (newest.number + 1, log.clear_hash(newest)) if newest else (0, log.NOTHING)
            refuse_unless((leaf.number, leaf.previous) == (number, previous), "no chain")
            directory.apply(statements.parse(leaf.statement), leaf.place)
            newest = leaf
        else:
            refuse_unless(newest and (leaf.number, leaf.head) == (newest.number, log.clear_hash(newest)), "no head")
    refuse_unless(checkpoint.is_signed_by(directory.log_keys()), "no log key signed the checkpoint")
    return directory
