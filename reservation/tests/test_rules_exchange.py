import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.rules.exchange import Cheaper, Dearer, Even, difference

totals = st.integers(0, 10**8)


def due(total, waived):
    return max(total - waived, 0)


def moved(change):
    """What the customer pays more in the end; with a minus, what goes back."""
    match change:
        case Dearer(pay):
            return pay
        case Cheaper(refund):
            return -refund
        case Even():
            return 0


def between(old, new, waived=0):
    return difference(old_total=old, waived=waived, new_total=new)


@pytest.mark.parametrize(
    ("old", "waived", "new", "change"),
    [
        (1200, 0, 1500, Dearer(300)),
        (1200, 0, 400, Cheaper(800)),
        (1200, 0, 1200, Even()),
        (1200, 500, 1500, Dearer(300)),
        (1200, 500, 1000, Cheaper(200)),
        (1200, 500, 400, Cheaper(700)),  # 7.00 are all that we keep
        (1200, 1200, 1000, Even()),  # nothing is kept, nothing goes back
        (1200, 1200, 1500, Dearer(300)),
        (0, 0, 1200, Dearer(1200)),
        (1200, 0, 0, Cheaper(1200)),
    ],
)
def test_what_is_due_before_and_after_makes_the_difference(old, waived, new, change):
    assert between(old, new, waived) == change


@given(totals, totals, totals)
def test_after_it_what_is_kept_is_what_is_due(old, new, waived):
    kept = due(old, waived)
    assert kept + moved(between(old, new, waived)) == due(new, waived)


@given(totals, totals, totals)
def test_never_sends_back_more_than_is_kept(old, new, waived):
    assert -moved(between(old, new, waived)) <= due(old, waived)


@given(totals, totals, totals)
def test_there_and_back_again_costs_nothing(old, new, waived):
    assert moved(between(old, new, waived)) == -moved(between(new, old, waived))


@given(totals, totals, totals, totals)
def test_in_steps_costs_the_same_as_at_once(one, other, last, waived):
    steps = moved(between(one, other, waived)) + moved(between(other, last, waived))
    assert steps == moved(between(one, last, waived))


@given(totals, totals, totals)
def test_names_an_amount_only_where_money_moves(old, new, waived):
    change = between(old, new, waived)
    assert (change == Even()) is (moved(change) == 0)
    assert isinstance(change, Even) or (isinstance(change, Dearer) is (moved(change) > 0))
