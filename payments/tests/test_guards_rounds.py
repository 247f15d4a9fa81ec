"""Small guards of the worker's rounds, each with the test that misses it."""

import pytest
from django.db import OperationalError

from payments import checkout, refunds, rounds, settlement
from payments.gateway import StripeUnavailable
from payments.models import Payment, PaymentState, Refund, RefundState
from payments.tests.moments import HOUR, INSTANT, MINUTE, NOW, SECOND
from payments.tests.rows import paid_row, refund_row, state_of
from reservation import booking
from reservation.models import Reservation, ReservationState
from reservation.tests.factories import held, show_with_seats

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("it_is_now")]


class TestRounds:
    def test_refunds_on_their_way_are_asked_after(self, stripe, reservation, paid):
        stripe.refunds_stay_pending()
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        stripe.succeed_refund(stripe.refunds[0]["id"])
        rounds.send_refunds(at=NOW + rounds.LOOK_AGAIN - INSTANT)
        assert Refund.objects.get().state == RefundState.PENDING
        rounds.send_refunds(at=NOW + rounds.LOOK_AGAIN)
        assert Refund.objects.get().state == RefundState.SUCCEEDED

    def test_stripe_being_away_ends_a_round(self):
        tried = []

        def ask(row):
            tried.append(row)
            raise StripeUnavailable

        assert rounds._each(range(3), ask) == 0
        assert tried == [0]

    def test_rows_that_fail_leave_the_others_to_their_turn(self):
        def fail(row):
            if row != 8:
                raise ValueError(row)

        assert rounds._each(range(9), fail) == 1

    def test_a_database_that_is_away_ends_a_round(self, monkeypatch):
        tried = []

        def fail(row):
            tried.append(row)
            raise OperationalError("the connection is closed")

        monkeypatch.setattr(rounds.connection, "is_usable", lambda: False)
        assert rounds._each(range(9), fail) == 0
        assert tried == [0]

    def test_a_hold_that_may_be_paid_or_is_not_settled_is_not_expired(self, owner):
        rows = [held(owner, *show_with_seats(1), at=NOW - HOUR) for _ in range(4)]
        unsettled, later, payable, _ = rows
        booking.settle_from(unsettled, NOW)
        booking.settle_from(later, NOW + SECOND)
        payment = paid_row(payable)
        Payment.objects.filter(pk=payment.pk).update(state=PaymentState.OPEN)
        rounds.expire_holds(at=NOW)
        assert [state_of(row) for row in rows] == ["held", "held", "held", "expired"]

    def before_another(self, monkeypatch, round_):
        """Run the round; another worker does the same between its question and its steps."""
        each = rounds._each

        def late(rows, step):
            found = list(rows)
            monkeypatch.setattr(rounds, "_each", each)
            round_(at=NOW + HOUR)
            return each(found, step)

        monkeypatch.setattr(rounds, "_each", late)
        round_(at=NOW + HOUR)

    def test_of_two_workers_one_looks_at_a_payment(self, page, monkeypatch):
        looked = []
        monkeypatch.setattr(checkout, "close", lambda payment, *, at: looked.append(payment))
        self.before_another(monkeypatch, rounds.look_at_payments)
        assert looked == [page]

    @pytest.mark.parametrize("stripe_id", [None, "re_known"])
    def test_of_two_workers_one_sends_or_asks_after_a_refund(
        self, reservation, monkeypatch, stripe_id
    ):
        turns = []
        monkeypatch.setattr(refunds, "send", lambda refund, **_: turns.append(refund))
        monkeypatch.setattr(settlement, "import_from_stripe", lambda of, **_: turns.append(of))
        payment = paid_row(reservation)
        refund = refund_row(payment, stripe_id=stripe_id, looked_at=NOW)
        self.before_another(monkeypatch, rounds.send_refunds)
        assert turns == [payment if stripe_id else refund]

    def test_of_two_workers_one_settles_a_reservation(self, reservation, monkeypatch):
        settled = []
        monkeypatch.setattr(settlement, "settle_now", lambda **what: settled.append(what))
        booking.settle_from(reservation, NOW)
        self.before_another(monkeypatch, rounds.settle_unsettled)
        assert settled == [{"reservation_id": reservation.pk, "at": NOW + HOUR}]
        assert Reservation.objects.get().settle_after == NOW + HOUR + rounds.RETRY_SETTLING

    def test_who_waits_longest_has_the_first_turn(self, owner, monkeypatch):
        turns = []
        monkeypatch.setattr(rounds, "ROWS_PER_ROUND", 1)
        monkeypatch.setattr(refunds, "send", lambda refund, **_: turns.append(refund))
        monkeypatch.setattr(
            settlement, "import_from_stripe", lambda found, **_: turns.append(found)
        )
        monkeypatch.setattr(checkout, "close", lambda payment, **_: turns.append(payment))
        for minutes in (1, 3, 2):
            at = NOW - HOUR - minutes * MINUTE
            dead = held(owner, *show_with_seats(1), at=at)
            booking.settle_from(dead, at)
            payment = paid_row(dead, looked_at=at, session_id=f"cs_{minutes}")
            for stripe_id in (None, f"re_{minutes}"):
                refund_row(payment, looked_at=at, stripe_id=stripe_id)
            Payment.objects.filter(pk=payment.pk).update(state=PaymentState.OPEN)
        oldest = Payment.objects.get(looked_at=NOW - HOUR - 3 * MINUTE)
        rounds.look_at_payments(at=NOW)
        rounds.send_refunds(at=NOW)
        assert turns == [oldest, oldest.refunds.get(stripe_id=None), oldest]
        Payment.objects.update(state=PaymentState.EXPIRED)
        with monkeypatch.context() as patch:
            patch.setattr(settlement, "settle_now", lambda **what: turns.append(what))
            rounds.settle_unsettled(at=NOW)
        assert turns[3:] == [{"reservation_id": oldest.reservation_id, "at": NOW}]
        Reservation.objects.update(settle_after=None)
        rounds.expire_holds(at=NOW)
        assert Reservation.objects.get(state=ReservationState.EXPIRED) == oldest.reservation

    def test_a_page_is_looked_at_sooner_once_nobody_waits_for_it(self, stripe, reservation, page):
        asked = len(stripe.requests)
        rounds.look_at_payments(at=NOW + MINUTE)
        assert len(stripe.requests) == asked
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        rounds.look_at_payments(at=NOW + rounds.LOOK_SOON - INSTANT)
        assert len(stripe.requests) == asked
        rounds.look_at_payments(at=NOW + rounds.LOOK_SOON)
        assert state_of(page) == PaymentState.EXPIRED

    def test_an_open_page_is_looked_at_and_left_open(self, stripe, page):
        rounds.look_at_payments(at=NOW + rounds.LOOK_AGAIN)
        assert state_of(page) == PaymentState.OPEN
        assert [request.method for request in stripe.requests] == ["POST", "GET"]

    def test_a_page_is_closed_at_the_instant_of_its_end(self, stripe, page):
        Payment.objects.update(looked_at=page.expires_at - MINUTE)
        rounds.look_at_payments(at=page.expires_at)
        assert state_of(page) == PaymentState.EXPIRED
