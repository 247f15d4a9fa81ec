"""One round of the worker over a hundred thousand reservations, against one over a thousand.

What is settled should cost a round nothing: a round over a hundred times as many takes as
long, with nothing to do and with the same number of reservations to settle.
"""

from functools import partial

from benchmarks.plan import Plan
from benchmarks.results import Results, compared
from benchmarks.stage.databases import NewDatabase
from benchmarks.stage.house import House, house
from benchmarks.stage.turns import Side, by_turns

SUITE = "rounds"
# A show of a house brings about fifty reservations.
SHOWS_FOR_A_THOUSAND, SCALE_FOR_A_HUNDRED_THOUSAND = 20, 10
AT_MOST = 1.2


def measure(new: NewDatabase, kind: str, plan: Plan, results: Results) -> None:
    """Adds two figures: a round with nothing to do, and one with some to settle."""
    with house(new("thousand")) as small, house(new("hundred_thousand")) as large:
        small.do("house.fill", scale=1, holds=False, sold_shows=SHOWS_FOR_A_THOUSAND)
        large.do("house.fill", scale=SCALE_FOR_A_HUNDRED_THOUSAND, holds=False)
        sides: dict[str, Side] = {}
        for due in (0, plan.unsettled):
            sides[f"large {due}"] = partial(_round, large, plan, due)
            sides[f"small {due}"] = partial(_round, small, plan, due)
        measured = by_turns(sides, rounds=plan.rounds)
    for due in (0, plan.unsettled):
        both = (measured[f"large {due}"], measured[f"small {due}"])
        name = f"100,000 settled, {due} due"
        figure = compared(SUITE, kind, name, "1,000 settled", both, at_most=AT_MOST, unit="ms")
        results.add(figure)


def _round(here: House, plan: Plan, due: int) -> float:
    """Milliseconds."""
    seconds = here.do("money.one_round", times=plan.rounds_of_the_worker, unsettled=due)
    return float(seconds) * 1000
