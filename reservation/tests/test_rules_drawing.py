"""Pictures of plans: well-formed whatever staff wrote, and readable without colours."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.rules import plan
from reservation.rules.plan import Dressing, Plan, PlannedSeat, draw
from reservation.rules.plan.drawing import _ink_on

SVG = "{http://www.w3.org/2000/svg}"
PLAN = plan.parse("A SS VV\nB WC SS\n&F      V")
COLOURS = {"Standard": "#4f6d7a", "VIP": "#c0a040"}


def drawn(what=PLAN, **dressing):
    return ElementTree.fromstring(draw(what, Dressing(**({"title": "Hall"} | dressing))))


def titles(root):
    groups = root.iter(f"{SVG}g")
    return [group.find(f"{SVG}title").text for group in groups if group.get("role") == "img"]


def texts(root):
    return [element.text for element in root.iter(f"{SVG}text")]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    light = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), light, strict=True))


def test_every_seat_says_in_words_what_it_is():
    root = drawn(colours=COLOURS, prices={"VIP": "16.50 USD"}, states={"A1": "held"})
    said = titles(root)
    assert len(said) == len(PLAN.seats)
    assert "Seat A1, Standard, held" in said
    assert "Seat A3, VIP, 16.50 USD" in said
    assert "Seat B1, Standard, wheelchair place" in said
    assert "Seat B2, Standard, companion's place" in said


def test_rows_and_screen_and_legend_are_written():
    root = drawn(colours=COLOURS, prices={"VIP": "16.50 USD"}, states={"A1": "sold"})
    said = texts(root)
    assert {"Screen", "A", "B", "F"} <= set(said)
    legend = {"Standard", "VIP, 16.50 USD", "Wheelchair place", "Companion's place", "Taken"}
    assert legend <= set(said)


def test_only_what_is_there_is_explained():
    said = texts(drawn(plan.parse("A S")))
    assert not {"VIP", "Wheelchair place", "Companion's place", "Taken"} & set(said)


def test_what_is_not_free_is_grey_and_hatched_whatever_its_category():
    free, taken = (
        draw(plan.parse("A V"), Dressing("H", COLOURS, {}, s)) for s in ({}, {"A1": "x"})
    )
    seat = taken.split('role="img"')[1].split("</g>")[0]
    assert "#c0a040" not in seat
    assert seat.count("<path") == 2
    assert free.split('role="img"')[1].count("#c0a040") >= 1


def test_nothing_is_drawn_outside_of_the_picture():
    wide = plan.parse(f"A {'S' * 60}\nB {'_' * 59}S")
    left, top, width, height = map(float, drawn(wide).get("viewBox").split())
    places = re.findall(
        r'role="img" transform="translate\((\d+) (\d+)\)"', draw(wide, Dressing("H"))
    )
    assert (left, top) == (0, 0)
    assert max(int(x) for x, _ in places) + 8 < width
    assert max(int(y) for _, y in places) + 8 < height


def test_a_hall_without_seats_is_a_screen():
    assert "Screen" in texts(drawn(Plan(())))


@pytest.mark.parametrize("colour", ['red" onload="x', "#eee", "", "#12345\u0663"])
def test_a_colour_that_is_none_is_not_written(colour):
    assert not colour or colour not in draw(PLAN, Dressing("H", {"VIP": colour, "Standard": ""}))


def test_no_text_becomes_markup():
    evil = "</title><script>alert(1)</script>\"'&"
    seats = Plan((PlannedSeat("A", 1, 0, 0, evil),))
    root = drawn(seats, title=evil, prices={evil: evil}, states={})
    assert not list(root.iter(f"{SVG}script"))
    assert root.get("aria-label") == evil
    assert evil in titles(root)[0]


@given(st.text(), st.text(), st.text(st.characters()))
def test_any_texts_make_a_well_formed_picture(title, category, state):
    seats = Plan((PlannedSeat("A", 1, 0, 0, category), PlannedSeat("A", 2, 1, 0, category)))
    root = drawn(seats, title=title, prices={category: title}, states={"A1": state})
    assert len(titles(root)) == 2


@given(st.from_regex(r"\A#[0-9a-f]{6}\Z"))
def test_numbers_are_readable_on_every_colour(colour):
    ink = {"#fff": 1.0, "#000": 0.0}[_ink_on(colour)]
    light, dark = sorted((luminance(colour), ink), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
