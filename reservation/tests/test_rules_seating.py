"""Against oracles that try every choice in small halls, written another way than the rules."""

from itertools import combinations, groupby

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reservation.rules.seating import Mending, Place, best, best_available, choosing, lonely, mend

KINDS = frozenset({"standard", "wheelchair", "companion"})
STANDARD = frozenset({"standard"})


def hall(*rows):
    """Places of rows such as `oo.x W`: `x` is taken, `v` of category 2, `W` and `C` kept."""
    kinds = {"W": "wheelchair", "C": "companion"}
    places, taken = [], set()
    for y, row in enumerate(rows):
        for x, mark in enumerate(row):
            if mark not in " .":
                category = 2 if mark == "v" else 1
                place = Place(100 * y + x, x, y, kinds.get(mark, "standard"), category)
                places.append(place)
                taken |= {place.id} if mark == "x" else set()
    return places, taken


def ids_of(places):
    return tuple(place.id for place in sorted(places, key=lambda place: (place.y, place.x)))


@st.composite
def halls(draw, most=12):
    """Small halls, their seats in any order, some of them taken."""
    marks = st.sampled_from("oooooooxxv. WC")
    rows = draw(st.lists(st.text(marks, min_size=1, max_size=9), min_size=1, max_size=4))
    places, taken = hall(*rows)
    assume(0 < len(places) - len(taken) <= most)
    return draw(st.permutations(places)), taken


@st.composite
def choices(draw, most=12):
    """A hall, and some free seats of it, often neighbours."""
    places, taken = draw(halls(most))
    free = sorted((place for place in places if place.id not in taken), key=lambda p: p.id)
    count = draw(st.integers(1, min(5, len(free))))
    first = draw(st.integers(0, len(free) - count))
    party = free[first : first + count]
    if draw(st.booleans()):
        party = draw(st.permutations(free))[:count]
    return places, taken, {place.id for place in party}


open_kinds = st.sampled_from([STANDARD, KINDS])


def pictures(places, taken, kinds):
    """Each row as text, a border at its ends: `o` for what is free and open, else `#`."""
    for y in {place.y for place in places}:
        row = {p.x: p for p in places if p.y == y and p.id not in taken and p.kind in kinds}
        yield [row.get(x) for x in range(-1, 12)]


def alone(places, taken, kinds):
    """The ids of all seats that are free between two borders."""
    found = set()
    for picture in pictures(places, taken, kinds):
        for left, seat, right in zip(picture, picture[1:], picture[2:], strict=False):
            if seat and not left and not right:
                found.add(seat.id)
    return found


def newly_alone(places, taken, chosen, kinds):
    return alone(places, taken | set(chosen), kinds) - alone(places, taken, kinds)


def parts(chosen, places):
    """The lengths of the runs of neighbours, longest first."""
    spots = sorted((place.y, place.x) for place in places if place.id in set(chosen))
    runs = groupby(enumerate(spots), key=lambda item: (item[1][0], item[1][1] - item[0]))
    return sorted((len(list(run)) for _, run in runs), reverse=True)


def alternatives(places, taken, chosen, kinds):
    """Every choice that the rule would have a customer take instead."""
    party = [place for place in places if place.id in chosen]
    alike = [
        place.id
        for place in places
        if place.id not in taken
        and place.category in {member.category for member in party}
        and place.kind in {member.kind for member in party}
    ]
    return [
        other
        for other in combinations(alike, len(party))
        if len(parts(other, places)) <= len(parts(chosen, places))
        and not newly_alone(places, taken, other, kinds)
    ]


def is_kept(chosen, places, kinds):
    return any(p.kind != "standard" and p.kind not in kinds for p in places if p.id in chosen)


@st.composite
def untidy_choices(draw):
    """A hall of one kind, and a choice that makes a seat lonely in it."""
    rows = draw(st.lists(st.text("ooooxv.", min_size=1, max_size=9), min_size=1, max_size=4))
    places, taken = hall(*rows)
    free = [place.id for place in places if place.id not in taken]
    assume(len(free) <= 12)
    count = draw(st.integers(1, 4))
    untidy = [
        set(chosen)
        for chosen in combinations(free, count)
        if newly_alone(places, taken, chosen, STANDARD)
    ]
    assume(untidy)
    return places, taken, draw(st.sampled_from(untidy))


class TestLonely:
    @given(choices(), open_kinds)
    def test_they_are_the_seats_that_had_company_and_have_none_any_more(self, choice, kinds):
        places, taken, chosen = choice
        found = lonely(places, taken, chosen, open_kinds=kinds)
        assert set(found) == newly_alone(places, taken, chosen, kinds)

    @pytest.mark.parametrize(
        ("row", "chosen", "expected"),
        [
            ("oooo", {1}, (0,)),  # the wall
            ("oooo", {2}, (3,)),
            ("oo.oo", {1}, (0,)),  # an aisle
            ("xooox", {1}, ()),
            ("xooox", {2}, (1, 3)),
            ("xox", set(), ()),  # was so before
            ("xooo", {2, 3}, (1,)),
            ("xooo", {1, 2, 3}, ()),
            ("Woo", {2}, (1,)),  # a place that is kept is a border
            ("Woo", {0}, ()),  # and selling it changes nothing
            ("Wo", {0}, ()),
        ],
    )
    def test_by_example(self, row, chosen, expected):
        assert lonely(*hall(row), chosen) == expected

    def test_released_places_are_seats_like_any(self):
        places, taken = hall("Wo")
        assert lonely(places, taken, {0}, open_kinds=KINDS) == (1,)
        assert lonely(places, taken, {1}, open_kinds=KINDS) == (0,)


