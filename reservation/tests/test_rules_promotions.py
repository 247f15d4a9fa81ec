from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reservation.rules.pricing import (
    HIGHEST_PRICE,
    Amount,
    Line,
    Percentage,
    Quote,
    ShowPrice,
    share,
)
from reservation.rules.promotions import (
    Promotion,
    Purchase,
    Refusal,
    discounted,
    discounts,
    refusal,
)

LISBON = ZoneInfo("Europe/Lisbon")
ADULT, CHILD, SENIOR = 1, 2, 3
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
# Saturday, 0:30, by the clocks of the cinema; Friday still in UTC.
START = datetime(2026, 7, 10, 23, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def a_line(seat_id=1, price=1000, ticket_type_id=ADULT, **fields):
    return Line(
        **{
            "seat_id": seat_id,
            "category_id": 1,
            "ticket_type_id": ticket_type_id,
            "show_price": price,
            "surcharge": 0,
            "percentage": 100,
        }
        | fields
    )


def a_purchase(*lines, **fields):
    return Purchase(
        **{
            "movie_id": 1,
            "cinema_id": 2,
            "show_id": 3,
            "starts_at": START,
            "zone": LISBON,
            "lines": lines or (a_line(),),
            "at": NOW,
        }
        | fields
    )


def a_promotion(**fields):
    return Promotion(**{"off": Percentage(20)} | fields)


def seats_of(lines):
    return [line.seat_id for line in lines]


tickets = st.tuples(
    st.integers(0, HIGHEST_PRICE),
    st.integers(0, 300),
    st.sampled_from([ADULT, CHILD, SENIOR]),
    st.integers(0, 100),
)
baskets = st.lists(tickets, max_size=10).map(
    lambda drawn: [
        a_line(seat, price, ticket_type, surcharge=surcharge, percentage=percentage)
        for seat, (price, surcharge, ticket_type, percentage) in enumerate(drawn)
    ]
)
offs = st.one_of(
    st.integers(1, 100).map(Percentage),
    st.integers(1, 5000).map(Amount),
    st.integers(1, 20 * HIGHEST_PRICE).map(Amount),
)
promotions = st.builds(
    Promotion, off=offs, ticket_types=st.frozensets(st.sampled_from([ADULT, CHILD, SENIOR]))
)


# In their order, no two by the same field: what the promotion asks, and what there is instead.
REFUSED = [
    (Refusal.NOT_YET, {"valid_from": NOW + SECOND}, {}),
    (Refusal.EXPIRED, {"valid_until": NOW}, {}),
    (Refusal.WRONG_MOVIE, {"movies": frozenset({9})}, {}),
    (Refusal.WRONG_CINEMA, {"cinemas": frozenset({9})}, {}),
    (Refusal.WRONG_SHOW, {"shows": frozenset({9})}, {}),
    (Refusal.WRONG_DATE, {"weekdays": frozenset({4})}, {}),
    (Refusal.WRONG_TICKET_TYPES, {"ticket_types": frozenset({CHILD})}, {}),
    (Refusal.BELOW_MINIMUM, {"least_tickets": 2}, {}),
    (Refusal.USED_UP, {"limit": 5}, {"used": 5}),
    (Refusal.USED_UP_BY_YOU, {"limit_per_user": 1}, {"used_by_buyer": 1}),
]


class TestRefusal:
    @pytest.mark.parametrize(("reason", "promotion", "purchase"), REFUSED)
    def test_says_why(self, reason, promotion, purchase):
        assert refusal(a_promotion(**promotion), a_purchase(**purchase)) == reason

    def test_knows_of_all_reasons_in_their_order(self):
        assert [reason for reason, *_ in REFUSED] == list(Refusal)

    @pytest.mark.parametrize(("first", "second"), list(combinations(REFUSED, 2)))
    def test_of_two_reasons_says_the_first(self, first, second):
        promotion = a_promotion(**first[1], **second[1])
        assert refusal(promotion, a_purchase(**first[2], **second[2])) == first[0]

    def test_is_none_where_nothing_is_asked(self):
        assert refusal(a_promotion(), a_purchase(used=10**6, used_by_buyer=10**6)) is None

    def test_is_none_where_all_that_is_asked_is_so(self):
        promotion = a_promotion(
            movies=frozenset({1, 9}),
            cinemas=frozenset({2}),
            shows=frozenset({3}),
            ticket_types=frozenset({ADULT}),
            valid_from=NOW,
            valid_until=NOW + SECOND,
            shows_from=date(2026, 7, 11),
            shows_until=date(2026, 7, 11),
            weekdays=frozenset({5}),
            least_tickets=1,
            least_total=1000,
            limit=5,
            limit_per_user=2,
        )
        assert refusal(promotion, a_purchase(used=4, used_by_buyer=1)) is None

    @pytest.mark.parametrize(
        "dates", [{"shows_from": date(2026, 7, 12)}, {"shows_until": date(2026, 7, 10)}]
    )
    def test_asks_for_the_day_by_the_clocks_of_the_cinema(self, dates):
        assert refusal(a_promotion(**dates), a_purchase()) == Refusal.WRONG_DATE

    @pytest.mark.parametrize(
        ("starts_at", "reason"),
        [
            (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), None),  # 0:30 on Sunday
            (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), None),  # 23:30, summer time is over
            (datetime(2026, 10, 26, 0, 0, tzinfo=UTC), Refusal.WRONG_DATE),
        ],
    )
    def test_lets_a_day_of_25_hours_be_one_day(self, starts_at, reason):
        promotion = a_promotion(shows_from=date(2026, 10, 25), shows_until=date(2026, 10, 25))
        assert refusal(promotion, a_purchase(starts_at=starts_at)) == reason

    @pytest.mark.parametrize(
        "least", [{"least_tickets": 2}, {"least_total": 1601}, {"least_total": 2000}]
    )
    def test_counts_those_tickets_only_that_it_is_for(self, least):
        lines = [a_line(1), a_line(2, 1600, CHILD)]
        promotion = a_promotion(ticket_types=frozenset({CHILD}), **least)
        assert refusal(promotion, a_purchase(*lines)) == Refusal.BELOW_MINIMUM

    def test_of_no_ticket_at_all_is_that_there_is_none_for_it(self):
        assert refusal(a_promotion(), a_purchase(lines=())) == Refusal.WRONG_TICKET_TYPES


class TestDiscounts:
    @pytest.mark.parametrize(
        ("off", "prices", "expected"),
        [
            (Percentage(20), [1000, 500], (200, 100)),
            (Percentage(50), [125], (63,)),  # 62.5
            (Percentage(50), [125, 125], (63, 62)),  # 125 of 250: the half goes to seat 0
            (Percentage(10), [333, 333, 333], (34, 33, 33)),  # 99.9
            (Percentage(1), [49], (0,)),  # 0.49
            (Percentage(1), [50], (1,)),  # 0.5
            (Percentage(100), [1250, 999], (1250, 999)),
            (Amount(500), [1000, 1000, 1000], (167, 167, 166)),
            (Amount(500), [1000, 500], (333, 167)),  # 333.33 and 166.67
            (Amount(1), [1000, 0, 1500], (0, 0, 1)),
            (Amount(9999), [1250, 999], (1250, 999)),
            (Amount(500), [0, 0], (0, 0)),
            (Amount(500), [], ()),
        ],
    )
    def test_are_shared_out_in_proportion(self, off, prices, expected):
        lines = [a_line(seat, price) for seat, price in enumerate(prices)]
        assert discounts(a_promotion(off=off), lines) == expected

    def test_are_for_those_tickets_only_that_it_is_for(self):
        lines = [a_line(1, 1000), a_line(2, 700, CHILD), a_line(3, 600, SENIOR)]
        promotion = a_promotion(off=Amount(5000), ticket_types=frozenset({CHILD, SENIOR}))
        assert discounts(promotion, lines) == (0, 700, 600)

    def test_of_equal_tickets_are_the_larger_for_the_lower_seat(self):
        lines = [a_line(9, 125), a_line(3, 125)]
        assert discounts(a_promotion(off=Percentage(50)), lines) == (62, 63)

    @given(promotions, baskets)
    def test_add_up_to_what_was_promised(self, promotion, lines):
        whole = sum(line.price for line in lines if promotion.is_for(line))
        match promotion.off:
            case Percentage(percent):
                promised = share(whole, percent)
            case Amount(minor):
                promised = min(minor, whole)
        assert sum(discounts(promotion, lines)) == promised

    @given(promotions, baskets)
    def test_never_exceed_the_price_of_a_ticket(self, promotion, lines):
        for line, off in zip(lines, discounts(promotion, lines), strict=True):
            assert 0 <= off <= (line.price if promotion.is_for(line) else 0)

    @given(promotions, baskets)
    def test_are_within_a_minor_unit_of_the_exact_share(self, promotion, lines):
        parts = discounts(promotion, lines)
        whole = sum(line.price for line in lines if promotion.is_for(line))
        for line, off in zip(lines, parts, strict=True):
            if promotion.is_for(line):
                assert abs(off * whole - sum(parts) * line.price) < whole or whole == 0

    @given(promotions, baskets, st.randoms(use_true_random=False))
    def test_are_the_same_in_whatever_order_tickets_come(self, promotion, lines, random):
        shuffled = random.sample(lines, len(lines))
        expected = dict(zip(seats_of(lines), discounts(promotion, lines), strict=True))
        assert expected == dict(
            zip(seats_of(shuffled), discounts(promotion, shuffled), strict=True)
        )

    @given(baskets, st.integers(0, 100), st.integers(0, 100))
    def test_of_a_larger_percentage_are_never_less(self, lines, one, other):
        low, high = (
            sum(discounts(a_promotion(off=Percentage(percent)), lines))
            for percent in sorted([one, other])
        )
        assert low <= high

    @given(baskets)
    def test_of_a_hundred_percent_make_it_free(self, lines):
        quote = Quote(ShowPrice(0, (), 0), tuple(lines))
        assert discounted(a_promotion(off=Percentage(100)), quote).total == 0


class TestDiscounted:
    @given(promotions, baskets)
    def test_every_ticket_keeps_an_exact_price(self, promotion, lines):
        before = Quote(ShowPrice(0, (), 0), tuple(lines))
        after = discounted(promotion, before)
        assert after.subtotal - after.discount == after.total == sum(x.due for x in after.lines)
        assert after.subtotal == before.subtotal

    @given(promotions, promotions, baskets)
    def test_a_second_promotion_takes_the_place_of_the_first(self, one, other, lines):
        assume(one != other)
        plain = Quote(ShowPrice(0, (), 0), tuple(lines))
        assert discounted(other, discounted(one, plain)) == discounted(other, plain)
