import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.rules import plan
from reservation.rules.plan import Plan, PlanChange, PlanError, PlannedSeat

EXAMPLE = """
    P = Premium, wheelchair

    A    SSS SS
    B   WCS_SSP

    AA    VV       : 8-7
    &F         LK  : 101-
"""

letters = st.characters(categories=["L"])
rows = st.text(letters, min_size=1, max_size=4)
names = st.sampled_from(
    ["Standard", "VIP", "wheelchair", "VIP companion", "Foo,", "Foo ,", "a = b", "Kino, standard"]
) | st.text(min_size=1, max_size=40).filter(
    lambda text: text.isprintable() and text.strip() == text
)
kinds = st.sampled_from(["standard", "wheelchair", "companion"])
spots = st.tuples(st.integers(0, 12), st.integers(0, 6)) | st.tuples(
    st.integers(0, 999), st.integers(0, 999)
)
numbers = st.integers(1, 12) | st.integers(1, 999)


@st.composite
def plans(draw):
    """Plans without any order in them."""
    labels = st.tuples(st.sampled_from("ABC") | rows, numbers)
    seats = draw(
        st.lists(st.tuples(labels, spots), min_size=1, unique_by=(lambda s: s[0], lambda s: s[1]))
    )
    meanings = draw(st.lists(st.tuples(names, kinds), min_size=1, max_size=4))
    return Plan(
        tuple(
            PlannedSeat(row, number, x, y, *draw(st.sampled_from(meanings)))
            for (row, number), (x, y) in seats
        )
    )


@st.composite
def orderly_plans(draw):
    """Plans as halls have them: rows numbered from one side."""
    seats = []
    from_right = draw(st.booleans())
    for y, row in enumerate("ABCDE"[: draw(st.integers(1, 5))]):
        xs = sorted(draw(st.sets(st.integers(0, 12), min_size=1)), reverse=from_right)
        seats += [PlannedSeat(row, n, x, y, "Standard") for n, x in enumerate(xs, start=1)]
    return Plan(tuple(seats))


def problems(text):
    with pytest.raises(PlanError) as caught:
        plan.parse(text)
    return [(problem.line, problem.column) for problem in caught.value.problems]


def sentence(text):
    with pytest.raises(PlanError) as caught:
        plan.parse(text)
    return str(caught.value)


def labels_at(parsed):
    return {(seat.x, seat.y): seat.label for seat in parsed.seats}


class TestText:
    def test_what_stands_beneath_in_the_text_stands_beneath_in_the_hall(self):
        assert labels_at(plan.parse(EXAMPLE)) == {
            (1, 0): "A1",
            (2, 0): "A2",
            (3, 0): "A3",
            (5, 0): "A4",
            (6, 0): "A5",
            (0, 1): "B1",
            (1, 1): "B2",
            (2, 1): "B3",
            (4, 1): "B4",
            (5, 1): "B5",
            (6, 1): "B6",
            (2, 3): "AA8",
            (3, 3): "AA7",
            (7, 3): "F101",
            (8, 3): "F102",
        }

    def test_characters_say_category_and_kind(self):
        seats = {seat.label: (seat.category, seat.kind) for seat in plan.parse(EXAMPLE).seats}
        assert seats["A1"] == ("Standard", "standard")
        assert seats["B1"] == ("Standard", "wheelchair")
        assert seats["B2"] == ("Standard", "companion")
        assert seats["B6"] == ("Premium", "wheelchair")
        assert seats["AA8"] == ("VIP", "standard")
        assert (seats["F101"], seats["F102"]) == (("VIP", "wheelchair"), ("VIP", "companion"))

    @pytest.mark.parametrize(
        ("meaning", "category", "kind"),
        [
            ("wheelchair", "Standard", "wheelchair"),
            ("VIP wheelchair", "VIP", "wheelchair"),
            ("VIP,Wheelchair", "VIP", "wheelchair"),
            ("standard", "Standard", "standard"),
            ("VIP companion, standard", "VIP companion", "standard"),
            ("Love seats", "Love seats", "standard"),
        ],
    )
    def test_a_legend_names_a_category_a_kind_or_both(self, meaning, category, kind):
        [seat] = plan.parse(f"A X\nX = {meaning}").seats
        assert (seat.category, seat.kind) == (category, kind)

    def test_seats_are_numbered_from_the_right_where_the_plan_says_so(self):
        parsed = plan.parse("Numbers = right  to left\nA SS S\nB SS : 1-2")
        assert [seat.label for seat in parsed.seats] == ["A3", "A2", "A1", "B1", "B2"]

    @pytest.mark.parametrize(
        ("given", "numbers"),
        [
            ("1-4", [1, 2, 3, 4]),
            ("4 - 1", [4, 3, 2, 1]),
            ("7 5, 3 1", [7, 5, 3, 1]),
            ("12-11,2-1", [12, 11, 2, 1]),
            ("5-", [5, 6, 7, 8]),
            ("9, 20-", [9, 20, 21, 22]),
        ],
    )
    def test_a_row_may_have_numbers_of_its_own(self, given, numbers):
        assert [seat.number for seat in plan.parse(f"A SS SS: {given}").seats] == numbers

    @pytest.mark.parametrize(
        "given",
        ["", "1-3", "1-5", "-", "1--4", "x", "1-2-3-4", "- 4", "1000-", "1-٤", "1-²", "9" * 5000],
    )
    def test_numbers_that_do_not_fit_the_seats_are_refused(self, given):
        assert problems(f"A SSSS :{given}") == [(1, 9)]

    def test_empty_lines_are_gaps_only_between_rows(self):
        parsed = plan.parse("\n\nA S\n  \n\nB S\n\nP = Premium\n\n")
        assert labels_at(parsed) == {(0, 0): "A1", (0, 3): "B1"}

    def test_a_line_of_gap_marks_is_a_gap_wherever_it_stands(self):
        parsed = plan.parse("._\nA S\n.\nB S\n_")
        assert labels_at(parsed) == {(0, 1): "A1", (0, 3): "B1"}

    def test_a_gap_mark_at_the_left_is_where_the_hall_begins(self):
        assert labels_at(plan.parse("A __S\nB   S")) == {(2, 0): "A1", (2, 1): "B1"}

    def test_spaces_at_the_ends_and_other_line_ends_are_nothing(self):
        assert plan.parse("A SS  \r\nB SS \rC SS") == plan.parse("A SS\nB SS\nC SS")

    def test_spaces_pasted_from_web_pages_are_spaces(self):
        assert plan.parse("A\xa0S\xa0S") == plan.parse("A S S")


class TestProblems:
    def test_all_are_told_at_once_in_order(self):
        text = "A SQS\nB\tSS\n1 SS\nLONGER SS\nC SS : 1\nD SSZZ\nX = VIP,\nX = \nY2 = VIP\n"
        assert problems(text) == [
            *[(1, 4), (2, 2), (3, 1), (4, 1), (5, 7), (6, 5), (8, 1), (9, 1)],
        ]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", "A plan has at least one seat."),
            ("A SS\tS", "This is a tab. Put spaces instead: each is one seat wide."),
            ("A SQ", '"Q" stands for nothing yet. Explain it with a line such as Q = VIP.'),
            ("A S\ud800", '"U+D800" can\'t stand for a seat.'),
            ("A SS\nA SS : 2-3", "There are two seats A2."),
            ("A SS\n&B S", "B1 stands where A2 stands."),
            ("&B S", "With & a row stands beside the row above, but there is none."),
            ("SSSS", "After row SSSS's label come a space and its seats."),
            ("A S\nX = " + "x" * 41, "A category's name has at most 40 characters."),
            ("A S\nX = a\0b", "Name a category, such as VIP."),
            ("A S\nnumbers = down", "Write numbers = left to right or numbers = right to left."),
        ],
    )
    def test_they_say_what_to_do(self, text, expected):
        assert sentence(text) == expected

    def test_a_character_that_is_explained_badly_is_told_once(self):
        assert problems("A SX\nX =") == [(2, 4)]

    def test_directions_that_contradict_each_other_are_refused(self):
        assert problems("numbers = left to right\nA S\nnumbers = right to left") == [(3, 1)]

    def test_a_hall_has_at_most_5000_seats(self):
        full = "\n".join(f"{chr(65 + y // 26)}{chr(65 + y % 26)} {'S' * 100}" for y in range(50))
        assert len(plan.parse(full).seats) == 5000
        assert sentence(full + "\nX S") == "A plan has at most 5000 seats."

    def test_a_hall_is_at_most_1000_seats_wide_and_deep(self):
        edge = plan.parse(f"A {'_' * 999}S")
        assert edge.seats[0].x == 999
        assert problems(f"A {'_' * 1000}S") == [(1, 1003)]
        assert plan.parse("_\n" * 999 + "A S").seats[0].y == 999
        assert problems("_\n" * 1000 + "A S") == [(1001, 3)]

    def test_only_the_first_hundred_are_told(self):
        with pytest.raises(PlanError) as caught:
            plan.parse("A\tS\n" * 150)
        assert (len(caught.value.problems), caught.value.left_out) == (100, 50)

    @given(st.text() | st.text("ASV _.:&=-,1\n\t"))
    def test_any_text_is_a_plan_or_refused_with_reasons(self, text):
        with contextlib.suppress(PlanError):
            assert plan.parse(text).seats

    @given(st.text("ASV _.:&=-,1\n\t"))
    def test_what_is_read_is_read_again_from_what_is_written(self, text):
        try:
            parsed = plan.parse(text)
        except PlanError:
            return
        assert plan.parse(plan.written(parsed)) == parsed


class TestWritten:
    @given(plans())
    def test_any_plan_is_read_back_as_it_was(self, original):
        assert plan.parse(plan.written(original)) == original

    @given(orderly_plans())
    def test_rows_numbered_in_order_need_no_numbers(self, original):
        text = plan.written(original)
        assert ":" not in text
        assert plan.parse(text) == original

    def test_it_looks_as_staff_would_type_it(self):
        assert plan.written(plan.parse(EXAMPLE)) == (
            "P = Premium, wheelchair\n"
            "\n"
            "A   _SSS_SS\n"
            "B   WCS_SSP\n"
            "\n"
            "AA  __VV : 8-7\n"
            "&F  _______LK : 101-102\n"
        )

    def test_as_many_meanings_as_seats_find_a_character_each(self):
        seats = [PlannedSeat("A", n, n, 0, f"Category {n}", "companion") for n in range(1, 900)]
        assert plan.parse(plan.written(Plan(tuple(seats)))) == Plan(tuple(seats))


SEAT = {"row": "A", "number": 1, "x": 0, "y": 0, "category": "Standard", "kind": "standard"}


class TestJson:
    @given(plans())
    def test_any_plan_is_read_back_as_it_was(self, original):
        assert plan.from_json(json.loads(json.dumps(plan.to_json(original)))) == original

    @pytest.mark.parametrize(
        "data",
        [None, [], 7, "seats", {}, {"seats": {}}, {"seats": None}, {"seats": [], "more": 1}]
        + [{"seats": []}, {"seats": [7]}, {"seats": [None]}, {"seats": [{}]}, {"seats": [[[]]]}]
        + [{"seats": [SEAT, SEAT]}, {"seats": [SEAT | {"more": 1}]}, {"seats": [SEAT] * 5001}]
        + [
            {"seats": [SEAT | wrong]}
            for wrong in [
                *({"number": number} for number in (0, 1000, 2**70, True, 1.0, "1", None, [])),
                *({"x": x} for x in (-1, 1000, 1.5, False, "0", None)),
                *({"y": y} for y in (-1, 1000, {})),
                *({"row": row} for row in ("", "A1", "ABCDE", " A", 7, None, ["A"], "A\n")),
                *({"category": name} for name in ("", " VIP", "a\0b", "\ud800", "x" * 41, 1)),
                *({"kind": kind} for kind in ("", "sofa", "Standard", None, [])),
            ]
        ],
    )
    def test_what_is_no_plan_is_refused(self, data):
        with pytest.raises(PlanError):
            plan.from_json(data)

    def test_all_problems_are_told_each_with_the_place_of_its_seat(self):
        bad = [SEAT, SEAT | {"number": "2"}, SEAT | {"kind": "sofa", "x": 5000}]
        with pytest.raises(PlanError) as caught:
            plan.from_json({"seats": bad})
        assert [problem.line for problem in caught.value.problems] == [2, 3, 3, 3]


class TestCompare:
    @given(plans(), plans())
    def test_a_change_done_to_the_old_plan_makes_the_new_one(self, old, new):
        change = plan.compare(old, new)
        gone = {*change.removed, *(was for was, _ in change.changed)}
        come = {*change.added, *(is_now for _, is_now in change.changed)}
        assert (set(old.seats) - gone) | come == set(new.seats)
        assert gone <= set(old.seats)
        assert all(was.label == is_now.label for was, is_now in change.changed)

    @given(plans())
    def test_the_same_plan_changes_nothing(self, same):
        assert plan.compare(same, Plan(same.seats[::-1])) == PlanChange()
        assert not plan.compare(same, same)

    def test_a_seat_stays_the_same_while_its_row_and_number_do(self):
        old = plan.parse("A SSS")
        new = plan.parse("A _VS\nB S")
        change = plan.compare(old, new)
        assert [seat.label for seat in change.added] == ["B1"]
        assert [seat.label for seat in change.removed] == ["A3"]
        a1, a2, _ = old.seats
        assert change.changed == (
            (a1, replace(a1, x=1, category="VIP")),
            (a2, replace(a2, x=2)),
        )
