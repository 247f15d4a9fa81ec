"""A crowd of clients in a process of their own, and what they count."""

import itertools
import resource
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from benchmarks.failures import Failed
from benchmarks.load.talks import Switchboard, Talk
from benchmarks.machine import busy_seconds

PATIENCE_SECONDS = 20.0


class Unexpected(Failed):
    """The server answered something else: what was measured is not what was meant."""


@dataclass
class Tally:
    """What a crowd got in one turn."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    lost: int = 0
    # What the clients themselves cost, in seconds of one core.
    cpu: float = 0.0
    # What all cores did meanwhile: clients, server, database, and who else works here.
    busy: float = 0.0

    @property
    def answers(self) -> int:
        return len(self.waits)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds

    @property
    def busy_cores(self) -> float:
        """How many cores were at work."""
        return self.busy / self.seconds

    def wait(self, percent: int) -> float:
        """The wait, in seconds, that so many percent of the answers kept within."""
        if len(self.waits) < 2:
            return self.waits[0] if self.waits else 0.0
        return quantiles(self.waits, n=100, method="inclusive")[percent - 1]

    def expect(self, status: int) -> "Tally":
        """The same, where all questions got an answer of that status, else `Unexpected`."""
        if set(self.statuses) != {status} or self.lost:
            raise Unexpected(f"{status} expected: {dict(self.statuses)}, {self.lost} lost")
        return self


def ask(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float, repeat: bool = True
) -> Tally:
    """Ask these questions over so many connections, for so long or until all are asked.

    With `repeat` they are asked over and over.
    """
    source = itertools.cycle(requests) if repeat else iter(requests)
    tally = Tally()
    board = Switchboard(port, [_asking(source, tally) for _ in range(connections)])
    begun, cpu, busy = time.perf_counter(), _cpu(), busy_seconds()
    board.carry_on(seconds=seconds)
    tally.seconds, tally.cpu = time.perf_counter() - begun, _cpu() - cpu
    tally.busy = busy_seconds() - busy
    return tally


def ask_in_turn(port: int, requests: Sequence[bytes], *, seconds: float) -> Tally:
    """One client asks these, one after the other; none any more after so long.

    The answer to the last one is waited for, however slow it is (within `PATIENCE_SECONDS`).
    """
    tally, begun = Tally(), time.perf_counter()
    until_then = itertools.takewhile(lambda _: time.perf_counter() < begun + seconds, requests)
    Switchboard(port, [_asking(until_then, tally)]).carry_on(seconds=seconds + PATIENCE_SECONDS)
    tally.seconds = time.perf_counter() - begun
    return tally


def _asking(source: Iterator[bytes], tally: Tally) -> Talk:
    for question in source:
        answer = yield question
        if answer is None:
            tally.lost += 1
            continue
        tally.statuses[answer.status] += 1
        tally.waits.append(answer.received_at - answer.sent_at)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
