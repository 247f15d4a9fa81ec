"""The difference of an exchange is paid, and somebody or something else comes in between."""

from datetime import timedelta
from functools import partial

import pytest

from cinema_reservation.tests.racing import at_once
from cinema_reservation.tests.rivals import BEFORE_COMMIT, Moment, at
from payments import checkout, settlement
from payments.models import Payment, RefundReason
from payments.tests.books import assert_settled
from payments.tests.moments import INSTANT, NOW
from payments.tests.rows import state_of
from payments.tests.test_exchanges import exchange, open_page, refunds, show_of, work
from reservation import booking, errors, exchanging, replacements
from reservation.models import Exchange, ReservationState, Ticket
from reservation.tests.factories import held, show_with_seats

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.race,
    pytest.mark.usefixtures("it_is_now", "adult", "paid"),
]

PLACES_CHANGED = Moment(replacements, "change_places", after=True)
LOOKED_ALL_OVER = Moment(settlement, "_look_again", after=True)
while_dropping = at(Moment(replacements, "drop"), BEFORE_COMMIT)


@pytest.fixture
def dear():
    """Two seats of another show, for 15.00 each."""
    return show_with_seats(2, price=1500, starts_at=NOW + timedelta(days=3))


@pytest.fixture
def difference(stripe, reservation, paid, dear):
    """The open page for the difference of 5.00."""
    exchange(reservation, dear[1], show=dear[0])
    return open_page(reservation)


@pytest.fixture
def settle(stripe, reservation, difference):
    """The news that it was paid."""
    stripe.pay(difference.session_id)
    return partial(checkout.sync, difference.session_id, at=NOW)


@at(Moment(booking, "lock", after=True), PLACES_CHANGED, LOOKED_ALL_OVER, BEFORE_COMMIT)
def test_what_is_being_made_is_cancelled_once_it_is(stripe, reservation, settle, let_in, moment):
    cancel = partial(booking.cancel, reservation_id=reservation.pk, at=NOW)
    rival = let_in(moment, cancel)
    settle()
    assert rival.outcome.state == ReservationState.CANCELLED
    work(NOW)
    assert not Ticket.objects.live().exists()
    assert sum(amount for amount, _ in refunds()) == 3000
    assert_settled(stripe, reservation)
    assert rival.waited


@at(PLACES_CHANGED, LOOKED_ALL_OVER)
def test_what_is_made_is_not_dropped(stripe, reservation, settle, dear, let_in, moment):
    rival = let_in(moment, partial(exchanging.drop, reservation_id=reservation.pk, at=NOW))
    settle()
    assert rival.outcome is None
    assert show_of(reservation) == dear[0]
    assert_settled(stripe, reservation)
    assert rival.waited


@while_dropping
def test_what_is_dropped_is_not_made(stripe, reservation, settle, place, let_in, moment):
    rival = let_in(moment, settle)
    exchanging.drop(reservation_id=reservation.pk, at=NOW)
    assert rival.outcome is not None
    assert show_of(reservation) == place[0]
    assert refunds() == [(500, RefundReason.NOT_EXCHANGED)]
    assert_settled(stripe, reservation)


@while_dropping
def test_no_page_is_opened_for_what_is_dropped(reservation, paid, dear, let_in, moment):
    exchange(reservation, dear[1], show=dear[0])
    rival = let_in(moment, partial(open_page, reservation))
    exchanging.drop(reservation_id=reservation.pk, at=NOW)
    assert isinstance(rival.outcome, errors.AlreadyConfirmed)
    assert not Payment.objects.live().exists()
    assert rival.waited


def test_news_at_once_make_one_exchange(stripe, reservation, settle, dear):
    at_once([settle] * 8)
    assert show_of(reservation) == dear[0]
    assert not refunds()
    assert_settled(stripe, reservation)


def test_news_at_the_instant_of_its_end_leave_the_seats_with_one(
    stripe, reservation, difference, settle, dear, place, stranger
):
    end = Exchange.objects.get().replacement.expires_at
    outcomes = at_once(
        [
            partial(checkout.sync, difference.session_id, at=end),
            partial(held, stranger, dear[0], dear[1], at=end),
        ]
    )
    is_resold = not isinstance(outcomes[1], errors.SeatsTaken)
    assert show_of(reservation) == (place[0] if is_resold else dear[0])
    assert refunds() == ([(500, RefundReason.NOT_EXCHANGED)] if is_resold else [])
    assert Ticket.objects.live().filter(showtime=dear[0]).count() == 2
    assert_settled(stripe, reservation)


def test_clicks_at_once_open_one_page(stripe, reservation, paid, dear):
    exchange(reservation, dear[1], show=dear[0])
    pages = at_once([partial(open_page, reservation)] * 4)
    assert len({page.pk for page in pages}) == 1
    assert len(stripe.sessions) == 2


def test_control_what_is_heard_in_time_is_made(reservation, difference, settle, dear):
    end = Exchange.objects.get().replacement.expires_at
    checkout.sync(difference.session_id, at=end - INSTANT)
    assert show_of(reservation) == dear[0]
    assert state_of(Exchange.objects.get()) == "made"
