"""Small guards of the money, each with the test that misses it. For rivals see `test_races.py`."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from payments import checkout, gateway, refunds, rounds, settlement, status, webhook
from payments.gateway import Event, StripeRefund, StripeUnavailable
from payments.models import Payment, PaymentState, Refund, RefundState
from payments.status import PaymentStatus
from payments.tests.books import assert_settled
from reservation import booking, errors
from reservation.models import Reservation, ReservationState
from reservation.tests.factories import confirmed, held, show_with_seats

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture(autouse=True)
def _it_is_now():
    """However long the other tests took: Stripe's clock and ours tell the same."""
    with time_machine.travel(NOW):
        yield


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SECOND, INSTANT = timedelta(seconds=1), timedelta(microseconds=1)
SESSIONS = "/v1/checkout/sessions"


@pytest.fixture
def reservation(owner):
    return held(owner, *show_with_seats(2), at=NOW)


@pytest.fixture
def page(stripe, reservation):
    return checkout.open_checkout(reservation_id=reservation.pk, at=NOW)


@pytest.fixture
def paid(stripe, page):
    stripe.pay(page.session_id)
    return checkout.sync(page.session_id, at=NOW)


@pytest.fixture
def unsettled(stripe, page, monkeypatch):
    """A page that was paid, and the reservation that nobody has looked at since."""
    stripe.pay(page.session_id)
    with monkeypatch.context() as crash:
        crash.setattr(settlement, "settle", lambda **_: None)
        return checkout.sync(page.session_id, at=NOW)


def state_of(row):
    return type(row).objects.get(pk=row.pk).state


def told(monkeypatch, payment, **difference):
    """Let Stripe tell something else of a payment's session."""
    session = gateway.retrieve_session(payment.session_id)._replace(**difference)
    monkeypatch.setattr(gateway, "retrieve_session", lambda _: session)


def paid_row(reservation, *, amount=2500, **fields):
    """A paid payment of which Stripe has never heard."""
    return Payment.objects.create(
        reservation=reservation,
        state=PaymentState.PAID,
        amount=amount,
        amount_received=amount,
        currency="usd",
        idempotency_key=str(uuid.uuid4()),
        parameters={},
        expires_at=NOW + HOUR,
        **fields,
    )


def refund_row(payment, *, amount=2500, state=RefundState.PENDING, **fields):
    key = str(uuid.uuid4())
    return payment.refunds.create(amount=amount, state=state, idempotency_key=key, **fields)


