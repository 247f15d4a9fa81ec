"""What goes wrong with money, late or for long, and still comes to rest.

Most of these were found by looking for them; each stays as its own test.
"""

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.db import OperationalError
from django.utils import timezone

from cinema_reservation import mail
from payments import checkout, refunds, rounds, settlement
from payments.management.commands import work
from payments.models import Payment, PaymentState, Refund, RefundState
from payments.tests.books import assert_settled
from reservation import booking, programme
from reservation.models import Reservation, ReservationState, Ticket
from reservation.tests.factories import confirmed, held, show_with_seats

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def state_of(reservation):
    return Reservation.objects.get(pk=reservation.pk).state


class TestClocksThatLag:
    """Whoever looked at the clock before the lock was free, or has another clock."""

    def test_a_hold_that_lost_its_seats_is_not_confirmed_without_them(
        self, stripe, reservation, page, stranger, place
    ):
        before_the_end = Reservation.objects.get().expires_at - MINUTE
        stripe.pay(page.session_id)
        theirs = held(stranger, *place, at=before_the_end + 2 * MINUTE)
        checkout.sync(page.session_id, at=before_the_end)
        assert state_of(reservation) == ReservationState.EXPIRED
        assert Ticket.objects.live().filter(reservation=theirs).count() == 2
        assert_settled(stripe, reservation)

    def test_a_hold_that_lost_its_seats_is_not_prolonged(self, reservation, stranger, place):
        before_the_end = reservation.expires_at - MINUTE
        held(stranger, *place, at=before_the_end + 2 * MINUTE)
        with pytest.raises(booking.errors.HoldExpired):
            booking.extend(
                reservation_id=reservation.pk,
                until=before_the_end + HOUR,
                at=before_the_end,
            )


class TestRefundsThatFail:
    def test_a_refused_refund_is_tried_again_with_a_new_key(self, stripe, reservation, paid):
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        stripe.fail_next(400, times=1, path="/v1/refunds", method="POST")
        rounds.all_rounds(at=timezone.now())
        assert Refund.objects.get().state == RefundState.FAILED
        rounds.all_rounds(at=timezone.now() + 2 * HOUR)
        assert len({refund.idempotency_key for refund in Refund.objects.all()}) == 2
        assert_settled(stripe, reservation)

    def test_a_refusal_because_staff_were_faster_is_understood(self, stripe, reservation, paid):
        stripe.refund_in_dashboard(paid.payment_intent_id)
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        rounds.all_rounds(at=timezone.now() + 2 * HOUR)
        assert_settled(stripe, reservation)

    def test_what_fails_after_days_waits_an_hour_like_the_rest(self, stripe, reservation, paid):
        stripe.refunds_stay_pending()
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        stripe.fail_refund(stripe.refunds[0]["id"])
        later = timezone.now() + 3 * DAY
        rounds.send_refunds(at=later)
        rounds.settle_unsettled(at=later + MINUTE)
        assert Refund.objects.count() == 1

    def test_a_pending_refund_is_asked_after_every_few_minutes_only(
        self, stripe, reservation, paid
    ):
        stripe.refunds_stay_pending()
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        later = timezone.now() + 10 * MINUTE
        rounds.send_refunds(at=later)
        asked = len(stripe.requests)
        rounds.send_refunds(at=later + timedelta(seconds=2))
        assert len(stripe.requests) == asked

    def test_money_that_was_given_up_buys_nothing_when_its_refund_fails(
        self, stripe, reservation, page, stranger, place
    ):
        stripe.pay(page.session_id)
        stripe.refunds_stay_pending()
        late = timezone.now() + HOUR
        rival = held(stranger, *place, at=late)
        checkout.sync(page.session_id, at=late)
        booking.cancel(reservation_id=rival.pk, at=late)
        stripe.fail_refund(stripe.refunds[0]["id"])
        settlement.import_from_stripe(Payment.objects.get(), at=late)
        assert state_of(reservation) == ReservationState.EXPIRED

    def test_giving_up_does_not_depend_on_who_tidied_up(
        self, stripe, reservation, page, stranger, place
    ):
        stripe.pay(page.session_id)
        late = timezone.now() + HOUR
        booking.expire(reservation_id=reservation.pk, at=late)
        held(stranger, *place, at=late)
        checkout.sync(page.session_id, at=late)
        assert state_of(reservation) == ReservationState.EXPIRED
        assert_settled(stripe, reservation)

    def test_a_part_that_is_left_of_a_dead_hold_s_payment_goes_back(
        self, stripe, reservation, page, monkeypatch
    ):
        stripe.pay(page.session_id)
        with monkeypatch.context() as crash:
            crash.setattr(settlement, "settle", lambda **_: None)
            payment = checkout.sync(page.session_id, at=timezone.now())
        stripe.refund_in_dashboard(payment.payment_intent_id, 1000)
        refunds.ask_after(payment, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        assert state_of(reservation) == ReservationState.HELD
        for hours in (1, 2):
            rounds.all_rounds(at=timezone.now() + hours * HOUR)
        assert_settled(stripe, reservation)
        assert state_of(reservation) == ReservationState.EXPIRED


class TestPagesThatNeverEnd:
    def test_a_page_that_stripe_does_not_know_is_given_up(self, stripe, reservation, page):
        Payment.objects.update(session_id="cs_test_of_another_account")
        late = timezone.now() + HOUR
        rounds.all_rounds(at=late)
        assert Payment.objects.get().state == PaymentState.EXPIRED
        assert state_of(reservation) == ReservationState.EXPIRED

    def test_a_retry_after_an_outage_asks_anew_where_the_old_question_is_out_of_date(
        self, stripe, reservation
    ):
        stripe.drop_next("before", path="/v1/checkout/sessions", times=3)
        at = timezone.now()
        with pytest.raises(checkout.gateway.StripeUnavailable):
            checkout.open_checkout(reservation_id=reservation.pk, at=at)
        stripe.advance(8 * 60)
        payment = checkout.open_checkout(reservation_id=reservation.pk, at=at + 8 * MINUTE)
        assert payment.state == PaymentState.OPEN
        assert Payment.objects.live().count() == 1

    def test_a_payment_that_never_reached_stripe_is_finished_by_the_worker(
        self, stripe, reservation
    ):
        stripe.drop_next("after", path="/v1/checkout/sessions", times=3)
        with pytest.raises(checkout.gateway.StripeUnavailable):
            checkout.open_checkout(reservation_id=reservation.pk, at=timezone.now())
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now() + MINUTE)
        assert [session["status"] for session in stripe.sessions] == ["expired"]
        assert not Payment.objects.live().exists()


class TestBankPayments:
    """Cards only is what we ask for; should Stripe take a slow one, the seats wait."""

    @pytest.fixture
    def ordered(self, stripe, page):
        stripe.pay(page.session_id, outcome="later")
        return checkout.sync(page.session_id, at=timezone.now())

    def test_the_seats_wait_for_the_bank(self, stripe, reservation, ordered, stranger, place):
        assert ordered.state == PaymentState.PROCESSING
        with pytest.raises(booking.errors.SeatsTaken):
            held(stranger, *place, at=timezone.now() + 2 * HOUR)
        with pytest.raises(checkout.PaymentProcessing):
            checkout.open_checkout(reservation_id=reservation.pk, at=timezone.now())
        stripe.settle_later(ordered.session_id, succeeded=True)
        checkout.sync(ordered.session_id, at=timezone.now() + 2 * HOUR)
        assert state_of(reservation) == ReservationState.CONFIRMED

    def test_the_seats_are_free_when_the_bank_refuses(self, stripe, reservation, ordered, place):
        stripe.settle_later(ordered.session_id, succeeded=False)
        payment = checkout.sync(ordered.session_id, at=timezone.now())
        assert payment.state == PaymentState.FAILED
        assert state_of(reservation) == ReservationState.EXPIRED
        assert not Ticket.objects.live().exists()


class TestCancelledShows:
    def test_everybody_gets_their_money_back_by_itself(self, stripe, reservation, paid):
        programme.cancel(show_id=reservation.showtime_id, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        assert state_of(reservation) == ReservationState.CANCELLED
        assert_settled(stripe, reservation)

    def test_who_cancels_first_pays_no_fee(self, owner, place):
        reservation = confirmed(owner, *place)
        show = reservation.showtime
        programme.cancel(show_id=show.pk, at=timezone.now())
        cancelled = booking.cancel(reservation_id=reservation.pk, at=show.starts_at - MINUTE)
        assert cancelled.cancellation_fee == 0


class TestQueues:
    def test_rows_that_can_t_be_helped_let_the_others_pass(
        self, stripe, owner, reservation, paid, monkeypatch
    ):
        monkeypatch.setattr(rounds, "ROWS_PER_ROUND", 1)
        stuck = confirmed(owner, *show_with_seats(1))
        booking.cancel(reservation_id=stuck.pk, at=timezone.now() - MINUTE)
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        settle = settlement.settle

        def fail_for_the_stuck(*, reservation_id, at):
            if reservation_id == stuck.pk:
                raise ValueError("stuck")
            settle(reservation_id=reservation_id, at=at)

        monkeypatch.setattr(settlement, "settle", fail_for_the_stuck)
        for _ in range(2):
            rounds.settle_unsettled(at=timezone.now())
        assert len(stripe.refunds) == 1

    def test_two_workers_look_at_a_payment_once(self, stripe, page):
        later = timezone.now() + 10 * MINUTE
        mine, theirs = Payment.objects.get(), Payment.objects.get()
        assert Payment.objects.claim(mine, at=later)
        assert not Payment.objects.claim(theirs, at=later)


class TestWorker:
    @pytest.fixture(autouse=True)
    def _one_connection(self, monkeypatch):
        """The test's transaction would not survive a worker's care for its connections."""
        monkeypatch.setattr(work, "close_old_connections", lambda: None)
        monkeypatch.setattr(work.connections, "close_all", lambda: None)

    def test_stripe_being_away_keeps_no_mail_and_no_hold_from_its_turn(
        self, stripe, reservation, page, owner
    ):
        Payment.objects.update(looked_at=timezone.now() - HOUR)
        overdue = held(owner, *show_with_seats(1), at=timezone.now() - HOUR)
        outbox.send_mail("Hello", "There", None, ["olivia@example.com"])
        stripe.fail_next(500, times=50)
        sent = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mail, "send_queued", lambda: sent.append(True))
            work.work_once()
        assert sent
        assert state_of(overdue) == ReservationState.EXPIRED

    def test_one_broken_task_does_not_stop_the_others(self, monkeypatch):
        def fail(**_):
            raise OperationalError("gone")

        sent = []
        monkeypatch.setattr(rounds, "ROUNDS", (fail,))
        monkeypatch.setattr(work.otp, "answer_requests", fail)
        monkeypatch.setattr(mail, "send_queued", lambda: sent.append(True))
        work.work_once()
        assert sent
