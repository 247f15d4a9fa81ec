from hypothesis import given
from hypothesis import strategies as st

from reservation.rules.pricing import ticket_price

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
