"""A plan as the text that staff would have typed: what `parse` makes the same plan of."""

from collections.abc import Iterator
from itertools import groupby

from reservation.rules.plan.legend import (
    STANDARD_LEGEND,
    Meaning,
    legend_for,
    write_meaning,
)
from reservation.rules.plan.numbering import write_numbers
from reservation.rules.plan.planned import Plan, PlannedSeat

GAP = "_"
FROM_RIGHT = "numbers = right to left"

# The seats of one row label on one line, from left to right.
Row = list[PlannedSeat]


def written(plan: Plan) -> str:
    """The plan as text: `parse(written(plan)) == plan`, whatever a valid plan looks like."""
    rows = _rows(plan)
    meanings = legend_for(_meaning(seat) for seat in plan.seats)
    symbols = {meaning: symbol for symbol, meaning in meanings.items()}
    from_right = _mostly_from_right(rows)
    head = [
        f"{symbol} = {write_meaning(meaning)}"
        for symbol, meaning in meanings.items()
        if symbol not in STANDARD_LEGEND
    ]
    if from_right:
        head.append(FROM_RIGHT)
    body = list(_lines(rows, symbols, from_right=from_right))
    return "\n".join([*head, *([""] if head else []), *body, ""])


def _rows(plan: Plan) -> list[Row]:
    in_order = sorted(plan.seats, key=lambda seat: (seat.y, seat.row, seat.x))
    rows = [list(seats) for _, seats in groupby(in_order, key=lambda seat: (seat.y, seat.row))]
    return sorted(rows, key=lambda row: (row[0].y, row[0].x))


def _meaning(seat: PlannedSeat) -> Meaning:
    return Meaning(seat.category, seat.kind)


def _numbers(row: Row) -> list[int]:
    return [seat.number for seat in row]


def _mostly_from_right(rows: list[Row]) -> bool:
    votes = [(_is_usual(row, from_right=True), _is_usual(row, from_right=False)) for row in rows]
    return sum(right for right, _ in votes) > sum(left for _, left in votes)


def _is_usual(row: Row, *, from_right: bool) -> bool:
    numbers = _numbers(row)
    if from_right:
        numbers.reverse()
    return numbers == list(range(1, len(row) + 1))


def _lines(rows: list[Row], symbols: dict[Meaning, str], *, from_right: bool) -> Iterator[str]:
    width = max((len(row[0].row) for row in rows), default=0) + 2
    y = -1
    for row in rows:
        beside = "&" if row[0].y == y else ""
        # Above the first row only a gap's own mark counts.
        yield from ["" if y >= 0 else GAP] * (row[0].y - y - 1)
        y = row[0].y
        label = f"{beside}{row[0].row}".ljust(width)
        numbers = (
            "" if _is_usual(row, from_right=from_right) else f" : {write_numbers(_numbers(row))}"
        )
        yield f"{label}{_marks(row, symbols)}{numbers}"


def _marks(row: Row, symbols: dict[Meaning, str]) -> str:
    marks = [GAP] * (row[-1].x + 1)
    for seat in row:
        marks[seat.x] = symbols[_meaning(seat)]
    return "".join(marks)
