"""Rivals for one reservation and its money, on a real database with a connection each."""

from datetime import timedelta
from functools import partial

import pytest
import stripe as stripe_package
from post_office.models import Email
from rest_framework.test import APIClient

from cinema_reservation.tests.racing import at_once
from payments import books, checkout, refunds, rounds, settlement
from payments.models import Payment, PaymentState, Refund, RefundState, WebhookEvent
from payments.tests.books import assert_settled
from payments.tests.moments import HOUR, INSTANT, NOW
from payments.tests.rows import state_of
from reservation import booking, claims, errors
from reservation.models import Reservation, ReservationState, Ticket
from reservation.tests.factories import held

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.race,
    pytest.mark.usefixtures("it_is_now", "adult"),
]

HELD, CONFIRMED = ReservationState.HELD, ReservationState.CONFIRMED
CANCELLED, EXPIRED = ReservationState.CANCELLED, ReservationState.EXPIRED


@pytest.fixture
def paid(stripe, page):
    """A page that was paid, of which we have not heard yet."""
    stripe.pay(page.session_id)
    return page


def assert_keeps_its_seats(reservation):
    assert state_of(reservation) == CONFIRMED
    assert reservation.tickets.live().count() == 2


def sync(page, at=NOW):
    return checkout.sync(page.session_id, at=at)


class TestReservationLock:
    """Between a verb's look at the state and its change of it, nobody else changes it."""

    AT_LAST = NOW + timedelta(minutes=10) - INSTANT
    TOO_LATE = NOW + timedelta(minutes=10)

    def test_confirming_keeps_cancelling_waiting(self, reservation, intrude):
        cancel = partial(booking.cancel, reservation_id=reservation.pk, at=NOW)
        rival = intrude(claims, "has_lost_seats", cancel, after=True)
        booking.confirm(reservation_id=reservation.pk, at=NOW)
        assert rival.outcome.confirmed_at == NOW
        assert state_of(reservation) == CANCELLED
        assert not Ticket.objects.live().exists()

    def test_confirming_keeps_expiring_waiting(self, reservation, intrude):
        expire = partial(booking.expire, reservation_id=reservation.pk, at=self.TOO_LATE)
        rival = intrude(claims, "has_lost_seats", expire, after=True)
        booking.confirm(reservation_id=reservation.pk, at=self.AT_LAST)
        assert rival.outcome is False
        assert_keeps_its_seats(reservation)

    @pytest.mark.parametrize("cancel", [booking.cancel, booking.cancel_by_house])
    def test_cancelling_keeps_confirming_waiting(self, reservation, intrude, cancel):
        confirm = partial(booking.confirm, reservation_id=reservation.pk, at=NOW)
        rival = intrude(booking, "_cancel", confirm)
        cancel(reservation_id=reservation.pk, at=NOW)
        assert isinstance(rival.outcome, errors.ReservationCancelled)
        assert not Ticket.objects.live().exists()

    @pytest.mark.parametrize("end", [booking.expire, booking.end_unsold])
    def test_expiring_keeps_confirming_waiting(self, reservation, intrude, end):
        confirm = partial(booking.confirm, reservation_id=reservation.pk, at=self.TOO_LATE)
        rival = intrude(booking, "_expire", confirm)
        end(reservation_id=reservation.pk, at=self.TOO_LATE)
        assert rival.outcome.state == CONFIRMED
        assert_keeps_its_seats(reservation)

    def prolong(self, verb, reservation):
        more = {"until": NOW + HOUR} if verb is booking.extend else {}
        verb(reservation_id=reservation.pk, at=self.AT_LAST, **more)

    @pytest.mark.parametrize("verb", [booking.extend, booking.await_payment])
    def test_prolonging_keeps_expiring_waiting(self, reservation, intrude, verb):
        expire = partial(booking.expire, reservation_id=reservation.pk, at=self.TOO_LATE)
        rival = intrude(claims, "has_lost_seats", expire, after=True)
        self.prolong(verb, reservation)
        assert rival.outcome is False
        assert state_of(reservation) == HELD
        assert Ticket.objects.live().count() == 2


class TestShowLock:
    """Who relies on seats keeps everybody else from them until that is written down."""

    def test_confirming_at_last_keeps_the_next_in_line_waiting(
        self, reservation, intrude, stranger, place
    ):
        end = reservation.expires_at
        rival = intrude(
            claims, "has_lost_seats", partial(held, stranger, *place, at=end), after=True
        )
        booking.confirm(reservation_id=reservation.pk, at=end - INSTANT)
        assert isinstance(rival.outcome, errors.SeatsTaken)
        assert_keeps_its_seats(reservation)

    @pytest.mark.parametrize("verb", [booking.extend, booking.await_payment])
    def test_prolonging_at_last_keeps_the_next_in_line_waiting(
        self, reservation, intrude, stranger, place, verb
    ):
        end = reservation.expires_at
        rival = intrude(
            claims, "has_lost_seats", partial(held, stranger, *place, at=end), after=True
        )
        TestReservationLock().prolong(verb, reservation)
        assert isinstance(rival.outcome, errors.SeatsTaken)
        assert reservation.tickets.live().count() == 2

    def test_the_next_in_line_keeps_confirming_waiting(
        self, reservation, intrude, stranger, place
    ):
        end = reservation.expires_at
        confirm = partial(booking.confirm, reservation_id=reservation.pk, at=end - INSTANT)
        rival = intrude(claims, "free_or_refuse", confirm, after=True)
        theirs = held(stranger, *place, at=end)
        assert isinstance(rival.outcome, errors.SeatsTaken)
        assert theirs.tickets.live().count() == 2
        assert not reservation.tickets.live().exists()


class TestSettle:
    @pytest.fixture
    def owed(self, stripe, reservation, paid):
        """A paid reservation that was cancelled, and its money that is still here."""
        sync(paid)
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        return paid

    def settle(self, reservation, at=NOW):
        return partial(settlement.settle, reservation_id=reservation.pk, at=at)

    def test_against_settle_sends_one_refund(self, stripe, reservation, owed, intrude):
        rival = intrude(settlement, "_write_refunds", self.settle(reservation))
        self.settle(reservation)()
        assert rival.outcome is None
        assert len(stripe.refunds) == Refund.objects.count() == 1
        assert_settled(stripe, reservation)

    def test_of_ten_at_once_sends_one_refund(self, stripe, reservation, owed):
        assert at_once([self.settle(reservation)] * 10) == [None] * 10
        assert len(stripe.refunds) == Refund.objects.count() == 1
        assert_settled(stripe, reservation)

    @pytest.mark.parametrize("after", [False, True])
    def test_against_cancel_keeps_what_is_due_and_no_more(
        self, stripe, reservation, paid, intrude, after
    ):
        cancel = partial(booking.cancel, reservation_id=reservation.pk, at=NOW)
        rival = intrude(booking, "confirm", cancel, after=after)
        sync(paid)
        assert isinstance(rival.outcome, Reservation)
        rounds.all_rounds(at=NOW)
        assert state_of(reservation) == CANCELLED
        assert_settled(stripe, reservation)

    def test_clears_no_mark_of_money_that_came_after_its_look(
        self, stripe, reservation, paid, intrude
    ):
        """Whoever learned of the money crashes before settling; only the mark is left."""
        session = checkout.gateway.retrieve_session(paid.session_id)
        rival = intrude(
            books,
            "_lock_payments",
            partial(checkout._move_forward, paid.pk, session, NOW),
            after=True,
        )
        self.settle(reservation)()
        assert rival.outcome.state == PaymentState.PAID
        rounds.settle_unsettled(at=NOW)
        assert_keeps_its_seats(reservation)
        assert_settled(stripe, reservation)

    @pytest.mark.parametrize("another_page", [False, True])
    def test_clears_no_mark_of_a_cancellation_that_came_after_its_look(
        self, stripe, reservation, paid, intrude, another_page
    ):
        sync(paid)
        if another_page:
            Payment.objects.create(
                reservation=reservation,
                state=PaymentState.OPEN,
                amount=2500,
                currency="usd",
                idempotency_key="another",
                parameters={},
                expires_at=NOW + HOUR,
            )
        Reservation.objects.update(settle_after=NOW)  # as a crash leaves it
        cancel = partial(booking.cancel, reservation_id=reservation.pk, at=NOW)
        rival = intrude(settlement, "_look_again", cancel)
        self.settle(reservation)()
        assert isinstance(rival.outcome, Reservation)
        rounds.settle_unsettled(at=NOW)
        assert_settled(stripe, reservation)

    def test_clears_no_mark_of_a_refund_that_fails_meanwhile(
        self, stripe, reservation, owed, intrude
    ):
        stripe.refunds_stay_pending()
        self.settle(reservation)()
        refund = Refund.objects.get()
        stripe.fail_refund(refund.stripe_id)
        stripe.refunds_stay_pending(pending=False)
        Reservation.objects.update(settle_after=NOW)  # as the one before it left it
        fail = partial(refunds._move, refund, RefundState.FAILED, at=NOW)
        rival = intrude(settlement, "_look_again", fail)
        self.settle(reservation)()
        assert rival.outcome is None
        rounds.settle_unsettled(at=NOW + 2 * HOUR)
        assert_settled(stripe, reservation)


