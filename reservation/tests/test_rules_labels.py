"""Seats as staff type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.rules import labels

ROWS = "A", "B", "AA"
SEATS = [
    (row * 1000 + number, name, number)
    for row, name in enumerate(ROWS)
    for number in (1, 2, 3, 4, 6, 7, 8, 9, 10, 11)
]


def find(text):
    names = {pk: f"{row}{number}" for pk, row, number in SEATS}
    return [names[pk] for pk in labels.find_seats(text, SEATS)]


@pytest.mark.parametrize(
    ("text", "seats"),
    [
        ("A1", "A1"),
        ("a1, b2", "A1 B2"),
        ("A1-A3", "A1 A2 A3"),
        ("A1-3;AA7\nB1", "A1 A2 A3 AA7 B1"),
        ("A3 - A1", "A3 A2 A1"),
        ("A4-A7", "A4 A6 A7"),
        ("A9–A11", "A9 A10 A11"),
        ("A1-A3, A2, A2-A4", "A1 A2 A3 A4"),
        (" A1 ,, ", "A1"),
    ],
)
def test_are_found_in_the_order_in_which_they_are_named(text, seats):
    assert find(text) == seats.split()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Name the seats"),
        (" , ", "Name the seats"),
        ("A", "names no seat"),
        ("12", "names no seat"),
        ("A1-", "names no seat"),
        ("A1-A2-A3", "names no seat"),
        ("A²", "names no seat"),
        ("A1-B2", "in two rows"),
        ("C1", "no seat C1"),
        ("A5", "no seat A5"),
        ("A1-A12", "no seat A12"),
        ("A0", "no seat A0"),
        ("A1," * 201, "fewer"),
    ],
)
def test_what_names_none_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(labels.NotSeats, match=sentence):
        find(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        found = labels.find_seats(text, SEATS)
    except labels.NotSeats:
        return
    assert found
    assert len(set(found)) == len(found)


def test_of_rows_that_differ_in_their_case_each_is_meant_by_its_own():
    seats = [(1, "A", 1), (2, "a", 1), (3, "A", 2), (4, "ß", 1), (5, "SS", 1)]
    assert labels.find_seats("A1, a1", seats) == [1, 2]
    assert labels.find_seats("ß1", seats) == [4]
    assert labels.find_seats("a2, ss1", seats) == [3, 5]
