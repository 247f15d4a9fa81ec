"""What a buyer's bank takes back is never kept, never refunded twice, and told to staff."""

import pytest
from django.utils import timezone

from payments import checkout, rounds, settlement
from payments.models import Alert, AlertKind, Dispute, DisputeState, RefundState
from payments.tests.test_trouble import DAY, HOUR, state_of
from reservation import booking
from reservation.models import ReservationState, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(stripe, paid):
    """The customer's bank, with the dispute that it opened."""

    def look():
        settlement.import_from_stripe(paid, at=timezone.now())

    class Bank:
        def disputes(self, **what):
            self.told = stripe.dispute(paid.payment_intent_id, **what)
            look()

        def escalates(self):
            stripe.escalate_dispute(self.told["id"])
            look()

        def decides(self, *, won):
            stripe.close_dispute(self.told["id"], won=won)
            look()

    return Bank()


def test_its_money_counts_as_gone_and_comes_back_when_it_is_won(bank, paid):
    total = paid.amount_received
    bank.disputes()
    assert (Dispute.objects.get().state, paid.kept) == (DisputeState.OPEN, 0)
    bank.decides(won=True)
    assert (Dispute.objects.get().state, paid.kept) == (DisputeState.WON, total)


def test_a_lost_one_is_gone_for_good(bank, paid):
    bank.disputes()
    bank.decides(won=False)
    assert (Dispute.objects.get().state, paid.kept) == (DisputeState.LOST, 0)


def test_a_question_takes_nothing_until_it_grows(bank, paid):
    bank.disputes(inquiry=True)
    assert (Dispute.objects.get().state, paid.kept) == (
        DisputeState.INQUIRY,
        paid.amount_received,
    )
    bank.escalates()
    assert (Dispute.objects.get().state, paid.kept) == (DisputeState.OPEN, 0)


def test_the_seats_stay_the_customers(bank, reservation):
    bank.disputes()
    bank.decides(won=False)
    assert state_of(reservation) == ReservationState.CONFIRMED
    assert Ticket.objects.live().filter(reservation=reservation).count() == 2


def test_who_cancels_gets_nothing_twice(stripe, bank, reservation):
    bank.disputes()
    booking.cancel(reservation_id=reservation.pk, at=timezone.now())
    rounds.all_rounds(at=timezone.now())
    assert stripe.refunds == []


def test_who_cancels_gets_it_once_the_dispute_is_won_by_the_house(stripe, bank, paid, reservation):
    bank.disputes()
    booking.cancel(reservation_id=reservation.pk, at=timezone.now())
    rounds.all_rounds(at=timezone.now())
    bank.decides(won=True)
    assert [refund["amount"] for refund in stripe.refunds] == [paid.amount_received]


def test_of_a_partly_disputed_payment_the_rest_goes_back(stripe, bank, paid, reservation):
    bank.disputes(amount=1000)
    booking.cancel(reservation_id=reservation.pk, at=timezone.now())
    rounds.all_rounds(at=timezone.now())
    assert [refund["amount"] for refund in stripe.refunds] == [paid.amount_received - 1000]


def test_one_that_came_before_its_news_stops_the_refund_without_false_alarm(
    stripe, paid, reservation
):
    """The event is still on its way when the customer cancels; Stripe refuses the refund."""
    stripe.dispute(paid.payment_intent_id)
    booking.cancel(reservation_id=reservation.pk, at=timezone.now())
    rounds.all_rounds(at=timezone.now())
    assert paid.refunds.get().state == RefundState.FAILED
    assert set(Alert.objects.values_list("kind", flat=True)) == {AlertKind.DISPUTED}
    rounds.all_rounds(at=timezone.now() + 2 * DAY)
    assert paid.refunds.count() == 1


def test_more_gone_than_came_is_not_made_good_by_other_money(stripe, paid):
    paid.refunds.create(amount=paid.amount_received, idempotency_key="all", state="succeeded")
    paid.disputes.create(stripe_id="dp_1", amount=paid.amount_received, state=DisputeState.LOST)
    assert paid.kept == 0


def test_money_that_was_asked_back_confirms_nothing(stripe, reservation, page, monkeypatch):
    """Paid and disputed before anybody looked, and won long after the seats were free."""
    stripe.pay(page.session_id)
    with monkeypatch.context() as crash:
        crash.setattr(settlement, "settle", lambda **_: None)
        payment = checkout.sync(page.session_id, at=timezone.now())
    payment.disputes.create(stripe_id="dp_1", amount=1, state=DisputeState.WON)
    settlement.settle(reservation_id=reservation.pk, at=timezone.now() + HOUR)
    assert state_of(reservation) == ReservationState.EXPIRED
    assert len(stripe.refunds) == 1


class TestStaff:
    def test_are_told_once_until_when_to_answer(self, bank, paid):
        bank.disputes()
        rounds.all_rounds(at=timezone.now() + 2 * DAY)
        alert = Alert.objects.get(kind=AlertKind.DISPUTED)
        assert "fraudulent" in alert.sentence
        assert alert.payment == paid

    def test_see_what_is_missing_once_it_is_lost(self, bank):
        bank.disputes()
        assert not Alert.objects.filter(kind=AlertKind.TOO_LITTLE_KEPT).exists()
        bank.decides(won=False)
        alert = Alert.objects.get(kind=AlertKind.TOO_LITTLE_KEPT)
        assert "25.00 USD is missing of the 25.00 USD that are due" in alert.sentence

    @pytest.mark.parametrize("won", [True, False])
    def test_need_not_answer_what_the_bank_has_decided(self, bank, won):
        bank.disputes()
        bank.decides(won=won)
        assert not Alert.objects.open().filter(kind=AlertKind.DISPUTED).exists()

    def test_are_rid_of_what_came_right(self, bank):
        bank.disputes()
        bank.decides(won=True)
        assert not Alert.objects.open().exists()

    def test_hear_of_a_question_that_grows(self, bank):
        bank.disputes(inquiry=True)
        Alert.objects.update(closed_at=timezone.now())
        bank.escalates()
        assert Alert.objects.open().filter(kind=AlertKind.DISPUTED).exists()


class TestWorker:
    def test_asks_daily_after_those_that_are_undecided(self, stripe, bank):
        bank.disputes()
        stripe.close_dispute(bank.told["id"], won=False)
        rounds.all_rounds(at=timezone.now() + HOUR)
        assert Dispute.objects.get().state == DisputeState.OPEN
        rounds.all_rounds(at=timezone.now() + DAY + HOUR)
        assert Dispute.objects.get().state == DisputeState.LOST

    def test_asks_no_more_after_those_that_are_decided(self, stripe, bank):
        bank.disputes()
        bank.decides(won=False)
        asked = len(stripe.requests)
        rounds.all_rounds(at=timezone.now() + 2 * DAY)
        assert len(stripe.requests) == asked

    def test_two_workers_ask_once(self, bank):
        bank.disputes()
        at = timezone.now() + 2 * DAY
        mine, theirs = Dispute.objects.get(), Dispute.objects.get()
        assert Dispute.objects.claim(mine, at=at)
        assert not Dispute.objects.claim(theirs, at=at)