class TestWhatASessionBuys:
    def test_a_session_that_is_no_payment_buys_nothing(
        self, stripe, reservation, page, monkeypatch
    ):
        stripe.pay(page.session_id)
        told(monkeypatch, page, mode="setup")
        assert checkout.sync(page.session_id, at=NOW).state == PaymentState.REJECTED
        assert state_of(reservation) == ReservationState.HELD

    def test_what_was_paid_is_not_rejected_afterwards(
        self, stripe, reservation, paid, monkeypatch
    ):
        told(monkeypatch, paid, amount=1)
        payment = checkout.sync(paid.session_id, at=NOW)
        assert (payment.state, payment.amount_received) == (PaymentState.PAID, 2500)

    def test_what_was_rejected_is_not_paid_afterwards(
        self, stripe, reservation, page, monkeypatch
    ):
        stripe.pay(page.session_id)
        with monkeypatch.context() as once:
            told(once, page, livemode=True)
            checkout.sync(page.session_id, at=NOW)
        payment = checkout.sync(page.session_id, at=NOW)
        assert (payment.state, payment.amount_received) == (PaymentState.REJECTED, 0)
        assert state_of(reservation) == ReservationState.HELD

    @pytest.mark.parametrize("ended", [PaymentState.EXPIRED, PaymentState.FAILED])
    @pytest.mark.parametrize("status", ["open", "complete"])
    def test_what_ended_comes_to_life_only_by_being_paid(
        self, stripe, page, monkeypatch, ended, status
    ):
        Payment.objects.update(state=ended)
        told(monkeypatch, page, status=status, payment_status="unpaid")
        assert checkout.sync(page.session_id, at=NOW).state == ended
        told(monkeypatch, page, status="complete", payment_status="paid")
        assert checkout.sync(page.session_id, at=NOW).state == PaymentState.PAID

    def test_an_unpaid_session_brings_no_money(self, stripe, page):
        assert checkout.sync(page.session_id, at=NOW).amount_received == 0

    def test_every_look_is_noted(self, stripe, page):
        checkout.sync(page.session_id, at=NOW + MINUTE)
        assert Payment.objects.get().looked_at == NOW + MINUTE

    def test_a_failed_card_ends_no_hold(self, stripe, reservation, page, monkeypatch):
        told(
            monkeypatch,
            page,
            status="complete",
            payment_status="unpaid",
            payment_intent_status="canceled",
        )
        assert checkout.sync(page.session_id, at=NOW).state == PaymentState.FAILED
        assert state_of(reservation) == ReservationState.HELD

    def test_a_bank_s_order_prolongs_a_hold_when_it_comes_and_not_again(
        self, stripe, reservation, page
    ):
        stripe.pay(page.session_id, outcome="later")
        checkout.sync(page.session_id, at=NOW)
        Reservation.objects.update(expires_at=NOW + HOUR)
        checkout.sync(page.session_id, at=NOW + MINUTE)
        assert Reservation.objects.get().expires_at == NOW + HOUR

    def test_a_bank_s_money_that_arrives_keeps_the_seats(
        self, stripe, reservation, page, monkeypatch
    ):
        stripe.pay(page.session_id, outcome="later")
        checkout.sync(page.session_id, at=NOW)
        stripe.settle_later(page.session_id, succeeded=True)
        monkeypatch.setattr(settlement, "settle", lambda **_: None)
        assert checkout.sync(page.session_id, at=NOW).state == PaymentState.PAID
        assert state_of(reservation) == ReservationState.HELD
        assert reservation.tickets.live().count() == 2

    def test_what_stripe_forgot_is_no_less_paid(self, stripe, paid, monkeypatch):
        Payment.objects.update(session_id="cs_test_of_another_account")
        assert checkout.sync("cs_test_of_another_account", at=NOW) is None
        assert state_of(paid) == PaymentState.PAID


class TestAWebhookThatWasFaster:
    """It arrives before the answer to the request that opened the page."""

    @pytest.fixture
    def fast(self, stripe, monkeypatch):
        create = gateway.create_session

        def create_and_be_paid(**asked):
            session = create(**asked)
            stripe.pay(session.id)
            checkout.sync(session.id, at=NOW)
            return session

        monkeypatch.setattr(gateway, "create_session", create_and_be_paid)
        return create_and_be_paid

    def test_is_not_undone_by_the_answer(self, stripe, reservation, fast):
        checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
        assert Payment.objects.get().state == PaymentState.PAID
        assert state_of(reservation) == ReservationState.CONFIRMED

    def test_is_not_undone_by_a_refusal(self, stripe, reservation, fast, monkeypatch):
        def create_and_be_refused(**asked):
            fast(**asked)
            raise gateway.StripeRefused

        monkeypatch.setattr(gateway, "create_session", create_and_be_refused)
        with pytest.raises(gateway.StripeRefused):
            checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
        assert Payment.objects.get().state == PaymentState.PAID


