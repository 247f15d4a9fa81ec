from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reservation.rules.waiting import Entry, offer_until, offers

STANDARD, VIP, BOX = 1, 2, 3
AT = datetime(2026, 7, 10, 20, tzinfo=UTC)

minutes = st.integers(0, 10_000)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
frees = st.dictionaries(st.sampled_from([STANDARD, VIP, BOX]), st.integers(0, 8))
lines = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 6), st.sampled_from([None, STANDARD, VIP, BOX])),
    max_size=8,
).map(
    lambda drawn: [
        Entry(id=n, position=p, seats=s, category_id=c) for n, (p, s, c) in enumerate(drawn)
    ]
)


def waits(*parties):
    """Who came first is named first, by seats and category."""
    return [
        Entry(id=100 - place, position=place, seats=seats, category_id=category)
        for place, (seats, category) in enumerate(parties)
    ]


def served(entries, free):
    return [(o.entry.position, dict(o.seats)) for o in offers(entries=entries, free=free)]


def in_line(entries):
    return sorted(entries, key=lambda entry: (entry.position, entry.id))


def can_be_served(entry, left):
    if entry.category_id is None:
        return sum(left.values()) >= entry.seats
    return left.get(entry.category_id, 0) >= entry.seats


class TestOffers:
    @pytest.mark.parametrize(
        ("parties", "free", "expected"),
        [
            ([(2, None), (2, None)], {STANDARD: 2}, [(0, {STANDARD: 2})]),
            ([(2, None), (2, None)], {STANDARD: 4}, [(0, {STANDARD: 2}), (1, {STANDARD: 2})]),
            # A smaller party only where the first does not fit.
            ([(4, None), (2, None)], {STANDARD: 3}, [(1, {STANDARD: 2})]),
            ([(4, None), (2, None)], {STANDARD: 5}, [(0, {STANDARD: 4})]),
            ([(4, VIP), (2, STANDARD)], {STANDARD: 5, VIP: 3}, [(1, {STANDARD: 2})]),
            # The category in which they just fit is left by those who take any.
            ([(2, None)], {STANDARD: 5, VIP: 2}, [(0, {VIP: 2})]),
            ([(2, None)], {VIP: 2, STANDARD: 2}, [(0, {STANDARD: 2})]),
            # Of several, as few as can be.
            ([(4, None)], {STANDARD: 1, VIP: 3, BOX: 2}, [(0, {VIP: 3, BOX: 1})]),
            ([(3, None)], {VIP: 2, STANDARD: 2}, [(0, {STANDARD: 2, VIP: 1})]),
            ([(4, VIP)], {STANDARD: 9, VIP: 3}, []),
            ([(1, None)], {}, []),
            ([(1, None)], {STANDARD: 0}, []),
            ([], {STANDARD: 3}, []),
        ],
    )
    def test_go_to_the_first_whom_the_free_seats_suffice(self, parties, free, expected):
        assert served(waits(*parties), free) == expected

    def test_of_equal_position_go_to_the_lower_id(self):
        twins = [Entry(id=pk, position=1, seats=2) for pk in (7, 3)]
        (offer,) = offers(entries=twins, free={STANDARD: 3})
        assert offer.entry.id == 3

    @given(lines, frees)
    def test_pass_over_nobody_whom_the_seats_suffice(self, entries, free):
        given_to = {offer.entry.id: offer.seats for offer in offers(entries=entries, free=free)}
        left = Counter(free)
        for entry in in_line(entries):
            assert (entry.id in given_to) is can_be_served(entry, left)
            left.subtract(given_to.get(entry.id, {}))

    @given(lines, frees)
    def test_together_never_exceed_what_is_free(self, entries, free):
        promised = Counter()
        for offer in offers(entries=entries, free=free):
            promised.update(offer.seats)
        assert all(0 < count <= free[category] for category, count in promised.items())

    @given(lines, frees)
    def test_are_of_as_many_seats_and_the_category_as_wanted(self, entries, free):
        for offer in offers(entries=entries, free=free):
            assert sum(offer.seats.values()) == offer.entry.seats
            assert offer.entry.category_id in {None, *offer.seats}
            assert offer.entry.category_id is None or len(offer.seats) == 1

    @given(st.integers(1, 6), frees)
    @example(4, {1: 1, 2: 2, 3: 2})
    def test_split_a_party_no_more_than_they_must(self, seats, free):
        for offer in offers(entries=[Entry(id=1, position=1, seats=seats)], free=free):
            largest = sorted(free.values(), reverse=True)
            assert sum(largest[: len(offer.seats) - 1]) < seats

    @given(lines, frees)
    def test_are_made_first_in_line_first_and_to_each_once(self, entries, free):
        made = [offer.entry for offer in offers(entries=entries, free=free)]
        assert made == in_line(made)
        assert len({entry.id for entry in made}) == len(made)

    @given(lines, frees, st.randoms(use_true_random=False))
    def test_are_the_same_in_whatever_order_all_come(self, entries, free, random):
        shuffled = random.sample(entries, len(entries))
        turned = dict(random.sample(list(free.items()), len(free)))
        assert offers(entries=shuffled, free=turned) == offers(entries=entries, free=free)

    @given(lines, frees)
    def test_leave_the_seats_that_they_were_asked_about_alone(self, entries, free):
        before = dict(free)
        offers(entries=entries, free=free)
        assert free == before


class TestOfferUntil:
    @pytest.mark.parametrize(
        ("closes_in", "lasts"), [(60, 30), (30, 30), (29, 29), (1, 1), (0, None), (-1, None)]
    )
    def test_never_outlasts_the_sales(self, closes_in, lasts):
        until = offer_until(at=AT, minutes=30, sales_close_at=AT + timedelta(minutes=closes_in))
        assert until == (None if lasts is None else AT + timedelta(minutes=lasts))

    @given(instants, minutes, instants)
    def test_is_after_it_was_made_and_not_after_sales_close(self, at, minutes, close):
        until = offer_until(at=at, minutes=minutes, sales_close_at=close)
        if until is None:
            assert close <= at or minutes == 0
        else:
            assert at < until <= close
            assert until <= at + timedelta(minutes=minutes)

    def test_counts_minutes_and_not_what_clocks_show(self):
        lisbon = ZoneInfo("Europe/Lisbon")
        at = datetime(2026, 10, 25, 1, 45, tzinfo=lisbon)  # clocks go back in 15 minutes
        close = datetime(2026, 10, 25, 1, 5, tzinfo=lisbon, fold=1)
        assert offer_until(at=at, minutes=60, sales_close_at=close) == datetime(
            2026, 10, 25, 1, 5, tzinfo=UTC
        )
        assert offer_until(at=at, minutes=10, sales_close_at=close) == datetime(
            2026, 10, 25, 0, 55, tzinfo=UTC
        )