class TestMend:
    @given(choices() | untidy_choices(), open_kinds)
    def test_what_makes_seats_lonely_is_refused_just_where_something_else_is_left(
        self, choice, kinds
    ):
        places, taken, chosen = choice
        refused = mend(places, taken, chosen, open_kinds=kinds)
        left_alone = newly_alone(places, taken, chosen, kinds)
        if is_kept(chosen, places, kinds):
            assert refused is None
        elif left_alone and alternatives(places, taken, chosen, kinds):
            assert set(refused.lonely) == left_alone
        else:
            assert refused is None

    @given(untidy_choices())
    def test_what_it_suggests_is_free_and_allowed(self, choice):
        places, taken, chosen = choice
        refused = mend(places, taken, chosen)
        if refused is None:
            return
        assert tuple(sorted(refused.instead)) in [
            tuple(sorted(other)) for other in alternatives(places, taken, chosen, STANDARD)
        ]
        assert mend(places, taken, set(refused.instead)) is None
        more = chosen | set(refused.add)
        assert not more & taken
        assert mend(places, taken, more) is None

    @given(untidy_choices())
    def test_it_suggests_the_nearest_seats(self, choice):
        places, taken, chosen = choice
        refused = mend(places, taken, chosen)
        if refused is None:
            return
        by_id = {place.id: place for place in places}

        def distance(other):
            return sum(
                min(
                    abs(by_id[seat].x - by_id[mine].x) + 2 * abs(by_id[seat].y - by_id[mine].y)
                    for mine in chosen
                )
                for seat in other
            )

        others = alternatives(places, taken, chosen, STANDARD)
        assert distance(refused.instead) == min(distance(other) for other in others)

    @given(choices(), open_kinds)
    def test_the_order_of_places_does_not_matter(self, choice, kinds):
        places, taken, chosen = choice
        expected = mend(places, taken, chosen, open_kinds=kinds)
        assert mend(places[::-1], taken, sorted(chosen), open_kinds=kinds) == expected

    @pytest.mark.parametrize(
        ("row", "chosen", "expected"),
        [
            ("oooooo", {1, 2}, Mending(lonely=(0,), instead=(0, 1), add=(0,))),
            ("xooooo", {2, 3}, Mending(lonely=(1,), instead=(1, 2), add=(1,))),
            ("ooooooo", {0, 1, 3, 4}, Mending(lonely=(2,), instead=(0, 1, 2, 3), add=(2,))),
            ("oo", {0}, None),  # one seat of two, and nothing else is left
            ("oo.o", {0}, Mending(lonely=(1,), instead=(3,), add=(1,))),
            ("ooo", {0, 1}, None),  # two of three, and no other two are neighbours
            ("ooo.ooo", {0, 1}, None),  # nobody is asked to sit apart
            ("ooo.oo", {0, 1}, Mending(lonely=(2,), instead=(4, 5), add=(2,))),
            ("ooo.vv", {0, 1}, None),  # nor to pay another price
            ("ooo.WW", {0, 1}, None),
            ("ooooW", {3, 4}, None),  # who comes along sits beside the wheelchair
            ("oooooW", {3, 5}, None),
        ],
    )
    def test_by_example(self, row, chosen, expected):
        assert mend(*hall(row), chosen) == expected

    def test_it_suggests_no_more_seats_than_may_be_had(self):
        places, taken = hall("oooooo")
        assert mend(places, taken, {1, 2}, most=3).add == (0,)
        assert mend(places, taken, {1, 2}, most=2).add == ()

    def test_the_row_behind_is_nearer_than_the_far_end_of_the_row(self):
        assert mend(*hall("ooo.......oo", "oooo"), {0, 1}).instead == (100, 101)

    def test_it_looks_further_than_the_row(self):
        assert mend(*hall("ooo", ".", ".", ".", "oooo"), {0, 1}).instead == (400, 401)


searches = st.fixed_dictionaries(
    {
        "category": st.sampled_from([None, None, 1, 2]),
        "kinds": st.sampled_from([STANDARD, STANDARD, KINDS, {"wheelchair", "companion"}]),
        "open_kinds": open_kinds,
        "avoid_lonely": st.booleans(),
    }
)
counts = st.integers(1, 6)


def wanted(places, taken, search):
    return [
        place
        for place in places
        if place.id not in taken
        and place.kind in search["kinds"]
        and search["category"] in (None, place.category)
    ]


