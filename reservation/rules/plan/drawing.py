"""A plan as a picture: SVG text that a browser draws alone or as part of a page.

Everything in it is measured in tenths of a seat's width. Colours are staff's, so what they
can't carry is not left to them: each seat has a dark edge on white, seats that are not free
are grey and hatched, accessible places bear a mark, and every seat says in words what it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from reservation.rules.accessibility import COMPANION, WHEELCHAIR
from reservation.rules.plan.planned import Plan, PlannedSeat

PITCH, SEAT, MARGIN = 10, 8, 13
SCREEN_HEIGHT = 22
NARROWEST = 150
# A letter's width in its height, about, and the room between what stands side by side.
LETTER, ROOM = 0.56, 1.2
INK, SOFT, FREE_EDGE = "#1d212b", "#4a5160", "#2b303c"
TAKEN_FILL, TAKEN_EDGE = "#e4e6ea", "#767d8b"
PLAIN_COLOUR = "#4f6d7a"
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# What XML has no way to write.
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
KIND_WORDS = {WHEELCHAIR: "wheelchair place", COMPANION: "companion's place"}
MARKS = {
    WHEELCHAIR: (
        '<path d="M3.6 2v2.6h2l1 1.9" /><circle cx="3.5" cy="1.4" r=".5" />'
        '<path d="M2.7 3.6a1.9 1.9 0 1 0 2.6 2.5" />'
    ),
    COMPANION: '<circle cx="4" cy="2.4" r="1.1" /><path d="M1.8 6.4a2.2 2.2 0 0 1 4.4 0z" />',
}
STYLE = (
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
    "@media(max-width:640px){.n{display:none}}"
)


@dataclass(frozen=True)
class Dressing:
    """What a picture shows beside the seats themselves.

    `colours` and `prices` are those of categories, by their names; `states` says in a word
    what a seat is that is not free, by its label.
    """

    title: str
    colours: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)


def draw(plan: Plan, dressing: Dressing) -> str:
    """The plan as an SVG document. It takes all texts as they come, and escapes them."""
    columns = 1 + max((seat.x for seat in plan.seats), default=0)
    depth = 1 + max((seat.y for seat in plan.seats), default=0)
    width = max(columns * PITCH + 2 * MARGIN, NARROWEST)
    left = (width - columns * PITCH) / 2
    size = min(max(width / 30, 5), 9)
    legend, legend_height = _legend(plan, dressing, width, size)
    floor = SCREEN_HEIGHT + depth * PITCH
    height = floor + size + legend_height
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" '
        f'width="100%" role="group" aria-label="{_text(dressing.title)}" style="display:block;'
        f'margin:0 auto;max-width:{width * 3}px;min-width:{columns * PITCH}px">'
    )
    parts = [
        head,
        f"<style>{STYLE}</style><title>{_text(dressing.title)}</title>",
        f'<rect width="{width}" height="{height:g}" rx="3" fill="#fff" />',
        _screen(width, size),
        f'<g transform="translate({left:g} {SCREEN_HEIGHT})">',
        *_row_labels(plan, min(size, 8)),
        *(_seat(seat, dressing) for seat in plan.seats),
        "</g>",
        f'<g transform="translate(0 {floor + size:g})" font-size="{size:g}" fill="{INK}">',
        *legend,
        "</g></svg>",
    ]
    return "".join(parts)


def _text(text: str) -> str:
    return escape(UNWRITABLE.sub("\ufffd", text))


def _screen(width: float, size: float) -> str:
    edge = width / 6
    return (
        f'<path d="M{edge:g} 7Q{width / 2:g} 1 {width - edge:g} 7" fill="none" '
        f'stroke="{SOFT}" stroke-width="1.6" stroke-linecap="round" />'
        f'<text x="{width / 2:g}" y="{7 + size:g}" text-anchor="middle" font-size="{size:g}" '
        f'fill="{SOFT}">Screen</text>'
    )


def _row_labels(plan: Plan, size: float) -> Iterator[str]:
    """Left of each row, and right of the last one on its line."""
    for y, line in groupby(plan.seats, key=lambda seat: seat.y):
        ends: dict[str, list[int]] = {}
        for seat in line:
            ends.setdefault(seat.row, []).append(seat.x)
        rows = list(ends.items())
        baseline = y * PITCH + PITCH / 2 + size * 0.36
        for label, places in rows:
            yield _row_label(label, places[0] * PITCH - 2, baseline, size, "end")
        label, places = rows[-1]
        yield _row_label(label, (places[-1] + 1) * PITCH + 2, baseline, size, "start")


def _row_label(label: str, x: float, y: float, size: float, anchor: str) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size:g}" '
        f'font-weight="600" fill="{INK}">{_text(label)}</text>'
    )


def _seat(seat: PlannedSeat, dressing: Dressing) -> str:
    state = dressing.states.get(seat.label)
    taken = state is not None
    colour = dressing.colours.get(seat.category, "")
    words = [f"Seat {seat.label}", seat.category, KIND_WORDS.get(seat.kind, "")]
    words.append(dressing.prices.get(seat.category, "") if state is None else state)
    x, y = seat.x * PITCH + 1, seat.y * PITCH + 1
    return (
        f'<g role="img" transform="translate({x} {y})">'
        f"<title>{_text(', '.join(filter(None, words)))}</title>"
        f"{_chair(colour, taken=taken)}{_mark(seat, colour, taken=taken)}</g>"
    )


def _chair(colour: str, *, taken: bool) -> str:
    fill, edge = (TAKEN_FILL, TAKEN_EDGE) if taken else (_safe(colour), FREE_EDGE)
    # A chair from above: its back is away from the screen.
    shape = (
        f'<path d="M1.6 0H6.4A1.6 1.6 0 0 1 8 1.6V6.8A1.2 1.2 0 0 1 6.8 8H1.2A1.2 1.2 0 0 1 '
        f'0 6.8V1.6A1.6 1.6 0 0 1 1.6 0Z" fill="{fill}" stroke="{edge}" stroke-width=".6" />'
    )
    hatch = f'<path d="M.8 4.8 4.8 .8M.8 7.4 7.4 .8M3.4 7.4 7.4 3.4" stroke="{TAKEN_EDGE}" '
    return shape + (f'{hatch}stroke-width=".7" />' if taken else "")


def _mark(seat: PlannedSeat, colour: str, *, taken: bool) -> str:
    ink = INK if taken else _ink_on(_safe(colour))
    if mark := MARKS.get(seat.kind):
        fill = ink if seat.kind == COMPANION else "none"
        return f'<g fill="{fill}" stroke="{ink}" stroke-width=".8">{mark}</g>'
    if taken:
        return ""
    return (
        f'<text class="n" aria-hidden="true" x="4" y="5.5" text-anchor="middle" '
        f'font-size="4" fill="{ink}">{seat.number}</text>'
    )


def _safe(colour: str) -> str:
    return colour if COLOUR.fullmatch(colour) else PLAIN_COLOUR


def _ink_on(colour: str) -> str:
    """Black or white, whichever is read better on it (WCAG 2, relative luminance)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#fff" if luminance < 0.179 else "#000"


