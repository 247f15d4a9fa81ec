"""What a hundred times the data costs: the same questions to houses of three sizes, by turns.

One client asks one question at a time, so a wait is what the answer costs and nothing
else. Each house has a server of its own; those that are not asked stand still.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.load.crowd import ask_in_turn
from benchmarks.load.http import request
from benchmarks.load.processes import Helpers, helpers
from benchmarks.load.wishes import Wish, wishes
from benchmarks.plan import Plan
from benchmarks.results import Results, compared
from benchmarks.stage.databases import NewDatabase
from benchmarks.stage.house import House, house
from benchmarks.stage.questions import fetch
from benchmarks.stage.turns import Side, by_turns

SUITE = "growth"
CUSTOMERS, QUESTIONS_PER_TURN = 200, 20
BOOKING, FREE_SEATS, UNCHANGED = "booking two seats", "free seats of a show", "free seats, 304"
AT_MOST = {BOOKING: 1.2, FREE_SEATS: 1.2, UNCHANGED: 1.2}
STATUS = {BOOKING: 201, UNCHANGED: 304}
SHOWS_ON_SALE = 90


@dataclass
class Place:
    """A house of some size, open for questions."""

    port: int
    customers: list[dict[str, Any]]
    shows: list[int]
    wanted: Iterator[Wish]
    cookie: dict[str, str]
    code: str

    def __post_init__(self) -> None:
        self._unasked = itertools.cycle(self.shows)

    def books(self) -> list[bytes]:
        return [wish.request() for wish in itertools.islice(self.wanted, QUESTIONS_PER_TURN)]

    def own_reservations(self) -> list[bytes]:
        some = self.customers[:QUESTIONS_PER_TURN]
        return [request("GET", "/api/reservation/", token=who["token"]) for who in some]

    def free_seats(self) -> list[bytes]:
        """Each of another show, so that no answer is kept already."""
        some = itertools.islice(self._unasked, QUESTIONS_PER_TURN)
        return [request("GET", FREE_SEATS_OF.format(show)) for show in some]

    def unchanged(self) -> list[bytes]:
        path = FREE_SEATS_OF.format(self.shows[0])
        etag = fetch(self.port, request("GET", path)).header("ETag")
        return [request("GET", path, headers={"If-None-Match": etag})] * QUESTIONS_PER_TURN

    def gets(self, path: str) -> list[bytes]:
        asked = request("GET", path.format(code=self.code), headers=self.cookie)
        return [asked] * QUESTIONS_PER_TURN


Questions = Callable[[Place], list[bytes]]
FREE_SEATS_OF = "/api/available-seats/?showtime={}"
PATHS = {
    "list of shows": "/api/show_times/",
    "list of a film's shows": "/api/showtime/1/",
    "list of films": "/api/movies/",
    "desk: reservations": "/admin/reservation/reservation/",
    "desk: a code": "/admin/reservation/reservation/?q={code}",
    "desk: shows": "/admin/reservation/showtime/",
    "desk: payments": "/admin/payments/payment/",
    "desk: refunds": "/admin/payments/refund/",
    "desk: accounts": "/admin/users/user/",
}
QUESTIONS: dict[str, Questions] = {
    BOOKING: Place.books,
    FREE_SEATS: Place.free_seats,
    UNCHANGED: Place.unchanged,
    "own reservations": Place.own_reservations,
    **{name: partial(Place.gets, path=path) for name, path in PATHS.items()},
}


def measure(new: NewDatabase, kind: str, plan: Plan, results: Results) -> None:
    """Adds a figure for each question, the largest house against the smallest, and the curves."""
    smallest, largest = min(plan.growth), max(plan.growth)
    curves: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        ready = stack.enter_context(helpers(1))
        places = {n: stack.enter_context(_place(new, n)) for n in plan.growth}
        for name, questions in QUESTIONS.items():
            sides: dict[str, Side] = {
                str(scale): partial(_turn, ready, plan, name, questions, place)
                for scale, place in places.items()
            }
            measured = by_turns(sides, rounds=plan.rounds)
            curves[name] = {scale: result.median for scale, result in measured.items()}
            both = (measured[str(largest)], measured[str(smallest)])
            against, at_most = f"{largest}× : {smallest}×", AT_MOST.get(name)
            results.add(compared(SUITE, kind, name, against, both, unit="ms", at_most=at_most))
    results.tell(SUITE, kind, curves)


@contextmanager
def _place(new: NewDatabase, scale: int) -> Iterator[Place]:
    with house(new(f"times_{scale}")) as here:
        here.do("house.fill", scale=scale)
        people, cookie = here.do("house.customers", count=CUSTOMERS), _cookie(here)
        on_sale = here.do("house.shows_on_sale", count=SHOWS_ON_SALE)
        code, arena = here.do("house.a_code"), here.do("house.new_shows", count=20)
        wanted = wishes(people, arena["shows"], arena["seats"])
        with here.serving() as port:
            yield Place(port, people, on_sale, wanted, cookie, code)


def _cookie(here: House) -> dict[str, str]:
    return {"Cookie": f"sessionid={here.do('house.staff_session')}"}


def _turn(ready: Helpers, plan: Plan, name: str, questions: Questions, place: Place) -> float:
    """Milliseconds that half of the answers kept within."""
    asked = questions(place)
    tally = ready.do(ask_in_turn, place.port, asked, seconds=plan.short_seconds)
    if not tally.answers:
        # It took longer than anybody waits; the plot shows at least that.
        return tally.seconds * 1000
    return tally.expect(STATUS.get(name, 200)).wait(50) * 1000
