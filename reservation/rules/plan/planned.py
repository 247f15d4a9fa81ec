"""What a plan is, and what no plan may be."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reservation.rules.accessibility import KINDS, STANDARD

MOST_SEATS = 5000
HIGHEST_NUMBER = 999
FARTHEST = 999
LONGEST_ROW_LABEL = 4
LONGEST_CATEGORY = 40
MOST_PROBLEMS = 100
ROW_LABEL = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class PlannedSeat:
    """One seat of a plan: x and y in seat widths from the top left, the screen at the top."""

    row: str
    number: int
    x: int
    y: int
    category: str
    kind: str = STANDARD

    @property
    def label(self) -> str:
        return f"{self.row}{self.number}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The seats of a hall, kept row by row from the screen and from left to right."""

    seats: tuple[PlannedSeat, ...]

    def __post_init__(self) -> None:
        in_order = sorted(self.seats, key=lambda seat: (seat.y, seat.x, seat.row, seat.number))
        object.__setattr__(self, "seats", tuple(in_order))


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong, in words for staff, and where: line and column, counted from 1.

    In JSON, `line` is the seat's place in the list. Either is 0 where it has no place.
    """

    line: int
    column: int
    sentence: str


class PlanError(ValueError):
    """No plan, and everything that is wrong with it, in order (the first 100 things)."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        every = sorted(set(problems))
        self.problems = tuple(every[:MOST_PROBLEMS])
        self.left_out = len(every) - len(self.problems)
        super().__init__(" ".join(problem.sentence for problem in self.problems))


# A seat with its line and column.
Placed = tuple[int, int, PlannedSeat]


def row_fault(row: str) -> str | None:
    if ROW_LABEL.fullmatch(row) and len(row) <= LONGEST_ROW_LABEL:
        return None
    return f"A row's label is one to {LONGEST_ROW_LABEL} letters, such as C or AA."


def category_fault(category: str) -> str | None:
    if category.isprintable() and category == category.strip() != "":
        if len(category) <= LONGEST_CATEGORY:
            return None
        return f"A category's name has at most {LONGEST_CATEGORY} characters."
    return "Name a category, such as VIP."


def seat_faults(seat: PlannedSeat) -> Iterator[str]:
    """What is wrong with one seat, whatever stands beside it."""
    if not 1 <= seat.number <= HIGHEST_NUMBER:
        yield f"Seats are numbered from 1 to {HIGHEST_NUMBER}."
    if not 0 <= seat.x <= FARTHEST or not 0 <= seat.y <= FARTHEST:
        yield f"A hall is at most {FARTHEST + 1} seats wide and {FARTHEST + 1} rows deep."
    if seat.kind not in KINDS:
        yield f"A seat's kind is one of {', '.join(KINDS)}."
    yield from filter(None, [row_fault(seat.row), category_fault(seat.category)])


def faults(placed: Iterable[Placed]) -> Iterator[Problem]:
    """What is wrong with the seats of a plan, each given with its line and column."""
    labels: set[str] = set()
    places: dict[tuple[int, int], str] = {}
    count = 0
    for line, column, seat in placed:
        count += 1
        for sentence in seat_faults(seat):
            yield Problem(line, column, sentence)
        if seat.label in labels:
            yield Problem(line, column, f"There are two seats {seat.label}.")
        labels.add(seat.label)
        first = places.setdefault((seat.x, seat.y), seat.label)
        if first != seat.label:
            yield Problem(line, column, f"{seat.label} stands where {first} stands.")
    yield from _size_faults(count)


def _size_faults(count: int) -> Iterator[Problem]:
    if count == 0:
        yield Problem(0, 0, "A plan has at least one seat.")
    if count > MOST_SEATS:
        yield Problem(0, 0, f"A plan has at most {MOST_SEATS} seats.")
