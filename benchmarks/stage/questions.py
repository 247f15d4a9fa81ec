"""Single questions, asked to learn what the answer is."""

from benchmarks.failures import Failed
from benchmarks.load.http import Answer
from benchmarks.load.talks import Switchboard, Talk

PATIENCE_SECONDS = 30.0


def fetch(port: int, question: bytes) -> Answer:
    """The answer to one question. Raises `Failed` where there is none."""
    kept: list[Answer] = []

    def talk() -> Talk:
        answer = yield question
        if answer is not None:
            kept.append(answer)

    Switchboard(port, [talk()]).carry_on(seconds=PATIENCE_SECONDS)
    if not kept:
        raise Failed(f"no answer to {question[:100]!r}")
    return kept[0]
