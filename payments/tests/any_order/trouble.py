"""Messages, time and the worker, and everything that goes wrong between them."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from payments import checkout, rounds
from payments.tests.any_order.customers import Customers
from payments.tests.any_order.machine import before_or_after, lag, which
from payments.tests.any_order.seams import QUESTIONS, SEAMS, crash
from payments.tests.any_order.staff import Staff
from payments.tests.any_order.world import nth
from payments.tests.moments import DAY, HOUR, MINUTE, SECOND

pause = st.sampled_from(
    [SECOND, 7 * SECOND, 6 * MINUTE, 11 * MINUTE, 36 * MINUTE, HOUR, 5 * HOUR, DAY, 2 * DAY]
)
paths = st.sampled_from(
    ["/v1/", "/v1/checkout/sessions", "/v1/refunds", "/v1/refunds", "/v1/disputes", "/v1/events"]
)
# Once is ridden out by trying again; three times are not.
tries = st.sampled_from([1, 3, 3])
# Around Stripe's answers more is at stake than anywhere else.
a_seam = st.sampled_from([*SEAMS, *QUESTIONS, *["payments.gateway.create_refund"] * 4])


class Trouble(Customers, Staff):
    """Late and lost messages, slow clocks, crashes, and others who come between."""

    @precondition(lambda self: self.has("events"))
    @rule(number=st.one_of(which, st.integers(0, 30)), times=st.sampled_from([1, 2, 3]))
    def deliver(self, number: int, times: int) -> None:
        event = nth(self.books.events, number)
        for _ in range(times):
            self.attempt(self.world.deliver, event=event)

    @precondition(lambda self: self.has("sessions"))
    @rule(number=which, lag=lag)
    def look_with_a_slow_clock(self, number: int, lag: timedelta) -> None:
        self.sync(nth(self.books.sessions, number)["id"], lag=lag)

    def sync(self, session_id: str, *, lag: timedelta = timedelta()) -> None:
        self.attempt(lambda: checkout.sync(session_id, at=self.world.now - lag))

    @rule(pause=pause)
    def time_passes(self, pause: timedelta) -> None:
        self.world.wait(pause)

    @rule(round_=st.sampled_from([*rounds.ROUNDS, rounds.collect_missed_events]))
    def worker_does_one_round(self, round_: Callable[..., int]) -> None:
        self.attempt(lambda: round_(at=self.world.now))

    @rule()
    def worker_does_all_rounds(self) -> None:
        self.attempt(lambda: rounds.all_rounds(at=self.world.now))

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
        """While Stripe is being asked; the books have moved on since it was planned."""
        self.look()
        if other == "cancel":
            self.call_off(nth(self.books.reservations, number))
        elif other == "staff_cancel":
            self.call_off_by_house(nth(self.books.reservations, number))
        elif other == "worker":
            self.worker_does_all_rounds()
        elif other == "hour":
            self.world.wait(HOUR)
        elif self.books.sessions:
            page = nth(self.books.sessions_in("open") or self.books.sessions, number)
            if other == "pay":
                self.pay_page(page)
            self.sync(page["id"])
