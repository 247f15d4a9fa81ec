"""Which character of a plan's text stands for which seats."""

import re
from collections.abc import Iterable
from itertools import chain, count
from typing import NamedTuple

from reservation.rules.accessibility import COMPANION, KINDS, STANDARD, WHEELCHAIR
from reservation.rules.plan.planned import category_fault

GAPS = "_."
# What the text means something else by.
RESERVED = f"{GAPS}:=& "
DEFAULT_CATEGORY = "Standard"


class Meaning(NamedTuple):
    """The seats that one character stands for."""

    category: str
    kind: str


Legend = dict[str, Meaning]

STANDARD_LEGEND: Legend = {
    "S": Meaning(DEFAULT_CATEGORY, STANDARD),
    "W": Meaning(DEFAULT_CATEGORY, WHEELCHAIR),
    "C": Meaning(DEFAULT_CATEGORY, COMPANION),
    "V": Meaning("VIP", STANDARD),
    "L": Meaning("VIP", WHEELCHAIR),
    "K": Meaning("VIP", COMPANION),
}

# The comma keeps apart what a category's own last word might be taken for.
MEANING = re.compile(rf"(?:(?P<category>.*?)(?: *, *| +))?(?P<kind>{'|'.join(KINDS)})", re.I)
LONGEST_MEANING = 100


def is_symbol(character: str) -> bool:
    return len(character) == 1 and character.isprintable() and character not in RESERVED


def read_meaning(text: str) -> Meaning | str:
    """What `VIP`, `wheelchair` or `VIP, wheelchair` means; or a sentence: what is wrong."""
    if len(text) > LONGEST_MEANING:
        return f"A legend's line has at most {LONGEST_MEANING} characters."
    meaning = Meaning(text, STANDARD)
    if match := MEANING.fullmatch(text):
        meaning = Meaning(match["category"] or DEFAULT_CATEGORY, match["kind"].lower())
    return category_fault(meaning.category) or meaning


def write_meaning(meaning: Meaning) -> str:
    """The shortest text that `read_meaning` understands so."""
    if read_meaning(meaning.category) == meaning:
        return meaning.category
    return f"{meaning.category}, {meaning.kind}"


def legend_for(meanings: Iterable[Meaning]) -> Legend:
    """A character for each meaning: the usual one, an initial, or whatever is left."""
    usual = {meaning: symbol for symbol, meaning in STANDARD_LEGEND.items()}
    # One for all: a character that one meaning passed over is taken for the others too.
    leftovers = filter(_is_free_to_use, map(chr, count(ord("0"))))
    legend: Legend = {}
    for meaning in sorted(set(meanings)):
        initials = filter(_is_free_to_use, meaning.category.upper() + meaning.category.lower())
        candidates = [usual[meaning]] if meaning in usual else chain(initials, leftovers)
        legend[next(symbol for symbol in candidates if symbol not in legend)] = meaning
    return legend


def _is_free_to_use(symbol: str) -> bool:
    return symbol.isalnum() and symbol not in STANDARD_LEGEND