class TestOpenCheckout:
    def test_learns_first_that_the_ended_page_was_paid(self, stripe, reservation, page):
        stripe.pay(page.session_id)
        with pytest.raises(errors.AlreadyConfirmed):
            checkout.open_checkout(reservation_id=reservation.pk, at=page.expires_at)

    def test_asks_nothing_while_the_page_is_open(self, stripe, reservation, page):
        asked = len(stripe.requests)
        at = page.expires_at - INSTANT
        again = checkout.open_checkout(reservation_id=reservation.pk, at=at)
        assert again.pk == page.pk
        assert len(stripe.requests) == asked

    def test_asks_nothing_about_the_pages_of_others(self, stripe, page, stranger):
        theirs = held(stranger, *show_with_seats(1), at=page.expires_at)
        asked = len(stripe.requests)
        checkout.open_checkout(reservation_id=theirs.pk, at=page.expires_at)
        assert [request.method for request in stripe.requests[asked:]] == ["POST"]

    def test_a_page_that_was_never_made_and_is_past_its_end_is_given_up(self, stripe, reservation):
        stripe.drop_next("before", path=SESSIONS, times=3)
        with pytest.raises(StripeUnavailable):
            checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
        payment = Payment.objects.get()
        stripe.advance(31 * 60)
        with pytest.raises(checkout.HoldEndsTooSoon):
            checkout.open_checkout(reservation_id=reservation.pk, at=payment.expires_at)
        assert state_of(payment) == PaymentState.FAILED

    def test_a_first_question_that_is_refused_is_asked_once(self, stripe, reservation):
        stripe.fail_next(400, times=1, path=SESSIONS)
        with pytest.raises(gateway.StripeRefused):
            checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
        assert len(stripe.requests) == Payment.objects.count() == 1

    def test_a_page_ends_with_its_hold_and_lives_as_long_as_stripe_s_shortest(
        self, stripe, reservation
    ):
        until = NOW + checkout.SHORTEST_SESSION
        Reservation.objects.update(extended_at=NOW, expires_at=until)
        with pytest.raises(checkout.HoldEndsTooSoon):
            checkout.open_checkout(reservation_id=reservation.pk, at=NOW + INSTANT)
        payment = checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
        assert payment.expires_at == until


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
        mine, theirs = (settlement._lock_payments(reservation.pk) for _ in range(2))
        for payments in (mine, theirs):
            prefetch_related_objects(payments, "refunds")
        settlement._write_refunds(mine, 2500, reservation, NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            settlement._write_refunds(theirs, 2500, reservation, NOW + MINUTE)
        assert Refund.objects.count() == 1

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
        assert Reservation.objects.get().settle_after == later + settlement.RETRY_FAILED_REFUND

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
        assert [state_of(row) for row in rows] == ["held", "expired", "held", "expired"]

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

    def test_of_two_workers_one_settles_a_reservation(self, reservation, monkeypatch):
        settled = []
        monkeypatch.setattr(settlement, "settle", lambda **what: settled.append(what))
        booking.settle_from(reservation, NOW)
        self.before_another(monkeypatch, rounds.settle_unsettled)
        assert settled == [{"reservation_id": reservation.pk, "at": NOW + HOUR}]
        assert Reservation.objects.get().settle_after == NOW + HOUR + rounds.RETRY_SETTLING

    def test_who_waits_longest_has_the_first_turn(self, owner, monkeypatch):
        turns = []
        monkeypatch.setattr(rounds, "ROWS_PER_ROUND", 1)
        monkeypatch.setattr(refunds, "send", lambda refund, **_: turns.append(refund))
        monkeypatch.setattr(settlement, "import_refunds", lambda found, **_: turns.append(found))
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
            patch.setattr(settlement, "settle", lambda **what: turns.append(what))
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


class TestWebhook:
    def refund_event(self, kind, intent):
        return webhook.receive(Event(str(uuid.uuid4()), kind, "ch_1", intent), at=NOW)

    @pytest.mark.parametrize("intent", ["", "pi_of_somebody_else"])
    def test_a_refund_of_nobody_we_know_is_not_ours(self, page, intent):
        assert self.refund_event("refund.updated", intent).outcome == "not ours"

    @pytest.mark.parametrize(
        "kind",
        ["completed", "async_payment_succeeded", "async_payment_failed", "expired"],
    )
    def test_all_that_can_happen_to_a_page_is_looked_at(self, stripe, reservation, page, kind):
        stripe.pay(page.session_id)
        event = Event("evt_1", f"checkout.session.{kind}", page.session_id, "")
        assert webhook.receive(event, at=NOW).outcome == "payment paid"

    @pytest.mark.parametrize(
        "kind",
        ["charge.refunded", "refund.updated", "refund.failed"]
        + ["charge.dispute.created", "charge.dispute.closed"],
    )
    def test_all_that_can_happen_to_a_refund_is_looked_at(self, stripe, paid, kind):
        asked = len(stripe.requests)
        assert self.refund_event(kind, paid.payment_intent_id).outcome == "refunds looked at"
        assert len(stripe.requests) > asked

    def test_other_events_of_a_payment_are_not_used(self, stripe, paid):
        asked = len(stripe.requests)
        answer = self.refund_event("charge.succeeded", paid.payment_intent_id)
        assert (answer.outcome, len(stripe.requests)) == ("not used", asked)


class TestStatus:
    def asked(self, stripe, reservation, at):
        before = len(stripe.requests)
        status.bring_up_to_date(Reservation.objects.get(pk=reservation.pk), at=at)
        return len(stripe.requests) - before

    def test_asks_three_seconds_after_the_last_look(self, stripe, reservation, page):
        assert self.asked(stripe, reservation, NOW + status.ASK_AGAIN - INSTANT) == 0
        assert self.asked(stripe, reservation, NOW + status.ASK_AGAIN) == 1
        assert self.asked(stripe, reservation, NOW + status.ASK_AGAIN + SECOND) == 0

    def test_asks_nothing_about_a_page_that_stripe_may_not_know(self, stripe, reservation, page):
        Payment.objects.update(session_id=None, state=PaymentState.CREATING)
        assert self.asked(stripe, reservation, NOW + HOUR) == 0

    def test_settles_what_is_to_be_settled_by_now(self, reservation, monkeypatch, stripe):
        settled = []
        monkeypatch.setattr(settlement, "settle", lambda **_: settled.append(True))
        for moment, times in ((None, 0), (NOW + INSTANT, 0), (NOW, 1)):
            booking.settle_from(reservation, moment)
            self.asked(stripe, reservation, NOW)
            assert len(settled) == times

    @pytest.mark.parametrize(
        ("refunds_", "standing"),
        [
            ([], (PaymentStatus.PAID, 0, 0)),
            ([("failed", 2500)], (PaymentStatus.PAID, 0, 0)),
            ([("pending", 2500)], (PaymentStatus.REFUNDING, 0, 2500)),
            ([("succeeded", 2499), ("pending", 1)], (PaymentStatus.REFUNDING, 2499, 1)),
            ([("succeeded", 2499)], (PaymentStatus.PARTIALLY_REFUNDED, 2499, 0)),
            ([("succeeded", 2499), ("succeeded", 1)], (PaymentStatus.REFUNDED, 2500, 0)),
        ],
    )
    def test_tells_what_went_back_and_what_is_on_its_way(self, reservation, refunds_, standing):
        payment = paid_row(reservation)
        for state, amount in refunds_:
            refund_row(payment, state=state, amount=amount)
        told = status.standing(reservation, at=NOW)
        assert (told.status, told.refunded, told.refunding) == standing
        assert told.paid == 2500

    def test_tells_that_a_bank_is_at_work(self, reservation, page):
        Payment.objects.update(state=PaymentState.PROCESSING)
        told = status.standing(reservation, at=NOW)
        assert (told.status, told.checkout_url) == (PaymentStatus.PROCESSING, "")

    def test_leads_nobody_to_pay_for_a_dead_hold(self, reservation, page):
        reservation.refresh_from_db()
        end = reservation.expires_at
        assert status.standing(reservation, at=end - INSTANT).checkout_url == page.checkout_url
        assert status.standing(reservation, at=end).checkout_url == ""
