"""Booking two seats over HTTP, against the same statements asked of the database directly.

Twice: spread over many shows, and everybody on one show.
"""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks.load import raw
from benchmarks.load.crowd import Tally, ask
from benchmarks.load.processes import Helpers, helpers
from benchmarks.load.wishes import Wish, wishes
from benchmarks.plan import Plan
from benchmarks.results import Results, compared
from benchmarks.stage.databases import SQLITE
from benchmarks.stage.house import House
from benchmarks.stage.turns import by_turns

SUITE = "booking"
SHOWS_PER_TURN = 60
SEATS_IN_STADIUM = 20_000
AT_LEAST = {"SQLite": 0.60, "PostgreSQL": 0.25}
# What gets most out of each database here: processes, and connections in each.
RAW_CONNECTIONS = {"SQLite": (2, 1), "PostgreSQL": (4, 2)}
# More than any side can use up in a turn; rendering them costs time.
HTTP_PER_SECOND, RAW_PER_SECOND = 1500, 5000


def measure(house: House, kind: str, plan: Plan, results: Results) -> None:
    """Adds the two figures of that database, and what the clients cost."""
    turns = plan.rounds + 1
    people = house.do("house.customers", count=plan.customers)
    arena = house.do("house.new_shows", count=2 * turns * SHOWS_PER_TURN)
    stadium = house.do("house.new_stadium", seats=SEATS_IN_STADIUM, shows=2 * turns)
    steps = house.do(
        "statements.record", bookings=_unlike(people, house.do("house.new_shows", count=4))
    )
    spread = _many_shows(people, arena)
    one = (wishes(people, [show], stadium["seats"]) for show in stadium["shows"])
    tallies: dict[str, list[Tally]] = {"spread": [], "one": []}
    with house.serving() as port, helpers(RAW_CONNECTIONS[kind][0]) as ready:
        over_http = partial(_over_http, ready, port, plan)
        by_hand = partial(_by_hand, ready, house, kind, steps, plan)
        measured = by_turns(
            {
                "http spread": lambda: over_http(next(spread), tallies["spread"]),
                "raw spread": lambda: by_hand(next(spread)),
                "http one": lambda: over_http(next(one), tallies["one"]),
                "raw one": lambda: by_hand(next(one)),
            },
            rounds=plan.rounds,
        )
    for name, key in (("spread over many shows", "spread"), ("all on one show", "one")):
        sides = (measured[f"http {key}"], measured[f"raw {key}"])
        at_least = AT_LEAST[kind] if key == "spread" else None
        results.add(compared(SUITE, kind, name, "bare script", sides, at_least=at_least))
    sides = (measured["http one"], measured["http spread"])
    results.add(compared(SUITE, kind, "all on one show", "spread over many", sides, at_least=0.8))
    results.tell(SUITE, kind, _facts(steps, tallies))


def _unlike(people: list[Any], arena: dict[str, list[int]]) -> list[dict[str, Any]]:
    """Bookings that have nothing in common: customer, show and seats differ."""
    seats = arena["seats"]
    return [
        Wish(people[n], show, (seats[2 * n], seats[2 * n + 1])).recorded()
        for n, show in enumerate(arena["shows"])
    ]


def _many_shows(people: list[Any], arena: dict[str, list[int]]) -> Iterator[Iterator[Wish]]:
    """For every turn shows of its own."""
    for first in range(0, len(arena["shows"]), SHOWS_PER_TURN):
        yield wishes(people, arena["shows"][first : first + SHOWS_PER_TURN], arena["seats"])


def _over_http(
    ready: Helpers, port: int, plan: Plan, wanted: Iterator[Wish], tallies: list[Tally]
) -> float:
    some = itertools.islice(wanted, int(HTTP_PER_SECOND * plan.seconds))
    asked = [wish.request() for wish in some]
    tally = ready.do(
        ask, port, asked, connections=plan.connections, seconds=plan.seconds, repeat=False
    )
    tallies.append(tally.expect(201))
    return tally.rate


def _by_hand(
    ready: Helpers,
    house: House,
    kind: str,
    steps: list[dict[str, Any]],
    plan: Plan,
    wanted: Iterator[Wish],
) -> float:
    processes, threads = RAW_CONNECTIONS[kind]
    some = itertools.islice(wanted, int(RAW_PER_SECOND * plan.seconds))
    about = [wish.about(hex_logins=kind == SQLITE) for wish in some]
    scripts = [
        raw.Script(house.database_url, steps, about[n::processes], plan.seconds, threads)
        for n in range(processes)
    ]
    return sum(made / seconds for made, seconds in ready.do_all(raw.book, scripts))


def _facts(steps: list[dict[str, Any]], tallies: dict[str, list[Tally]]) -> dict[str, Any]:
    felt = {
        key: {f"p{percent}": _middle([t.wait(percent) for t in some]) for percent in (50, 99)}
        for key, some in tallies.items()
    }
    return {
        "statements": [step["sql"] for step in steps],
        "waits": felt,
        "busy_cores": {k: _middle([t.busy_cores for t in some]) for k, some in tallies.items()},
        "client_microseconds": _middle([1e6 * t.cpu / t.answers for t in tallies["spread"]]),
    }


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
