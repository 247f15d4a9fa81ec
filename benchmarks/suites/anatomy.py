"""Where the time of one booking goes, in one process with nobody else asking."""

from itertools import islice

from benchmarks.load.wishes import wishes
from benchmarks.plan import Plan
from benchmarks.results import Results
from benchmarks.stage.house import House

SUITE = "anatomy"


def measure(house: House, kind: str, plan: Plan, results: Results) -> None:
    """Tells the share of every layer."""
    people = house.do("house.customers", count=plan.customers // 4)
    arena = house.do("house.new_shows", count=10)
    wanted = wishes(people, arena["shows"], arena["seats"])
    bookings = [wish.recorded() for wish in islice(wanted, plan.bookings_to_dissect)]
    results.tell(SUITE, kind, house.do("anatomy.of_one_booking", bookings=bookings))
