"""The numbers of a row's seats, from left to right: `1-8`, `12-9, 4-1`, `13 11 9` or `5-`."""

from collections.abc import Sequence
from itertools import pairwise

from reservation.rules.plan.planned import HIGHEST_NUMBER

LIKE_THIS = "such as 1-8, or 5- for 5 and up, or 12-9, 4-1, or 7 5 3 1"


def read_numbers(text: str, seats: int) -> list[int] | str:
    """The numbers of that many seats; or a sentence that says what is wrong."""
    words = text.replace("-", " - ").replace(",", " ").split()
    if not words or not all(_is_word(word) for word in words):
        return f"Number the seats from left to right, {LIKE_THIS}."
    numbers: list[int] = []
    while words and len(numbers) <= seats:
        part = _take_part(words, seats - len(numbers))
        if part is None:
            return f"Number the seats from left to right, {LIKE_THIS}."
        numbers += part
    if len(numbers) != seats:
        return f"This row has another number of seats than it has numbers: {seats} seats."
    return numbers


def _is_word(word: str) -> bool:
    if word == "-":
        return True
    return len(word) <= len(str(HIGHEST_NUMBER)) and word.isascii() and word.isdigit()


def _take_part(words: list[str], left: int) -> Sequence[int] | None:
    """Take one number or range off the words. `left` is how many an open range has."""
    first = words.pop(0)
    if first == "-":
        return None
    if words[:1] != ["-"]:
        return [int(first)]
    words.pop(0)
    if not words:
        return range(int(first), int(first) + left)
    last = words.pop(0)
    return None if last == "-" else _from_to(int(first), int(last))


def _from_to(first: int, last: int) -> range:
    step = 1 if first <= last else -1
    return range(first, last + step, step)


def write_numbers(numbers: Sequence[int]) -> str:
    """The shortest text that `read_numbers` reads so."""
    return ", ".join(
        str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in _runs(numbers)
    )


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Cut where the numbers stop to climb, or to fall, by one."""
    runs = [[numbers[0]]]
    for before, number in pairwise(numbers):
        # No number comes twice in a row, so numbers that go by one go one way.
        if abs(number - before) == 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs
