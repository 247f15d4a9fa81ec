import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.models import venue
from reservation.rules.pricing import (
    HIGHEST_PRICE,
    Applied,
    ShowPrice,
    Wanted,
    quote,
    ticket_price,
)

amounts = st.integers(0, 10**9)
percentages = st.integers(0, 100)


def test_half_a_cent_is_rounded_up():
    assert ticket_price(show_price=125, surcharge=0, percentage=50) == 63


def test_the_share_counts_for_the_surcharge_too():
    assert ticket_price(show_price=1000, surcharge=400, percentage=70) == 980


@given(amounts, amounts)
def test_a_full_price_ticket_costs_show_and_category(price, surcharge):
    assert ticket_price(show_price=price, surcharge=surcharge, percentage=100) == price + surcharge


@given(amounts, amounts)
def test_a_free_ticket_costs_nothing(price, surcharge):
    assert ticket_price(show_price=price, surcharge=surcharge, percentage=0) == 0


@given(amounts, amounts, percentages)
def test_rounding_moves_a_price_by_half_a_minor_unit_at_most(price, surcharge, percentage):
    exact_hundredfold = (price + surcharge) * percentage
    asked = ticket_price(show_price=price, surcharge=surcharge, percentage=percentage)
    assert abs(asked * 100 - exact_hundredfold) <= 50


@given(amounts, amounts, percentages, percentages)
def test_a_larger_share_never_costs_less(price, surcharge, one, other):
    small, large = sorted([one, other])
    assert ticket_price(show_price=price, surcharge=surcharge, percentage=small) <= ticket_price(
        show_price=price, surcharge=surcharge, percentage=large
    )


@given(amounts, amounts, percentages)
def test_amounts_stay_whole(price, surcharge, percentage):
    assert isinstance(
        ticket_price(show_price=price, surcharge=surcharge, percentage=percentage), int
    )


@pytest.mark.parametrize(
    ("price", "surcharge", "percentage", "asked"),
    [
        (1, 0, 50, 1),  # 0.5
        (1, 0, 49, 0),  # 0.49
        (999, 0, 50, 500),  # 499.5
        (1050, 0, 75, 788),  # 787.5
        (1050, 1, 75, 788),  # 788.25
        (1250, 300, 70, 1085),
        (333, 333, 33, 220),  # 219.78
        (HIGHEST_PRICE, HIGHEST_PRICE, 100, 2 * HIGHEST_PRICE),
        (HIGHEST_PRICE, HIGHEST_PRICE, 0, 0),
    ],
)
def test_prices_are_rounded_once_for_show_and_category_together(
    price, surcharge, percentage, asked
):
    assert asked == ticket_price(show_price=price, surcharge=surcharge, percentage=percentage)


def test_the_highest_price_is_the_one_that_tables_keep():
    assert venue.HIGHEST_PRICE == HIGHEST_PRICE


def a_wanted(seat_id, surcharge=0, percentage=100):
    return Wanted(
        seat_id=seat_id,
        category_id=1,
        surcharge=surcharge,
        ticket_type_id=1,
        percentage=percentage,
    )


prices = st.integers(0, HIGHEST_PRICE)
baskets = st.lists(st.tuples(prices, percentages), max_size=10).map(
    lambda tickets: [a_wanted(seat, *ticket) for seat, ticket in enumerate(tickets)]
)
show_prices = prices.map(lambda amount: ShowPrice(amount, (), amount))


class TestQuote:
    @given(show_prices, baskets)
    def test_names_each_seat_at_the_price_it_is_sold_for(self, show, wanted):
        asked = quote(show=show, wanted=wanted)
        assert [(line.seat_id, line.price) for line in asked.lines] == [
            (
                one.seat_id,
                ticket_price(
                    show_price=show.amount, surcharge=one.surcharge, percentage=one.percentage
                ),
            )
            for one in wanted
        ]

    def test_starts_from_the_price_that_the_rules_left(self):
        matinee = ShowPrice(1000, (Applied(1, "Matinee", -200),), 800)
        (line,) = quote(show=matinee, wanted=[a_wanted(7, 300, 50)]).lines
        assert (line.show_price, line.full_price, line.price, line.due) == (800, 1100, 550, 550)

    @given(show_prices, baskets, st.data())
    def test_lines_less_the_discount_make_the_total(self, show, wanted, data):
        plain = quote(show=show, wanted=wanted)
        off = [data.draw(st.integers(0, line.price)) for line in plain.lines]
        asked = plain.less(off)
        assert asked.discount == sum(off)
        assert asked.subtotal == plain.subtotal == plain.total
        assert asked.subtotal - asked.discount == asked.total
        assert asked.total == sum(line.due for line in asked.lines)

    @given(show_prices, baskets)
    def test_of_ten_seats_is_never_more_than_stripe_takes(self, show, wanted):
        assert 0 <= quote(show=show, wanted=wanted).total <= 99_999_999

    @given(show_prices, baskets)
    def test_costs_the_same_in_whatever_order_seats_are_named(self, show, wanted):
        backwards = quote(show=show, wanted=wanted[::-1])
        assert backwards.lines == quote(show=show, wanted=wanted).lines[::-1]

    @pytest.mark.parametrize("off", [[-1], [801], [], [1, 1]])
    def test_never_takes_off_what_is_not_there(self, off):
        plain = quote(show=ShowPrice(800, (), 800), wanted=[a_wanted(7)])
        with pytest.raises(ValueError):
            plain.less(off)
