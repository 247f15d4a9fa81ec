"""Small guards of the settlement equation and its refunds, each with the test that misses it."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from payments import books, checkout, gateway, mail, refunds, rounds, settlement
from payments.gateway import StripeRefund
from payments.models import Refund, RefundReason, RefundState
from payments.models.payment import RETRY_FAILED_REFUND
from payments.tests.books import assert_settled
from payments.tests.moments import HOUR, MINUTE, NOW
from payments.tests.rows import paid_row, refund_row, state_of
from reservation import booking
from reservation.models import Reservation, ReservationState
from reservation.tests.factories import confirmed, held, show_with_seats

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("it_is_now")]


@pytest.fixture
def unsettled(stripe, page, monkeypatch):
    """A page that was paid, and the reservation that nobody has looked at since."""
    stripe.pay(page.session_id)
    with monkeypatch.context() as crash:
        crash.setattr(settlement, "settle", lambda **_: None)
        return checkout.sync(page.session_id, at=NOW)


class TestEquation:
    def test_refunds_have_the_key_that_their_payment_and_number_give(
        self, stripe, reservation, paid
    ):
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        stripe.fail_next(400, path="/v1/refunds", method="POST")
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        settlement.settle(reservation_id=reservation.pk, at=NOW + 2 * HOUR)
        keys = Refund.objects.order_by("pk").values_list("idempotency_key", flat=True)
        assert list(keys) == [f"refund-{paid.pk}-1", f"refund-{paid.pk}-2"]

    def test_two_that_come_to_the_same_conclusion_write_one_refund(self, reservation):
        """Should their locks ever fail, the key that follows from the facts is left."""
        paid_row(reservation)
        mine, theirs = (books.lock(reservation.pk).payments for _ in range(2))
        settlement._write_refunds(mine, 2500, RefundReason.CANCELLED, NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            settlement._write_refunds(theirs, 2500, RefundReason.CANCELLED, NOW + MINUTE)
        assert Refund.objects.count() == 1

    def test_what_is_on_its_way_is_not_sent_again(self, stripe, reservation, paid):
        stripe.refunds_stay_pending()
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        for minutes in range(3):
            settlement.settle(reservation_id=reservation.pk, at=NOW + minutes * MINUTE)
        assert Refund.objects.count() == len(stripe.refunds) == 1

    def test_a_crash_while_deciding_leaves_no_refund_without_its_mail(
        self, stripe, reservation, paid, monkeypatch
    ):
        booking.cancel(reservation_id=reservation.pk, at=NOW)

        def crash(*_):
            raise MemoryError

        with monkeypatch.context() as patch:
            patch.setattr(mail, "tell_refund", crash)
            with pytest.raises(MemoryError):
                settlement.settle(reservation_id=reservation.pk, at=NOW)
        assert not Refund.objects.exists()
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        assert_settled(stripe, reservation)

    def test_what_is_paid_in_part_waits_for_the_end_of_the_hold(self, stripe, reservation, page):
        Reservation.objects.update(total=2501)
        stripe.pay(page.session_id)
        checkout.sync(page.session_id, at=NOW)
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.HELD
        assert reservation.settle_after == reservation.expires_at
        rounds.all_rounds(at=reservation.expires_at)
        assert_settled(stripe, reservation)
        assert [refund["amount"] for refund in stripe.refunds] == [2500]

    def test_what_is_paid_above_the_total_is_confirmed_and_goes_back(
        self, stripe, reservation, page
    ):
        Reservation.objects.update(total=2499)
        stripe.pay(page.session_id)
        checkout.sync(page.session_id, at=NOW)
        assert state_of(reservation) == ReservationState.CONFIRMED
        assert [refund["amount"] for refund in stripe.refunds] == [1]

    @pytest.mark.parametrize("dead", [False, True])
    def test_a_hold_is_covered_before_and_after_it_expired(self, stripe, unsettled, dead):
        reservation = unsettled.reservation
        if dead:
            booking.end_unsold(reservation_id=reservation.pk, at=NOW)
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        assert state_of(reservation) == ReservationState.CONFIRMED

    def test_what_was_paid_for_and_given_up_covers_nothing(self, reservation):
        refund_row(paid_row(reservation), state=RefundState.FAILED, failed_at=NOW)
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        assert state_of(reservation) == ReservationState.HELD

    def test_what_costs_nothing_is_not_confirmed_behind_its_owner_s_back(self, owner):
        free = held(owner, *show_with_seats(1, price=0), at=NOW)
        settlement.settle(reservation_id=free.pk, at=NOW)
        assert state_of(free) == ReservationState.HELD

    def test_a_hold_that_a_page_may_still_pay_for_is_not_expired(self, reservation, page):
        settlement.settle(reservation_id=reservation.pk, at=NOW + 2 * HOUR)
        assert state_of(reservation) == ReservationState.HELD

    def test_a_hold_without_money_is_not_looked_at_again(self, reservation):
        booking.settle_from(reservation, NOW)
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        assert Reservation.objects.get().settle_after is None

    def test_a_failed_refund_is_looked_at_again_in_an_hour(self, stripe, reservation, paid):
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        stripe.fail_next(400, path="/v1/refunds", method="POST")
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        later = NOW + MINUTE
        settlement.settle(reservation_id=reservation.pk, at=later)
        assert Refund.objects.count() == 1
        assert Reservation.objects.get().settle_after == NOW + RETRY_FAILED_REFUND

    def test_a_cancellation_s_fee_is_no_reason_to_look_again(self, stripe, reservation, paid):
        Reservation.objects.update(state=ReservationState.CANCELLED, cancellation_fee=1000)
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        assert_settled(stripe, reservation)

    @pytest.mark.parametrize("newest_is", [0, 1])
    def test_the_newest_payment_goes_back_first(self, owner, monkeypatch, newest_is):
        monkeypatch.setattr(refunds, "send", lambda *_, **__: None)
        reservation = confirmed(owner, *show_with_seats(2), at=NOW)
        names = uuid.UUID(int=1), uuid.UUID(int=2)
        for number, name in enumerate(names):
            created = NOW + (HOUR if number == newest_is else MINUTE)
            paid_row(reservation, pk=name, created_at=created)
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        assert Refund.objects.get().payment_id == names[newest_is]

    def test_what_one_payment_can_t_give_back_another_does(self, owner, monkeypatch):
        monkeypatch.setattr(refunds, "send", lambda *_, **__: None)
        reservation = confirmed(owner, *show_with_seats(2), at=NOW)
        older = paid_row(reservation, amount=2500, created_at=NOW)
        newer = paid_row(reservation, amount=1000, created_at=NOW + MINUTE)
        booking.cancel_by_house(reservation_id=reservation.pk, at=NOW)
        Reservation.objects.update(cancellation_fee=500)
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        assert set(Refund.objects.values_list("payment", "amount")) == {
            (newer.pk, 1000),
            (older.pk, 2000),
        }

    def test_settling_sends_no_refund_of_another_reservation(
        self, stripe, reservation, paid, stranger
    ):
        theirs = confirmed(stranger, *show_with_seats(1), at=NOW)
        refund = refund_row(paid_row(theirs))
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        assert state_of(refund) == RefundState.PENDING
        assert stripe.refunds == []


class TestRefunds:
    def lost(self, stripe, reservation):
        """A refund that was made at Stripe, whose id got lost on its way to us."""
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        stripe.drop_next("after", path="/v1/refunds", times=3)
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        refund = Refund.objects.get()
        assert refund.stripe_id is None
        return refund

    def test_ours_is_recognised_before_its_id_was_stored(self, stripe, reservation, paid):
        refund = self.lost(stripe, reservation)
        refunds.ask_after(paid, at=NOW)
        assert Refund.objects.get().pk == refund.pk
        assert Refund.objects.get().stripe_id == stripe.refunds[0]["id"]

    def telling(self, monkeypatch, payment, **said):
        note = StripeRefund("re_told", 100, "succeeded", {})._replace(**said)
        monkeypatch.setattr(gateway, "list_refunds", lambda _: [note])
        refunds.ask_after(payment, at=NOW)

    def test_one_of_another_payment_is_not_taken(self, owner, monkeypatch):
        first = paid_row(confirmed(owner, *show_with_seats(1), at=NOW))
        theirs = refund_row(paid_row(confirmed(owner, *show_with_seats(1), at=NOW)))
        self.telling(monkeypatch, first, metadata={"refund": str(theirs.pk)})
        assert first.refunds.get().stripe_id == "re_told"
        assert state_of(theirs) == RefundState.PENDING

    def test_one_that_has_an_id_is_not_taken_for_another(self, reservation, monkeypatch):
        payment = paid_row(reservation)
        known = refund_row(payment, stripe_id="re_known")
        self.telling(monkeypatch, payment, metadata={"refund": str(known.pk)})
        assert state_of(known) == RefundState.PENDING
        assert payment.refunds.get(stripe_id="re_told").amount == 100

    @pytest.mark.parametrize("note", ["", "abc", "-1", "1.5", "²", "9" * 40])
    def test_what_others_wrote_on_a_refund_is_no_number_of_ours(
        self, reservation, monkeypatch, note
    ):
        payment = paid_row(reservation)
        waiting = refund_row(payment)
        self.telling(monkeypatch, payment, metadata={"refund": note})
        assert state_of(waiting) == RefundState.PENDING
        assert payment.refunds.count() == 2

    def test_an_id_as_long_as_stripe_s_longest_is_imported(self, reservation, monkeypatch):
        payment = paid_row(reservation)
        self.telling(monkeypatch, payment, id="re_" + "x" * 252)
        assert payment.refunds.get().amount == 100

    @pytest.mark.parametrize("said", ["failed", "canceled"])
    def test_what_fails_is_noted_once_and_settled_anew(self, reservation, monkeypatch, said):
        refund = refund_row(paid_row(reservation), stripe_id="re_told")
        for minutes in (0, 1):
            refunds._move(refund, refunds.STATES[said], at=NOW + minutes * MINUTE)
        refund.refresh_from_db()
        assert (refund.state, refund.failed_at) == (RefundState.FAILED, NOW)
        assert refund.stripe_id == "re_told"
        assert Reservation.objects.get().settle_after == NOW

    def test_a_refusal_is_the_reason_to_learn_what_staff_sent(self, stripe, reservation, paid):
        stripe.refund_in_dashboard(paid.payment_intent_id)
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        settlement.settle(reservation_id=reservation.pk, at=NOW)
        states = Refund.objects.values_list("state", flat=True)
        assert set(states) == {RefundState.FAILED, RefundState.SUCCEEDED}
