"""What a file of evidence proves (section 7)."""

from . import evidence_file, log
from .directory import Directory
from .evidence_file import File
from .message import Message
from .refused import refuse_unless


def verify(raw: bytes, fingerprint: bytes | None = None) -> tuple[str, Message]:
    """The outcome, `anchored` or `consistent`; Refused where anything fails."""
    file = evidence_file.read(raw)
    check_inclusion(file)
    check_first(file)
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
    message.places.check()
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


def check_first(file: File) -> None:
    """Entry 0 is trust list 1; that it is one, the directory says."""
    refuse_unless(file.clear, "no clear leaf")
    first = file.clear[0]
    stands = (first.index, first.leaf.number, first.leaf.previous)
    refuse_unless(stands == (0, 0, log.NOTHING), "entry 0 is not shown")


def check_inclusion(file: File) -> None:
    for shown in file.clear + file.private:
        root = log.root_of(shown.leaf.entry, shown.index, file.checkpoint.size, shown.proof)
        refuse_unless(root == file.checkpoint.root, "a proof that leads to another root")
