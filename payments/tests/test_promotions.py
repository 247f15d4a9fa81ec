"""What promo codes do to money: paid too late for the use, nothing to pay, a free ticket."""

import pytest

from conftest import client_of
from payments import checkout
from payments.models import Payment
from payments.tests.books import assert_settled
from payments.tests.moments import HOUR, NOW
from payments.tests.rows import state_of
from reservation import booking, holding
from reservation.models import Promotion, Reservation, ReservationState, TicketType
from reservation.sale import SeatChoice
from reservation.tests.factories import PromotionFactory, held, show_with_seats

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("it_is_now")]

LATE = NOW + 2 * HOUR


@pytest.fixture
def once():
    return PromotionFactory(limit=1)


@pytest.fixture
def cheaper(owner, place, once):
    """The owner's hold with the last use of the code: 20.00 instead of 25.00."""
    return held(owner, *place, at=NOW, promo_code=once.code)


def paid_page_of(stripe, reservation):
    page = checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
    stripe.pay(page.session_id)
    return page


@pytest.fixture
def late(stripe, cheaper):
    """Paid on a page of which we hear after the hold has ended."""
    return paid_page_of(stripe, cheaper)


class TestPaidTooLate:
    @pytest.mark.parametrize("tidied_up", [True, False])
    def test_for_a_use_that_is_another_s_goes_back(
        self, stripe, cheaper, late, stranger, once, tidied_up
    ):
        if tidied_up:
            booking.expire(reservation_id=cheaper.pk, at=LATE)
        theirs = held(stranger, *show_with_seats(1), at=LATE, promo_code=once.code)
        checkout.sync(late.session_id, at=LATE)
        assert state_of(cheaper) == ReservationState.EXPIRED
        assert not cheaper.tickets.live().exists()
        assert_settled(stripe, cheaper)
        (refund,) = stripe.refunds
        assert refund["amount"] == 2000
        assert state_of(theirs) == ReservationState.HELD

    def test_for_a_use_that_nobody_wanted_is_good(self, stripe, cheaper, late):
        booking.expire(reservation_id=cheaper.pk, at=LATE)
        checkout.sync(late.session_id, at=LATE)
        assert state_of(cheaper) == ReservationState.CONFIRMED
        assert_settled(stripe, cheaper)

    def test_for_a_code_that_is_over_keeps_its_promise(self, stripe, cheaper, late):
        booking.expire(reservation_id=cheaper.pk, at=LATE)
        Promotion.objects.update(is_active=False, valid_until=NOW)
        checkout.sync(late.session_id, at=LATE)
        assert state_of(cheaper) == ReservationState.CONFIRMED
        assert_settled(stripe, cheaper)

    def test_as_often_as_one_may_goes_back(self, stripe, owner, cheaper, late):
        booking.expire(reservation_id=cheaper.pk, at=LATE)
        Promotion.objects.update(limit=None, limit_per_user=1)
        held(owner, *show_with_seats(1), at=LATE, promo_code=Promotion.objects.get().code)
        checkout.sync(late.session_id, at=LATE)
        assert state_of(cheaper) == ReservationState.EXPIRED
        assert_settled(stripe, cheaper)

    def test_is_no_page_that_can_still_be_opened(self, stripe, owner, stranger, cheaper, once):
        """Its end is lost, by the clock of whoever took the use; by ours it is alive."""
        held(stranger, *show_with_seats(1), at=cheaper.expires_at, promo_code=once.code)
        answer = client_of(owner).post(f"/api/create-checkout-session/{cheaper.pk}/")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "hold_expired")
        assert not Payment.objects.exists()


def test_in_time_is_good_whatever_the_limit_is_by_then(stripe, cheaper, late):
    Promotion.objects.update(limit=None, limit_per_user=1, is_active=False)
    checkout.sync(late.session_id, at=NOW)
    assert state_of(cheaper) == ReservationState.CONFIRMED
    assert_settled(stripe, cheaper)


def test_a_code_that_makes_it_free_leaves_nothing_to_pay(stripe, owner, place):
    show, seats = place
    PromotionFactory(code="GUEST", percentage=100)
    client = client_of(owner)
    body = {"showtime": show.pk, "seats": [seat.pk for seat in seats], "promo_code": "guest"}
    made = client.post("/api/reservation/", body).json()
    assert (made["state"], made["total"]["amount"]) == ("held", 0)
    answer = client.post(f"/api/create-checkout-session/{made['id']}/")
    assert answer.json() == {"checkout_url": None, "session_id": None, "expires_at": None}
    status = client.get(f"/api/payment-status/{made['id']}/").json()
    assert (status["status"], status["reservation_state"]) == ("paid", "confirmed")
    assert len(client.get(f"/api/reservation/{made['id']}/").json()["tickets"]) == 2
    assert not stripe.requests


def test_a_ticket_for_nothing_beside_one_that_is_paid_for(stripe, owner, place):
    show, seats = place
    child = TicketType.objects.create(name="Child", percentage=50)
    promotion = PromotionFactory(percentage=100)
    promotion.ticket_types.add(child)
    family = holding.hold(
        user_id=owner.pk,
        show_id=show.pk,
        choices=[SeatChoice(seats[0].pk), SeatChoice(seats[1].pk, child.pk)],
        promo_code=promotion.code,
        at=NOW,
    )
    assert [ticket.price for ticket in family.tickets.all()] == [1250, 0]
    page = paid_page_of(stripe, family)
    checkout.sync(page.session_id, at=NOW)
    assert state_of(family) == ReservationState.CONFIRMED
    assert Payment.objects.get().amount_received == 1250
    assert_settled(stripe, family)


def test_a_fee_is_of_what_was_paid(stripe, cheaper, late):
    checkout.sync(late.session_id, at=NOW)
    Reservation.objects.update(cancellation_policy=[{"hours_before": 0, "refund_percent": 50}])
    booking.cancel(reservation_id=cheaper.pk, at=NOW)
    checkout.sync(late.session_id, at=NOW)
    assert Reservation.objects.get().cancellation_fee == 1000
    assert_settled(stripe, cheaper)