class TestSync:
    def test_with_old_news_does_not_undo_new_ones(
        self, stripe, reservation, page, intrude, monkeypatch
    ):
        """The first has asked Stripe before the page was paid, the rival after."""
        retrieve = checkout.gateway.retrieve_session
        old = retrieve(page.session_id)
        stripe.pay(page.session_id)
        news = iter([old])
        monkeypatch.setattr(
            checkout.gateway, "retrieve_session", lambda pk: next(news, None) or retrieve(pk)
        )
        rival = intrude(booking, "lock", partial(sync, page))
        sync(page)
        assert rival.outcome.state == PaymentState.PAID
        assert Payment.objects.get().state == PaymentState.PAID
        assert_keeps_its_seats(reservation)
        assert_settled(stripe, reservation)

    @pytest.mark.parametrize("end", [booking.expire, booking.end_unsold])
    def test_against_expire_keeps_the_seats_that_were_paid(
        self, stripe, reservation, paid, intrude, end
    ):
        late = Reservation.objects.get().expires_at
        rival = intrude(checkout, "_state", partial(end, reservation_id=reservation.pk, at=late))
        sync(paid, at=late)
        assert not isinstance(rival.outcome, Exception)
        assert_keeps_its_seats(reservation)
        assert_settled(stripe, reservation)

    def test_against_the_round_that_expires_holds(self, stripe, reservation, paid, intrude):
        late = Reservation.objects.get().expires_at
        rival = intrude(checkout, "_state", partial(rounds.all_rounds, at=late))
        sync(paid, at=late)
        assert isinstance(rival.outcome, int)
        assert_keeps_its_seats(reservation)
        assert_settled(stripe, reservation)

    @pytest.mark.parametrize("moment", ["_state", "_keep_or_free_seats"])
    def test_against_cancel_sends_the_money_back(self, stripe, reservation, paid, intrude, moment):
        cancel = partial(booking.cancel, reservation_id=reservation.pk, at=NOW)
        rival = intrude(checkout, moment, cancel)
        sync(paid)
        assert isinstance(rival.outcome, Reservation)
        rounds.all_rounds(at=NOW)
        assert state_of(reservation) == CANCELLED
        assert_settled(stripe, reservation)

    def test_against_the_next_in_line_sells_every_seat_once(
        self, stripe, reservation, paid, stranger, place
    ):
        late = Reservation.objects.get().expires_at
        pay = partial(sync, paid, at=late)
        hold = partial(held, stranger, *place, at=late)
        paid_for, theirs = at_once([pay, hold])
        assert paid_for.state == PaymentState.PAID
        assert isinstance(theirs, Reservation | errors.SeatsTaken)
        won = CONFIRMED if isinstance(theirs, errors.SeatsTaken) else EXPIRED
        assert state_of(reservation) == won
        assert Ticket.objects.live().count() == 2
        assert_settled(stripe, reservation)


class TestPayButton:
    def press(self, owner, reservation):
        client = APIClient()
        client.force_authenticate(owner)
        return client.post(f"/api/create-checkout-session/{reservation.pk}/")

    def test_ten_clicks_open_one_page(self, stripe, owner, reservation):
        answers = at_once([partial(self.press, owner, reservation)] * 10)
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["checkout_url"] for answer in answers}) == 1
        assert len(stripe.sessions) == Payment.objects.count() == 1

    def test_a_second_click_waits_for_the_first_one_s_payment(self, stripe, reservation, intrude):
        click = partial(checkout.open_checkout, reservation_id=reservation.pk, at=NOW)
        rival = intrude(checkout, "_insert", click)
        payment = click()
        assert rival.outcome == payment
        assert rival.outcome.checkout_url == payment.checkout_url
        assert len(stripe.sessions) == Payment.objects.count() == 1


class TestWebhook:
    def test_twenty_times_at_once_is_one_transition(self, stripe, reservation, paid, settings):
        body = (
            '{"id": "evt_1", "type": "checkout.session.completed",'
            f' "data": {{"object": {{"id": "{paid.session_id}"}}}}}}'
        )
        (secret,) = settings.STRIPE_WEBHOOK_SECRETS
        sign = stripe_package.WebhookSignature.generate_signature_header

        def post():
            return APIClient().post(
                "/api/webhook/",
                data=body,
                content_type="application/json",
                headers={"Stripe-Signature": sign(body, secret)},
            )

        answers = at_once([post] * 20)
        assert [answer.status_code for answer in answers] == [200] * 20
        assert WebhookEvent.objects.get().outcome == "payment paid"
        assert Email.objects.count() == 1  # the confirmation
        assert_keeps_its_seats(reservation)
        assert_settled(stripe, reservation)
