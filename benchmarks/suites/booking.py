"""Booking two seats over HTTP, against the same statements asked of the database directly.

Twice: spread over many shows, and everybody on one show.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.load import raw
from benchmarks.load.crowd import Tally, ask
from benchmarks.load.processes import Helpers, helpers
from benchmarks.load.wishes import Wish, wishes
from benchmarks.plan import Plan
from benchmarks.results import Results, compared
from benchmarks.stage.databases import SQLITE
from benchmarks.stage.house import House
from benchmarks.stage.turns import Side, by_turns

SUITE = "booking"
SHOWS_PER_TURN = 60
# As large as cinemas get; and a hall in which a bare script finds seats for a whole turn.
SEATS_OF_LARGEST, SEATS_FOR_RAW = 2_800, 20_000
AT_LEAST = {"SQLite": 0.60, "PostgreSQL": 0.25}
# What gets most out of each database here: processes, and connections in each.
RAW_CONNECTIONS = {"SQLite": (2, 1), "PostgreSQL": (4, 2)}
# More than any side can use up in a turn; rendering them costs time.
HTTP_PER_SECOND, RAW_PER_SECOND = 1500, 5000


def measure(house: House, kind: str, plan: Plan, results: Results) -> None:
    """Adds the three figures of that database, and what the clients felt and cost."""
    people = house.do("house.customers", count=plan.customers)
    turns = plan.rounds + 1
    spread = _of_many_shows(house, people, turns=2 * turns)
    one = _of_one_show(house, people, seats=SEATS_OF_LARGEST, turns=turns)
    raw_one = _of_one_show(house, people, seats=SEATS_FOR_RAW, turns=turns)
    steps = _statements(house, people)
    with house.serving() as port, helpers(RAW_CONNECTIONS[kind][0]) as ready:
        scene = Scene(house, kind, plan, steps, ready, port)
        sides: dict[str, Side] = {
            "http spread": lambda: scene.over_http("spread", next(spread)),
            "raw spread": lambda: scene.by_hand(next(spread)),
            "http one": lambda: scene.over_http("one", next(one)),
            "raw one": lambda: scene.by_hand(next(raw_one)),
        }
        measured = by_turns(sides, rounds=plan.rounds)
    for against, name, mine, others, at_least in (
        ("bare script", "spread over many shows", "http spread", "raw spread", AT_LEAST[kind]),
        ("bare script", "all on one show", "http one", "raw one", None),
        ("spread over many shows", "all on one show", "http one", "http spread", 0.8),
    ):
        both = (measured[mine], measured[others])
        results.add(compared(SUITE, kind, name, against, both, at_least=at_least))
    results.tell(SUITE, kind, scene.facts())


def _of_many_shows(house: House, people: list[Any], *, turns: int) -> Iterator[Iterator[Wish]]:
    """For every turn shows of its own, in a hall of 300."""
    arena = house.do("house.new_shows", count=turns * SHOWS_PER_TURN)
    shows = [arena["shows"][n * SHOWS_PER_TURN :][:SHOWS_PER_TURN] for n in range(turns)]
    return (wishes(people, some, arena["seats"]) for some in shows)


def _of_one_show(
    house: House, people: list[Any], *, seats: int, turns: int
) -> Iterator[Iterator[Wish]]:
    """For every turn a show of its own, in a hall of so many seats."""
    stadium = house.do("house.new_stadium", seats=seats, shows=turns)
    return (wishes(people, [show], stadium["seats"]) for show in stadium["shows"])


def _statements(house: House, people: list[Any]) -> list[dict[str, Any]]:
    """Recorded from two bookings that have nothing in common: customer, show and seats differ.

    Both have booked other seats of the same show before: whatever the server keeps of customers
    and shows, it has.
    """
    arena = house.do("house.new_shows", count=2)
    pairs = [tuple(arena["seats"][n : n + 2]) for n in range(0, 8, 2)]
    unlike = [
        Wish(*about) for about in zip(people[:2] * 2, arena["shows"] * 2, pairs, strict=True)
    ]
    steps: list[dict[str, Any]] = house.do(
        "statements.record", bookings=[wish.recorded() for wish in unlike]
    )
    return steps


@dataclass
class Scene:
    """A server to ask, a database to ask by hand, and what was heard."""

    house: House
    kind: str
    plan: Plan
    steps: list[dict[str, Any]]
    ready: Helpers
    port: int
    heard: dict[str, list[Tally]] = field(default_factory=lambda: defaultdict(list))

    def over_http(self, where: str, wanted: Iterator[Wish]) -> float:
        """Bookings per second that the API made."""
        some = itertools.islice(wanted, int(HTTP_PER_SECOND * self.plan.seconds))
        asked, plan = [wish.request() for wish in some], self.plan
        tally = self.ready.do(
            ask, self.port, asked, connections=plan.connections, seconds=plan.seconds, repeat=False
        )
        self.heard[where].append(tally.expect(201))
        return tally.rate

    def by_hand(self, wanted: Iterator[Wish]) -> float:
        """Bookings per second that bare scripts made."""
        processes, threads = RAW_CONNECTIONS[self.kind]
        some = itertools.islice(wanted, int(RAW_PER_SECOND * self.plan.seconds))
        about = [wish.about(hex_logins=self.kind == SQLITE) for wish in some]
        url, seconds = self.house.database_url, self.plan.seconds
        scripts = [
            raw.Script(url, self.steps, about[n::processes], seconds, threads)
            for n in range(processes)
        ]
        return sum(made / took for made, took in self.ready.do_all(raw.book, scripts))

    def facts(self) -> dict[str, Any]:
        """The statements, how long clients waited, and what that kept busy."""
        spread = self.heard["spread"]
        return {
            "statements": [step["sql"] for step in self.steps],
            "waits": {where: _waits(tallies) for where, tallies in self.heard.items()},
            "busy_cores": {
                where: median(tally.busy_cores for tally in tallies)
                for where, tallies in self.heard.items()
            },
            "client_microseconds": median(1e6 * tally.cpu / tally.answers for tally in spread),
        }


def _waits(tallies: list[Tally]) -> dict[str, float]:
    return {f"p{n}": median(tally.wait(n) for tally in tallies) for n in (50, 99)}