def _legend(plan: Plan, dressing: Dressing, width: float, size: float) -> tuple[list[str], float]:
    """What colours and marks mean, in as many lines as it takes; and how high that is."""
    parts, x, line = [], float(MARGIN), 0
    for words, picture in _legend_entries(plan, dressing):
        wide = size * (ROOM + LETTER * len(words) + ROOM)
        if x > MARGIN and x + wide > width:
            x, line = float(MARGIN), line + 1
        y = line * size * 1.7
        parts.append(
            f'<g transform="translate({x:g} {y:g})"><g transform="scale({size / 8:g})" '
            f'aria-hidden="true">{picture}</g><text x="{size * 1.35:g}" y="{size * 0.85:g}">'
            f"{_text(words)}</text></g>"
        )
        x += wide + size * 0.5
    return parts, (line + 1) * size * 1.7 + size * 0.5


def _legend_entries(plan: Plan, dressing: Dressing) -> Iterable[tuple[str, str]]:
    """Words and a chair of its look for each thing that is to be seen."""
    for category in dict.fromkeys(seat.category for seat in plan.seats):
        price = dressing.prices.get(category)
        words = f"{category}, {price}" if price else category
        yield words, _chair(dressing.colours.get(category, ""), taken=False)
    there = {seat.kind: seat for seat in plan.seats}
    for kind, words in KIND_WORDS.items():
        if kind in there:
            colour = "#ffffff"
            yield (
                words.capitalize(),
                _chair(colour, taken=False) + _mark(there[kind], colour, taken=False),
            )
    if dressing.states:
        yield "Taken", _chair("", taken=True)
