"""Single questions, asked to learn what the answer is."""

from benchmarks.load.http import Answer
from benchmarks.load.talks import Switchboard, Talk

PATIENCE_SECONDS = 30.0


def fetch(port: int, question: bytes) -> Answer:
    """The answer to one question. Raises `TimeoutError` where there is none."""
    kept: list[Answer] = []

    def talk() -> Talk:
        answer = yield question
        if answer is not None:
            kept.append(answer)

    Switchboard(port, [talk()]).carry_on(seconds=PATIENCE_SECONDS)
    if not kept:
        raise TimeoutError(question[:100])
    return kept[0]
