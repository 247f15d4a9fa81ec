"""A hall's plan as staff type it, in letters of one width; the screen is above.

    V = VIP
    L = VIP, wheelchair
    numbers = right to left

    A     SSSS SSSS
    B    SSSSS SSSSS
    C   WCSSSS SSSSCW

    D   SSSSSS SSSSSS
    E     VVVL VVVV      : 8-1
    &F               VV  : 101-102

- A row is its label, a space, and a character for each seat. What stands beneath each
  other in the text stands beneath each other in the hall.
- A space, `_` or `.` is a gap, an aisle for instance. Gaps at a row's beginning count
  from where the leftmost row begins, be it with a seat, `_` or `.`.
- An empty line between rows is a gap between rows; before the first and after the last it
  is nothing. A line with only `_` and `.` is a gap wherever it stands.
- `S` is a seat of category Standard, `W` a wheelchair place and `C` a companion's place of
  it; `V`, `L` and `K` are the same of category VIP. Lines such as `P = Premium`,
  `X = wheelchair` or `X = Premium, companion` add characters or give them another meaning,
  and may stand anywhere. They are not rows, nor gaps.
- Seats are numbered from 1, from left to right, over gaps; from right to left where a line
  says `numbers = right to left`. A row's own numbers follow a colon, always from left to
  right: `1-8`, or `5-` for 5 and up, or `12-9, 4-1`, or `7 5 3 1`.
- `&` before the label puts a row on the line of the row above, as a box beside the stalls.
- Spaces at the ends of lines are nothing. Tabs are refused: nobody sees how wide they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from reservation.rules.plan.legend import (
    GAPS,
    STANDARD_LEGEND,
    Legend,
    is_symbol,
    read_meaning,
)
from reservation.rules.plan.numbering import read_numbers
from reservation.rules.plan.planned import (
    MOST_SEATS,
    Placed,
    Plan,
    PlanError,
    PlannedSeat,
    Problem,
    faults,
    row_fault,
)

ROW = re.compile(
    r" *(?P<beside>& *)?(?P<label>[^\W\d_]+)(?: +(?P<marks>[^:]*))?(?P<colon>:(?P<numbers>.*))?"
)
DIRECTIONS = {"left to right": False, "right to left": True}


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    label: str
    y: int
    # Where in its line the first mark stands, from 0.
    start: int
    marks: str
    numbers: str | None
    numbers_start: int


@dataclass(slots=True)
class _Reading:
    """What is known of a text so far."""

    legend: Legend = field(default_factory=dict)
    from_right: bool | None = None
    rows: list[_Row] = field(default_factory=list)
    # The y of the last row or gap; -1 above all.
    y: int = -1
    blank_lines: int = 0
    problems: list[Problem] = field(default_factory=list)

    def complain(self, line: int, column: int, sentence: str) -> None:
        self.problems.append(Problem(line, column, sentence))


def parse(text: str) -> Plan:
    """The plan that a text stands for. Raises `PlanError` with all that is wrong with it."""
    reading = _Reading()
    for line, content in enumerate(_lines(text), start=1):
        _read_line(reading, line, content)
    # One seat more than a plan may have is enough to know.
    placed = list(islice(_all_seats(reading), MOST_SEATS + 1))
    if placed or not reading.problems:
        reading.problems += faults(placed)
    if reading.problems:
        raise PlanError(reading.problems)
    return Plan(tuple(seat for _, _, seat in placed))


def place_of_category(text: str, category: str) -> tuple[int, int]:
    """Where a text first gives a character that category: line and column, or 0 and 0."""
    for line, content in enumerate(_lines(text), start=1):
        _, is_setting, value = content.partition("=")
        meaning = read_meaning(value.strip()) if is_setting else ""
        if not isinstance(meaning, str) and meaning.category == category:
            return line, content.index("=") + 2
    return 0, 0


def _lines(text: str) -> list[str]:
    # Not `splitlines`, which also cuts where no editor begins a new line.
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\N{NO-BREAK SPACE}", " ")
    return [line.rstrip(" ") for line in plain.split("\n")]


def _read_line(reading: _Reading, line: int, content: str) -> None:
    if "\t" in content:
        column = content.index("\t") + 1
        reading.complain(line, column, "This is a tab. Put spaces instead: each is one seat wide.")
    elif "=" in content:
        _read_setting(reading, line, content)
    elif not content:
        reading.blank_lines += reading.y >= 0
    elif not content.strip(f"{GAPS} "):
        reading.y += 1 + reading.blank_lines
        reading.blank_lines = 0
    else:
        _read_row(reading, line, content)


def _read_setting(reading: _Reading, line: int, content: str) -> None:
    name, _, value = (part.strip() for part in content.partition("="))
    if name.lower() == "numbers":
        _read_direction(reading, line, value)
    elif not is_symbol(name):
        sentence = "Explain one character, such as V = VIP, or write numbers = right to left."
        reading.complain(line, 1, sentence)
    elif name in reading.legend:
        reading.complain(line, 1, f'"{name}" is explained twice.')
    else:
        meaning = read_meaning(value)
        if isinstance(meaning, str):
            reading.complain(line, content.index("=") + 2, meaning)
            meaning = STANDARD_LEGEND["S"]
        reading.legend[name] = meaning


def _read_direction(reading: _Reading, line: int, value: str) -> None:
    from_right = DIRECTIONS.get(" ".join(value.lower().split()))
    if from_right is None:
        reading.complain(line, 1, f"Write numbers = {' or numbers = '.join(DIRECTIONS)}.")
    elif reading.from_right not in (None, from_right):
        reading.complain(line, 1, "A plan has one direction; number single rows after a colon.")
    else:
        reading.from_right = from_right


def _read_row(reading: _Reading, line: int, content: str) -> None:
    match = ROW.fullmatch(content)
    if match is None:
        sentence = "Begin a row with its label, letters such as A, then a space and its seats."
        reading.complain(line, 1, sentence)
        return
    if not match["beside"]:
        reading.y += 1 + reading.blank_lines
    elif reading.y < 0:
        reading.complain(line, 1, "With & a row stands beside the row above, but there is none.")
        return
    reading.blank_lines = 0
    row = _Row(
        line=line,
        label=match["label"],
        y=reading.y,
        start=match.start("marks"),
        marks=(match["marks"] or "").rstrip(" "),
        numbers=match["numbers"],
        numbers_start=match.start("numbers"),
    )
    if fault := row_fault(row.label):
        reading.complain(line, match.start("label") + 1, fault)
    elif not row.marks.strip(f"{GAPS} "):
        reading.complain(line, 1, f"After row {row.label}'s label come a space and its seats.")
    else:
        reading.rows.append(row)


def _all_seats(reading: _Reading) -> Iterator[Placed]:
    # The column at which the hall begins: no row has a mark left of it.
    margin = min((row.start for row in reading.rows), default=0)
    legend = STANDARD_LEGEND | reading.legend
    for row in reading.rows:
        yield from _seats(reading, row, legend, margin)


def _seats(reading: _Reading, row: _Row, legend: Legend, margin: int) -> Iterator[Placed]:
    nothing = f"{GAPS} "
    marks = [(x, mark) for x, mark in enumerate(row.marks, row.start) if mark not in nothing]
    for mark in sorted({mark for _, mark in marks} - set(legend)):
        column = row.start + row.marks.index(mark) + 1
        reading.complain(row.line, column, _unknown(mark))
    numbers = _numbers(reading, row, len(marks))
    for (column, mark), number in zip(marks, numbers, strict=False):
        if mark in legend:
            x, meaning = column - margin, legend[mark]
            yield row.line, column + 1, PlannedSeat(row.label, number, x, row.y, *meaning)


def _unknown(mark: str) -> str:
    shown = mark if mark.isprintable() else f"U+{ord(mark):04X}"
    if not is_symbol(mark):
        return f'"{shown}" can\'t stand for a seat.'
    return f'"{shown}" stands for nothing yet. Explain it with a line such as {shown} = VIP.'


def _numbers(reading: _Reading, row: _Row, seats: int) -> list[int]:
    """The row's numbers from left to right; none if they can't be told."""
    if row.numbers is None:
        in_order = range(1, seats + 1)
        return list(reversed(in_order) if reading.from_right else in_order)
    numbers = read_numbers(row.numbers, seats)
    if isinstance(numbers, str):
        reading.complain(row.line, row.numbers_start + 1, numbers)
        return []
    return numbers
