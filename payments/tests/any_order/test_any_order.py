"""Customers, banks, staff, time, lost messages and crashes, in any order; then rest.

After every step the seats are safe, states have only gone forward, and nothing was given
away. At the end the worker comes to rest, and for every reservation what Stripe kept is
what is due. Everything is one process on one connection: what others do at the same time
happens while Stripe is being asked. Rivals on real connections are in `test_races.py`.

`ANY_ORDER_EXAMPLES=2000` looks for new orders instead of playing the known ones, in as many
examples; `ANY_ORDER_STEPS=100` makes them longer. What fails is shortened and printed as
the steps to take.
"""

import logging
import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import stripe as stripe_package
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from payments import checkout, rounds
from payments.tests.any_order import books as truths
from payments.tests.any_order.books import Books
from payments.tests.any_order.rest import come_to_rest
from payments.tests.any_order.seams import QUESTIONS, SEAMS, crash
from payments.tests.any_order.world import Stage, World, is_failing, nth
from payments.tests.moments import DAY, HOUR, MINUTE, NOW, SECOND
from reservation import booking, programme, waivers
from reservation.tests.factories import ShowTimeFactory, show_with_seats
from users.tests.factories import UserFactory

HUNTS = int(os.environ.get("ANY_ORDER_EXAMPLES", "0"))
PROFILE = settings(
    max_examples=HUNTS or 60,
    stateful_step_count=int(os.environ.get("ANY_ORDER_STEPS", "50")),
    derandomize=not HUNTS,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
SEATS = 4
# Mostly a part comes back: a second refund, which should not be, finds something to send.
POLICY = [{"hours_before": 480, "refund_percent": 100}, {"hours_before": 6, "refund_percent": 40}]

which = st.integers(0, 9)
part = st.sampled_from([None, 1, 500, 500, 1250])
# Few, so that customers want the same ones; and most want to see the same show.
some_seats = st.sampled_from([{0}, {0, 1}, {0, 1}, {1, 2}, {2, 3}, set(range(SEATS))])
a_show = st.sampled_from([0, 0, 0, 1, 2])
pause = st.sampled_from(
    [SECOND, 7 * SECOND, MINUTE, 6 * MINUTE, 6 * MINUTE, 11 * MINUTE, 11 * MINUTE, 36 * MINUTE]
    + [HOUR, HOUR, 5 * HOUR, DAY, 2 * DAY]
)
lag = st.sampled_from([timedelta(), timedelta(), 3 * SECOND, 2 * MINUTE])
paths = st.sampled_from(
    ["/v1/", "/v1/checkout/sessions", "/v1/refunds", "/v1/refunds", "/v1/disputes", "/v1/events"]
)
# Once is ridden out by trying again; three times are not.
tries = st.sampled_from([1, 3, 3])
before_or_after = st.sampled_from(["before", "after"])
# Around Stripe's answers more is at stake than anywhere else.
a_seam = st.sampled_from([*SEAMS, *QUESTIONS, *["payments.gateway.create_refund"] * 4])


class House(RuleBasedStateMachine):
    """What anybody may do at any time."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.world = World(stage)
        self.stage, self.stripe = stage, self.world.stripe
        self.books = Books(self.stripe, self.world.now)
        self.steps = 0

    def attempt(self, verb: Callable[..., object], **facts: object) -> None:
        self.world.attempt(verb, **facts)

    def has(self, what: str) -> bool:
        return bool(getattr(self.books, what))

    # Customers

    @rule(
        who=which,
        show=a_show,
        seats=some_seats,
        as_far_as=st.sampled_from(["page", "paid", "ordered", "seen", "seen", "seen"]),
    )
    def buy(self, who: int, show: int, seats: set[int], as_far_as: str) -> None:
        """What customers mostly do, up to some point, in a few seconds."""
        known = len(self.books.reservations)
        self.hold(who=who, show=show, seats=seats, lag=timedelta())
        self.books = Books(self.stripe, self.world.now)
        if len(self.books.reservations) == known:
            return
        self.open_payment_page(number=0, lag=timedelta())
        self.books = Books(self.stripe, self.world.now)
        if as_far_as == "page" or not self.books.sessions_in("open"):
            return
        self.pay(number=0, outcome="later" if as_far_as == "ordered" else "paid")
        if as_far_as == "seen":
            self.come_back_from_paying(number=0)

    @rule(who=which, show=a_show, seats=some_seats, lag=lag)
    def hold(self, who: int, show: int, seats: set[int], lag: timedelta) -> None:
        self.attempt(
            booking.hold,
            user_id=nth(self.stage.customers, who).pk,
            show_id=nth(self.stage.shows, show).pk,
            choices=[booking.SeatChoice(self.stage.seats[number].pk) for number in seats],
            at=self.world.now - lag,
        )

    @precondition(lambda self: self.has("reservations"))
    @rule(number=which, lag=lag)
    def open_payment_page(self, number: int, lag: timedelta) -> None:
        reservation = nth(self.books.holds or self.books.reservations, number)
        self.attempt(
            checkout.open_checkout, reservation_id=reservation.pk, at=self.world.now - lag
        )

    @precondition(lambda self: self.books.sessions_in("open"))
    @rule(number=which, outcome=st.sampled_from(["paid", "paid", "paid", "declined", "later"]))
    def pay(self, number: int, outcome: str) -> None:
        session = nth(self.books.sessions_in("open"), number)
        self.attempt(self.stripe.pay, session_id=session["id"], outcome=outcome)

    @precondition(lambda self: self.has("sessions"))
    @rule(number=which)
    def come_back_from_paying(self, number: int) -> None:
        session = nth(self.books.sessions, number)
        self.attempt(
            self.world.visit,
            path=f"/api/payment/success/?session_id={session['id']}",
            user=self.stage.customers[0],
        )

    @precondition(lambda self: self.has("reservations"))
    @rule(number=which)
    def ask_for_status(self, number: int) -> None:
        reservation = nth(self.books.reservations, number)
        path = f"/api/payment-status/{reservation.pk}/"
        self.attempt(self.world.visit, path=path, user=reservation.user)

    @precondition(lambda self: self.has("reservations"))
    @rule(number=which, lag=lag)
    def cancel(self, number: int, lag: timedelta) -> None:
        reservation = nth(self.books.sold or self.books.reservations, number)
        self.world.called_off.add(reservation.pk)
        self.attempt(booking.cancel, reservation_id=reservation.pk, at=self.world.now - lag)

    # Staff

    @precondition(lambda self: self.has("reservations"))
    @rule(number=which)
    def staff_cancel(self, number: int) -> None:
        reservation = nth(self.books.reservations, number)
        self.world.called_off.add(reservation.pk)
        self.attempt(
            booking.cancel_by_house, reservation_id=reservation.pk, at=self.world.now, reason="Fog"
        )

    @precondition(lambda self: self.has("charges"))
    @rule(show=a_show, sure=st.sampled_from([False, False, False, False, True]))
    def staff_cancel_show(self, show: int, sure: bool) -> None:
        if sure:
            show_id = nth(self.stage.shows, show).pk
            self.attempt(programme.cancel, show_id=show_id, at=self.world.now)

    @precondition(lambda self: self.books.sold)
    @rule(number=which, amount=st.sampled_from([1, 500, 500, 1250]))
    def staff_waive(self, number: int, amount: int) -> None:
        self.attempt(
            waivers.waive,
            reservation_id=nth(self.books.sold, number).pk,
            amount=amount,
            reason="Rain came through the roof",
            staff_id=self.stage.staff.pk,
            at=self.world.now,
        )
        self.attempt(lambda: rounds.settle_unsettled(at=self.world.now))

    @precondition(lambda self: self.books.charges_in("succeeded"))
    @rule(number=which, amount=part)
    def staff_refund_in_dashboard(self, number: int, amount: int | None) -> None:
        charge = nth(self.books.charges_in("succeeded"), number)
        self.attempt(
            self.stripe.refund_in_dashboard,
            payment_intent=charge["payment_intent"],
            amount=amount,
        )

    # Banks

    @precondition(lambda self: self.books.charges_in("pending"))
    @rule(number=which, succeeded=st.booleans())
    def bank_decides_on_payment(self, number: int, succeeded: bool) -> None:
        intent = nth(self.books.charges_in("pending"), number)["payment_intent"]
        session = next(s for s in self.books.sessions if s["payment_intent"] == intent)
        self.attempt(self.stripe.settle_later, session_id=session["id"], succeeded=succeeded)

    @precondition(lambda self: self.has("refunds"))
    @rule(number=which, succeeded=st.booleans())
    def bank_decides_on_refund(self, number: int, succeeded: bool) -> None:
        verb = self.stripe.succeed_refund if succeeded else self.stripe.fail_refund
        pending = [refund for refund in self.books.refunds if refund["status"] == "pending"]
        self.attempt(verb, refund_id=nth(pending or self.books.refunds, number)["id"])

    @initialize(pending=st.booleans())
    def refunds_are_quick_or_slow(self, pending: bool) -> None:
        self.stripe.refunds_stay_pending(pending=pending)

    @rule(pending=st.booleans())
    def refunds_take_their_time(self, pending: bool) -> None:
        self.stripe.refunds_stay_pending(pending=pending)

    @precondition(lambda self: self.books.charges_in("succeeded"))
    @rule(number=which, amount=part, inquiry=st.booleans())
    def bank_disputes(self, number: int, amount: int | None, inquiry: bool) -> None:
        charge = nth(self.books.charges_in("succeeded"), number)
        self.attempt(
            self.stripe.dispute,
            charge_or_payment_intent=charge["id"],
            amount=amount,
            inquiry=inquiry,
        )

    @precondition(lambda self: self.has("disputes"))
    @rule(number=which, end=st.sampled_from(["won", "lost", "escalated"]))
    def bank_decides_on_dispute(self, number: int, end: str) -> None:
        dispute_id = nth(self.books.disputes, number)["id"]
        if end == "escalated":
            self.attempt(self.stripe.escalate_dispute, dispute_id=dispute_id)
        else:
            self.attempt(self.stripe.close_dispute, dispute_id=dispute_id, won=end == "won")

    # Messages, time and the worker

    @precondition(lambda self: self.has("events"))
    @rule(number=st.one_of(which, st.integers(0, 30)), times=st.sampled_from([1, 2, 3]))
    def deliver(self, number: int, times: int) -> None:
        event = nth(self.books.events, number)
        for _ in range(times):
            self.attempt(self.world.deliver, event=event)

    @precondition(lambda self: self.has("sessions"))
    @rule(number=which, lag=lag)
    def look_with_a_slow_clock(self, number: int, lag: timedelta) -> None:
        session = nth(self.books.sessions, number)
        self.attempt(lambda: checkout.sync(session["id"], at=self.world.now - lag))

    @rule(pause=pause)
    def time_passes(self, pause: timedelta) -> None:
        self.world.wait(pause)

    @rule(round_=st.sampled_from([*rounds.ROUNDS, rounds.collect_missed_events]))
    def worker_does_one_round(self, round_: Callable[..., int]) -> None:
        self.attempt(lambda: round_(at=self.world.now))

    @rule()
    def worker_does_all_rounds(self) -> None:
        self.attempt(lambda: rounds.all_rounds(at=self.world.now))

    # What goes wrong

    @rule(when=before_or_after, path=paths, times=tries)
    def connection_will_drop(self, when: str, path: str, times: int) -> None:
        self.stripe.drop_next(when, path=path, times=times)

    @rule(status=st.sampled_from([500, 429, 400]), path=paths, times=tries)
    def stripe_will_fail(self, status: int, path: str, times: int) -> None:
        self.stripe.fail_next(status, times, path)

    @rule(seam=a_seam, when=before_or_after)
    def process_will_crash(self, seam: str, when: str) -> None:
        self.world.seams.plan(seam, when, crash)

    @precondition(lambda self: self.has("reservations"))
    @rule(
        seam=st.sampled_from(QUESTIONS),
        when=before_or_after,
        other=st.sampled_from(["pay", "pay", "cancel", "staff_cancel", "worker", "look", "hour"]),
        number=which,
    )
    def another_will_come_between(self, seam: str, when: str, other: str, number: int) -> None:
        self.world.seams.plan(seam, when, lambda: self._act(other, number))

    def _act(self, other: str, number: int) -> None:
        """Once Stripe is being asked; the books are read anew, for they have moved on."""
        books, at = Books(self.stripe, self.world.now), self.world.now
        reservation = nth(books.reservations, number)
        if other in {"cancel", "staff_cancel"}:
            self.world.called_off.add(reservation.pk)
            verb = booking.cancel if other == "cancel" else booking.cancel_by_house
            self.attempt(verb, reservation_id=reservation.pk, at=at)
        elif other == "worker":
            self.attempt(rounds.all_rounds, at=at)
        elif other == "hour":
            self.world.wait(HOUR)
        elif books.sessions:
            session = nth(books.sessions_in("open") or books.sessions, number)
            if other == "pay":
                self.attempt(self.stripe.pay, session_id=session["id"])
            self.attempt(lambda: checkout.sync(session["id"], at=at))

    # What has to be true

    @invariant()
    def the_house_is_in_order(self) -> None:
        before, self.books = self.books, Books(self.stripe, self.world.now)
        self.steps += 1
        truths.assert_seats_are_safe(self.books)
        truths.assert_only_forward(before, self.books)
        truths.assert_nothing_is_given_away(self.books)
        truths.assert_promises_are_kept(self.books, self.world.called_off)
        assert not self.world.sins

    def teardown(self) -> None:
        try:
            if not is_failing():
                come_to_rest(self.world)
                self.the_house_is_in_order()
                truths.assert_everything_is_settled(self.books)
        finally:
            self.world.close()


@pytest.fixture
def stage(db, settings, monkeypatch) -> Iterator[Stage]:
    """One hall of a few seats, shows in it, three customers who want them."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = "sk_test_any", ["whsec_sandbox"]
    settings.CANCELLATION_POLICY = POLICY
    monkeypatch.setattr(stripe_package.HTTPClient, "INITIAL_DELAY", 0)
    monkeypatch.setattr(stripe_package.HTTPClient, "MAX_DELAY", 0)
    first, seats = show_with_seats(SEATS, starts_at=NOW + 26 * HOUR)
    others = [
        ShowTimeFactory(hall=first.hall, movie=first.movie, starts_at=NOW + days * DAY)
        for days in (5, 20)
    ]
    customers = [UserFactory() for _ in range(3)]
    with time_machine.travel(NOW, tick=False) as clock:
        yield Stage([first, *others], seats, customers, UserFactory(), clock, settings)


@pytest.fixture
def quiet() -> Iterator[None]:
    """What goes wrong here goes wrong on purpose; only our own ears hear of it."""
    loggers = [logging.getLogger(name) for name in ("payments", "django.request")]
    for logger in loggers:
        logger.propagate = False
    yield
    for logger in loggers:
        logger.propagate = True


@pytest.mark.usefixtures("quiet")
def test_money_and_seats_are_right_whatever_happens(stage):
    run_state_machine_as_test(lambda: House(stage), settings=PROFILE)
