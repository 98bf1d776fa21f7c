"""The same questions to both readers: that of trust/ (example `judge`) and the second one."""

import base64
import subprocess
from collections.abc import Iterable

from people import Failed
from reader import evidence, names, statement
from reader.refused import Refused


def second(what: str, raw: bytes) -> str:
    """What the second reader says, in the words of `judge`."""
    try:
        if what == "evidence":
            outcome, message = evidence.verify(raw)
            return f"{outcome} {message.directory.trust_lists[0].digest.hex()}"
        if what == "statement":
            read = statement.parse(raw)
            return f"{read.kind} {read.digest.hex()}"
        return base64.b64encode(names.fold(raw.decode()).encode()).decode()
    except Refused as reason:
        return f"refused: {reason}"


class Judges:
    def __init__(self, program: str):
        self.program, self.differ, self.refused, self.taken = program, [], 0, 0

    def ask(self, what: str, questions: Iterable[tuple[str, bytes]], must: str | None = None) -> None:
        """`must` is `refuse` or `take`, where the questions have one answer."""
        questions = list(questions)
        lines = b"".join(b"%s %s\n" % (what.encode(), base64.b64encode(raw)) for _, raw in questions)
        done = subprocess.run([self.program], input=lines, capture_output=True, check=False)
        answers = done.stdout.decode().splitlines()
        if done.returncode or len(answers) != len(questions):
            raise Failed(f"judge ended with {done.returncode} after {len(answers)}: {done.stderr.decode()}")
        for (name, raw), first in zip(questions, answers):
            other = second(what, raw)
            refused = [answer.startswith("refused: ") for answer in (first, other)]
            self.refused, self.taken = self.refused + refused[0], self.taken + (not refused[0])
            agreed = all(refused) or first == other
            if not agreed or (must and refused[0] != (must == "refuse")):
                self.differ.append(f"{what}, {name}:\n  trust/: {first}\n  second: {other}")

    def finish(self) -> str:
        if self.differ:
            raise Failed("\n".join(self.differ) + f"\n{len(self.differ)} differences")
        return f"{self.taken} taken and {self.refused} refused by both readers"