def badness(chosen, places):
    """The sum of squared distances, in sixths of seats, to the middle two thirds back."""
    xs, ys = [place.x for place in places], [place.y for place in places]
    x, y = 3 * (min(xs) + max(xs)), 4 * (min(ys) + 2 * max(ys))
    return sum((6 * p.x - x) ** 2 + (12 * p.y - y) ** 2 for p in places if p.id in chosen)


class TestBestAvailable:
    @given(halls(), counts, searches)
    def test_only_free_seats_of_the_right_kind_are_offered_as_many_as_asked(
        self, scene, count, search
    ):
        places, taken = scene
        pool = {place.id for place in wanted(places, taken, search)}
        found = best_available(places, taken, count, **search)
        if len(pool) < count:
            assert found is None
        else:
            assert len(set(found)) == len(found) == count
            assert set(found) <= pool
            assert found == ids_of([place for place in places if place.id in found])

    @given(halls(), counts, searches)
    def test_they_are_in_as_few_parts_as_there_can_be(self, scene, count, search):
        places, taken = scene
        found = best_available(places, taken, count, **search)
        assume(found)
        others = combinations([place.id for place in wanted(places, taken, search)], count)
        assert len(parts(found, places)) == min(len(parts(other, places)) for other in others)

    @given(halls(), counts, searches)
    def test_of_those_they_are_in_the_nearest_rows_and_then_the_best(self, scene, count, search):
        places, taken = scene
        found = best_available(places, taken, count, **search)
        assume(found)
        fewest = len(parts(found, places))
        pool = [place.id for place in wanted(places, taken, search)]
        others = [o for o in combinations(pool, count) if len(parts(o, places)) == fewest]
        if search["avoid_lonely"]:
            open_ = search["open_kinds"]
            tidy = [o for o in others if not newly_alone(places, taken, o, open_)]
            others = tidy or others

        def order(chosen):
            rows = [place.y for place in places if place.id in chosen]
            return max(rows) - min(rows), badness(chosen, places)

        assert order(found) == min(order(other) for other in others)

    @given(halls(), counts, searches)
    def test_they_are_allowed_where_no_lonely_seats_may_be_left(self, scene, count, search):
        places, taken = scene
        found = best_available(places, taken, count, **search | {"avoid_lonely": True})
        assume(found)
        assert mend(places, taken, set(found), open_kinds=search["open_kinds"]) is None

    @given(halls(), counts, searches, st.randoms(use_true_random=False))
    def test_the_order_of_places_does_not_matter(self, scene, count, search, random):
        places, taken = scene
        shuffled = random.sample(places, len(places))
        expected = best_available(places, taken, count, **search)
        assert best_available(shuffled, sorted(taken), count, **search) == expected

    def test_the_best_place_is_in_the_middle_two_thirds_back(self):
        places, taken = hall(*["o" * 11] * 10)
        assert best_available(places, taken, 1) == (605,)
        assert best_available(places, taken, 3) == (604, 605, 606)

    def test_of_two_that_are_as_good_the_left_one_is_offered(self):
        assert best_available(*hall("oooooo"), 2, avoid_lonely=False) == (2, 3)
        assert best_available(*hall("oo.oo"), 2) == (0, 1)

    def test_an_aisle_parts(self):
        assert best_available(*hall("oo.oo", "ooo"), 3) == (100, 101, 102)

    def test_accessible_places_are_offered_only_when_asked_for(self):
        places, taken = hall("oWCo")
        assert best_available(places, taken, 3) is None
        accessible = {"wheelchair", "companion"}
        assert best_available(places, taken, 2, kinds=accessible) == (1, 2)

    def test_a_place_that_is_kept_is_a_border_also_where_it_might_be_had(self):
        # Not seat 2, which would leave seat 1 between the wheelchair's place and a taken one.
        assert best_available(*hall("Woo", ".ooo"), 4, kinds=KINDS) == (0, 101, 102, 103)

    def test_nothing_is_offered_of_nothing(self):
        assert best_available([], set(), 1) is None
        assert best_available(*hall("oo"), 0) is None
        assert best_available(*hall("oo"), -1) is None


def test_parts_that_are_far_apart_are_found_in_a_few_searches(monkeypatch):
    """Two parts fit nowhere but in the first row and the last; who waits, waits for one search."""
    row = "SSX" * 4
    rows = ["S" * 9 + "XXX", *[row] * 48, "S" + "X" * 11]
    marks = [(x, y, mark) for y, marks in enumerate(rows) for x, mark in enumerate(marks)]
    places = [Place(id=x + 100 * y, x=x, y=y) for x, y, _ in marks]
    taken = {x + 100 * y for x, y, mark in marks if mark == "X"}
    searches = []

    def watched(spots, **how):
        searches.append(len(spots))
        return choosing.cheapest(spots, **how)

    monkeypatch.setattr(best, "cheapest", watched)
    assert best_available(places, taken, 10) == (*range(9), 4900)
    assert len(searches) < 20
