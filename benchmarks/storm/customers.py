"""What one customer in the storm does, and what they were told.

Everybody has seen the seat map before the bell. They ask for two seats of those that are
free by the map, and whoever is refused looks at the map again. They leave with seats, or
when the map is empty.
"""

import random
import time
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.load.http import Answer, request
from benchmarks.load.talks import Pause, Switchboard, Talk

WANTED = 2
# Nobody waits longer to be let in than this, whatever Retry-After says.
LONGEST_PAUSE = 1.0


@dataclass(frozen=True)
class Told:
    """One request for seats and what came of it. No status: the line went dead."""

    customer: int
    seats: tuple[int, ...]
    status: int
    body: Any
    sent_at: float
    received_at: float


@dataclass
class Log:
    """All that a crowd was told, in the order in which it heard."""

    told: list[Told] = field(default_factory=list)
    # How often the map was looked at, by the status of the answer.
    looks: Counter[int] = field(default_factory=Counter)
    # Who neither had seats nor had left when time was up.
    still_wanting: int = 0


@dataclass(frozen=True)
class Sale:
    """What is on sale where, and to whom."""

    port: int
    show: int
    seats: tuple[int, ...]
    customers: Sequence[dict[str, Any]]
    seconds: float
    seed: int


def rush(sale: Sale) -> Log:
    """All customers of the sale at once, until everybody has left or time is up."""
    log, dice = Log(), random.Random(sale.seed)
    talks = [_customer(sale, person, log, dice) for person in sale.customers]
    log.still_wanting = len(talks)
    Switchboard(sale.port, talks).carry_on(seconds=sale.seconds)
    return log


def _customer(sale: Sale, person: dict[str, Any], log: Log, dice: random.Random) -> Talk:
    believed = list(sale.seats)
    while believed:
        seats = tuple(dice.sample(believed, min(WANTED, len(believed))))
        asked_at = time.time()
        answer = yield _hold(sale.show, seats, person["token"])
        log.told.append(_told(person["id"], seats, answer, asked_at))
        if answer and answer.status == 201:
            break
        if answer is None or answer.status != 409:
            yield Pause(_patience(answer))
        believed = yield from _look(sale.show, log)
    log.still_wanting -= 1


def _look(show: int, log: Log) -> Generator[bytes | Pause, Answer | None, list[int]]:
    """The seats that are free by the map, asked for until there is an answer."""
    while True:
        answer = yield request("GET", f"/api/available-seats/?showtime={show}")
        log.looks[answer.status if answer else 0] += 1
        if answer and answer.status == 200:
            return [seat["id"] for seat in answer.json()["results"]]
        yield Pause(_patience(answer))


def _hold(show: int, seats: Sequence[int], token: str) -> bytes:
    body = {"showtime": show, "seats": seats}
    return request("POST", "/api/reservation/", token=token, body=body)


def _told(who: int, seats: tuple[int, ...], answer: Answer | None, asked_at: float) -> Told:
    if answer is None:
        return Told(who, seats, 0, None, asked_at, time.time())
    try:
        body = answer.json()
    except ValueError:
        body = None  # no JSON: a 500's page, which the checker will name
    return Told(who, seats, answer.status, body, answer.sent_at, answer.received_at)


def _patience(answer: Answer | None) -> float:
    """As long as the server asks for, within reason."""
    asked = answer.header("Retry-After") if answer else ""
    return min(float(asked) if asked.isdigit() else 0.1, LONGEST_PAUSE)
