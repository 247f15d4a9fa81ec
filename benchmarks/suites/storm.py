"""The storm, checked against the books; and a control without guards that the check must fail."""

import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.failures import Failed
from benchmarks.load.crowd import Tally
from benchmarks.load.processes import Helpers, helpers
from benchmarks.plan import Plan
from benchmarks.results import Results
from benchmarks.stage.house import House
from benchmarks.storm import books, checker
from benchmarks.storm.customers import Log, Sale, rush

SUITE = "storm"
CUSTOMERS, CROWDS = 500, 2
LONGEST_SECONDS = 90.0
CONTROL_SETTINGS = "benchmarks.storm.unguarded"
CONTROL_TRIES = 3


class CheckerSawNothing(Failed):
    """The guards were off and the checker had nothing to say: its word is worth nothing."""


@dataclass
class Storm:
    """One storm: how long, what was answered, and what the checker says of it."""

    sold_out_after: float
    statuses: dict[int, int]
    looks: dict[int, int]
    p50: float
    p99: float
    sold_twice: int
    unsold: int
    lies: list[str] = field(default_factory=list)


def measure(house: House, kind: str, plan: Plan, results: Results) -> None:
    """Tells of each storm, and of the control. Raises `CheckerSawNothing`."""
    people = house.do("house.customers", count=CUSTOMERS)
    arena = house.do("house.new_shows", count=plan.storms + CONTROL_TRIES)
    shows, controls = arena["shows"][: plan.storms], arena["shows"][plan.storms :]
    with helpers(CROWDS) as ready:
        with house.serving() as port:
            storms = [_storm(ready, house, port, show, arena, people) for show in shows]
        house.do("storm.drop_constraint")
        with house.serving(DJANGO_SETTINGS_MODULE=CONTROL_SETTINGS) as port:
            control = _control(ready, house, port, controls, arena, people)
    results.tell(SUITE, kind, {**_summary(storms), "control": _told(control)})
    for storm in storms:
        results.object(f"{kind}, storm", storm.lies)


def _told(control: Storm) -> dict[str, Any]:
    """The control, with as much of the checker's complaint as anybody reads."""
    return asdict(control) | {"lies": len(control.lies), "first_lies": control.lies[:3]}


def _control(ready: Helpers, house: House, port: int, shows: list[int], *more: Any) -> Storm:
    """A storm that the checker objects to; a few tries, for it is a race."""
    for show in shows:
        storm = _storm(ready, house, port, show, *more)
        if storm.sold_twice:
            return storm
    raise CheckerSawNothing(f"{len(shows)} storms without guards, and no seat sold twice")


def _storm(
    ready: Helpers,
    house: House,
    port: int,
    show: int,
    arena: dict[str, list[int]],
    people: list[dict[str, Any]],
) -> Storm:
    seats = tuple(arena["seats"])
    crowds = [
        Sale(port, show, seats, people[n::CROWDS], LONGEST_SECONDS, seed=show + n)
        for n in range(CROWDS)
    ]
    begun = time.time()
    logs = ready.do_all(rush, crowds)
    return _checked(house, show, seats, logs, begun)


def _checked(
    house: House, show: int, seats: tuple[int, ...], logs: list[Log], begun: float
) -> Storm:
    told = [answer for log in logs for answer in log.told]
    entries = books.entries(house.database_url, show)
    unsold = len(seats) - len({entry.seat for entry in entries if entry.is_live})
    lies = checker.lies(told, entries, seats=seats)
    waiting = sum(log.still_wanting for log in logs)
    if unsold:
        lies.append(f"{unsold} seats were left, and {waiting} people were still asking for some")
    answers = Tally(waits=[t.received_at - t.sent_at for t in told])
    sales = [t.received_at for t in told if t.status == 201]
    return Storm(
        sold_out_after=max(sales, default=begun) - begun,
        statuses=dict(Counter(t.status for t in told)),
        looks=dict(sum((log.looks for log in logs), Counter[int]())),
        p50=answers.wait(50),
        p99=answers.wait(99),
        sold_twice=checker.sold_twice(entries),
        unsold=unsold,
        lies=lies,
    )


def _summary(storms: list[Storm]) -> dict[str, Any]:
    """All storms in one: medians of times, sums of answers and of what must not be."""
    statuses, looks = Counter[int](), Counter[int]()
    for storm in storms:
        statuses.update(storm.statuses)
        looks.update(storm.looks)
    return {
        "storms": len(storms),
        "sold_out_after": median(storm.sold_out_after for storm in storms),
        "p50": median(storm.p50 for storm in storms),
        "p99": median(storm.p99 for storm in storms),
        "statuses": dict(sorted(statuses.items())),
        "looks": dict(sorted(looks.items())),
        "sold_twice": sum(storm.sold_twice for storm in storms),
        "unsold": sum(storm.unsold for storm in storms),
        "lies": sum(len(storm.lies) for storm in storms),
    }
