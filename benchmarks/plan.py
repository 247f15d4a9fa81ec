"""How long and how large a run is."""

from dataclasses import dataclass

from benchmarks.stage.databases import KINDS


@dataclass(frozen=True)
class Plan:
    """A full run takes about a quarter of an hour, a quick one some minutes."""

    kinds: tuple[str, ...] = KINDS
    # What is measured where nobody names anything.
    suites: tuple[str, ...] = ("booking", "anatomy", "reads", "webhooks", "storm") + (
        "rounds",
        "growth",
    )
    # How often each side has its turn, and for how long.
    rounds: int = 3
    seconds: float = 2.0
    short_seconds: float = 1.0
    # The size of the house that booking and reading are measured in.
    scale: int = 10
    growth: tuple[int, ...] = (1, 10, 100)
    storms: int = 3
    customers: int = 2_000
    # Twice as many as the server answers at once.
    connections: int = 16
    payments_per_turn: int = 100
    bookings_to_dissect: int = 1000
    rounds_of_the_worker: int = 8
    unsettled: int = 50


FULL = Plan()
# Houses of a hundred thousand reservations take their time: these suites are left out.
QUICK = Plan(
    suites=("booking", "reads", "webhooks", "storm"),
    rounds=1,
    seconds=0.7,
    short_seconds=0.4,
    scale=1,
    growth=(1, 2),
    storms=1,
    payments_per_turn=30,
    bookings_to_dissect=200,
    rounds_of_the_worker=3,
)
