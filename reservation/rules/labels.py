"""Seats by their labels, as staff type them: `A1-A10, C7`."""

import re
from collections.abc import Iterable

LIKE_THIS = "such as A1-A10, C7"
# More than any hall has rows; what is longer was not typed.
MOST_PARTS = 200
PART = re.compile(r"([^\W\d_]{1,4})([0-9]{1,3})(?:\s*[-–]\s*([^\W\d_]{1,4})?([0-9]{1,3}))?")


class NotSeats(ValueError):
    """What was typed names no seats, or some that are not there; says which."""


def find_seats(text: str, seats: Iterable[tuple[int, str, int]]) -> list[int]:
    """The ids of the seats that a text names, among these: id, row and number.

    A range is of one row, from one seat that is there to another; of the numbers between
    them those count that are there. Raises `NotSeats`, with a sentence.
    """
    seats = list(seats)
    # Of rows a and A each is meant by its own letter; else it does not matter how it is typed.
    by_label = {(row.upper(), number): pk for pk, row, number in seats}
    by_label |= {(row, number): pk for pk, row, number in seats}
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    if not parts:
        raise NotSeats(f"Name the seats, {LIKE_THIS}.")
    if len(parts) > MOST_PARTS:
        raise NotSeats("Name fewer seats at a time.")
    found = [pk for part in parts for pk in _find(part, by_label)]
    return list(dict.fromkeys(found))


def _find(part: str, by_label: dict[tuple[str, int], int]) -> list[int]:
    row, first, last = _read(part)
    if (row, first) not in by_label:
        row = row.upper()
    for number in (first, last):
        if (row, number) not in by_label:
            raise NotSeats(f"There is no seat {row}{number} in this hall.")
    step = 1 if last >= first else -1
    labels = ((row, number) for number in range(first, last + step, step))
    return [by_label[label] for label in labels if label in by_label]


def _read(part: str) -> tuple[str, int, int]:
    match = PART.fullmatch(part)
    if match is None:
        raise NotSeats(f"{part[:20]} names no seat. Write them {LIKE_THIS}.")
    row, first, last_row, last = match.groups()
    if last_row and last_row.upper() != row.upper():
        raise NotSeats(f"{part} is in two rows. Write a range for each row.")
    return row, int(first), int(last or first)
