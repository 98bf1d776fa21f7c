"""Where the leaves that are shown stand in the one clear chain (section 3, "Places")."""

from . import log
from .evidence_file import Shown
from .refused import refuse_unless


class Places:
    """What the leaves say of the chain. It is shown with gaps, but must be one story."""

    def __init__(self, leaves: list[Shown]):
        self.leaves = sorted(leaves, key=lambda shown: shown.index)
        self.digests: dict[int, bytes] = {}

    def check(self) -> None:
        indexes = [shown.index for shown in self.leaves]
        refuse_unless(len(set(indexes)) == len(indexes), "two leaves of one index")
        for shown in self.leaves:
            check_room(shown.index, shown.leaf)
            for number, digest in digests_in(shown.leaf):
                refuse_unless(self.digests.setdefault(number, digest) == digest, "two clear chains")
        for before, after in zip(self.leaves, self.leaves[1:]):
            check_follows((before.index, before.leaf), (after.index, after.leaf))

    def check_fits(self, index: int, leaf: log.Private) -> None:
        """A private leaf that is in the log, but not shown here."""
        check_room(index, leaf)
        for shown in self.leaves:
            if shown.index < index:
                check_follows((shown.index, shown.leaf), (index, leaf))
            elif shown.index > index:
                check_follows((index, leaf), (shown.index, shown.leaf))
        known = self.digests.get(leaf.number, leaf.head)
        refuse_unless(known == leaf.head, "a leaf of another clear chain")


def check_room(index: int, leaf: log.Clear | log.Private) -> None:
    """Before a clear leaf of number n there are n others, before a private one n + 1."""
    least = leaf.number if isinstance(leaf, log.Clear) else leaf.number + 1
    refuse_unless(least <= index, "more clear leaves than leaves")


def check_follows(before: tuple, after: tuple) -> None:
    """Each clear leaf between the two, and the later one if it is clear, adds one to the number."""
    leaves, grown = after[0] - before[0], after[1].number - before[1].number
    clear = isinstance(after[1], log.Clear)
    least, most = (1, leaves) if clear else (0, leaves - 1)
    refuse_unless(least <= grown <= most, "numbers that the indexes leave no room for")
    refuse_unless(before[1].time <= after[1].time, "time goes back")


def digests_in(leaf: log.Clear | log.Private) -> list[tuple[int, bytes]]:
    """Digests of clear leaves by number, as a leaf states them."""
    if isinstance(leaf, log.Private):
        return [(leaf.number, leaf.head)]
    before = [(leaf.number - 1, leaf.previous)] if leaf.number else []
    return [(leaf.number, log.clear_hash(leaf)), *before]
