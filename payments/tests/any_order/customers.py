"""What customers do."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from payments import checkout
from payments.tests.any_order.machine import Machine, lag, which
from payments.tests.any_order.world import nth
from reservation import booking, holding
from reservation.models import Reservation, ShowTime
from reservation.sale import SeatChoice

# Few, so that customers want the same ones; and most want to see the same show.
some_seats = st.sampled_from([{0}, {0, 1}, {0, 1}, {1, 2}, {2, 3}, {0, 1, 2, 3}])
a_show = st.sampled_from([0, 0, 0, 1, 2])


class Customers(Machine):
    """They hold, pay or not, look, and cancel."""

    @rule(who=which, show=a_show, seats=some_seats, lag=lag)
    def hold(self, who: int, show: int, seats: set[int], lag: timedelta) -> None:
        taken = [self.stage.seats[number].pk for number in sorted(seats)]
        self.take(who, nth(self.stage.shows, show), taken, lag=lag)

    def take(
        self, who: int, show: ShowTime, seats: list[int], *, lag: timedelta = timedelta()
    ) -> Reservation | None:
        """A new hold of these seats, if it was not refused."""
        known = {reservation.pk for reservation in self.books.reservations}
        self.attempt(
            holding.hold,
            user_id=nth(self.stage.customers, who).pk,
            show_id=show.pk,
            choices=[SeatChoice(seat) for seat in seats],
            at=self.world.now - lag,
        )
        return next((r for r in self.books.reservations if r.pk not in known), None)

    @precondition(lambda self: self.has("reservations"))
    @rule(number=which, lag=lag)
    def open_payment_page(self, number: int, lag: timedelta) -> None:
        reservation = nth(self.books.holds or self.books.reservations, number)
        self.ask_for_page(reservation, lag=lag)

    def ask_for_page(
        self, reservation: Reservation, *, lag: timedelta = timedelta()
    ) -> dict[str, Any] | None:
        """The newest page of that reservation at Stripe, whether or not we heard of it."""
        at = self.world.now - lag
        self.attempt(checkout.open_checkout, reservation_id=reservation.pk, at=at)
        pages = list(self.books.sessions_of(reservation))
        return pages[-1] if pages else None

    @precondition(lambda self: self.books.sessions_in("open"))
    @rule(number=which, outcome=st.sampled_from(["paid", "paid", "paid", "declined", "later"]))
    def pay(self, number: int, outcome: str) -> None:
        self.pay_page(nth(self.books.sessions_in("open"), number), outcome)

    def pay_page(self, page: dict[str, Any], outcome: str = "paid") -> None:
        self.attempt(self.stripe.pay, session_id=page["id"], outcome=outcome)

    @precondition(lambda self: self.has("sessions"))
    @rule(number=which)
    def come_back_from_paying(self, number: int) -> None:
        self.come_back(nth(self.books.sessions, number))

    def come_back(self, page: dict[str, Any]) -> None:
        path = f"/api/payment/success/?session_id={page['id']}"
        self.attempt(self.world.visit, path=path, user=self.stage.customers[0])

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
        self.call_off(reservation, lag=lag)

    def call_off(self, reservation: Reservation, *, lag: timedelta = timedelta()) -> None:
        self.world.called_off.add(reservation.pk)
        self.attempt(booking.cancel, reservation_id=reservation.pk, at=self.world.now - lag)
