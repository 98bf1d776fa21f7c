"""What a file of evidence proves (section 7)."""

from . import evidence_file, log
from .directory import Directory
from .evidence_file import File, Shown
from .message import Message
from .refused import refuse_unless


def verify(raw: bytes, fingerprint: bytes | None = None) -> tuple[str, Message]:
    """The outcome, `anchored` or `consistent`; Refused where anything fails."""
    file = evidence_file.read(raw)
    leaves = sorted(file.clear + file.private, key=lambda shown: shown.index)
    check_order(leaves)
    check_inclusion(file, leaves)
    check_chain(leaves)
    directory, message = replay(file)
    refuse_unless(directory.trust_lists, "no trust list")
    refuse_unless(directory.origin == file.origin == file.checkpoint.origin, "several origins")
    check_checkpoint(file, directory)
    message.finish()
    message.check_belonging()
    if fingerprint is None:
        return "consistent", message
    refuse_unless(directory.trust_lists[0].digest == fingerprint, "another root fingerprint")
    return "anchored", message


def replay(file: File) -> tuple[Directory, Message]:
    """In log order: what a signature counts for is decided by what stands before it."""
    directory = Directory()
    message = Message(file, directory)
    for shown in sorted(file.clear + file.private, key=lambda shown: shown.place):
        if isinstance(shown.leaf, log.Clear):
            directory.apply(shown.statement, shown.place)
        else:
            message.apply(shown)
    return directory, message


def check_checkpoint(file: File, directory: Directory) -> None:
    """Signatures by log keys of the newest list shown, all of them valid, in the order of key names."""
    keys, signed = directory.log_keys(), file.checkpoint.note
    refuse_unless(signed.signatures, "nobody signed the checkpoint")
    for signature in signed.signatures:
        refuse_unless(any(signature.is_by(key, signed.text) for key in keys), "a signature by no log key")


def check_order(leaves: list[Shown]) -> None:
    indexes = [shown.index for shown in leaves]
    refuse_unless(len(set(indexes)) == len(indexes), "two leaves of one index")
    # Clear leaves with number n or less: n + 1 of them stand before any later leaf.
    clear = [(shown.index, shown.leaf.number) for shown in leaves if isinstance(shown.leaf, log.Clear)]
    for before, after in zip(clear, clear[1:]):
        grown, moved = after[1] - before[1], after[0] - before[0]
        refuse_unless(0 < grown <= moved, "clear numbers grow faster than indexes")
    for before, after in zip(leaves, leaves[1:]):
        refuse_unless(before.leaf.time <= after.leaf.time, "time goes back")
        refuse_unless(before.place < after.place, "another order by place than by index")
    for shown in leaves:
        least = shown.leaf.number + (0 if isinstance(shown.leaf, log.Clear) else 1)
        refuse_unless(least <= shown.index, "more clear leaves than leaves")


def check_inclusion(file: File, leaves: list[Shown]) -> None:
    for shown in leaves:
        root = log.root_of(shown.leaf.entry, shown.index, file.checkpoint.size, shown.proof)
        refuse_unless(root == file.checkpoint.root, "a proof that leads to another root")


def check_chain(leaves: list[Shown]) -> None:
    """The digest of a clear leaf's entry, by number, as its neighbours state it, must be one."""
    stated: dict[int, bytes] = {}
    for shown in leaves:
        leaf = shown.leaf
        if isinstance(leaf, log.Clear):
            named = [(leaf.number, log.clear_hash(leaf)), (leaf.number - 1, leaf.previous)]
        else:
            named = [(leaf.number, leaf.head)]
        for number, digest in named:
            refuse_unless(number >= 0 or digest == log.NOTHING, "the first leaf has no predecessor")
            refuse_unless(stated.setdefault(number, digest) == digest, "two clear chains")
