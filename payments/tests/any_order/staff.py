"""What staff do."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from payments import settlement
from payments.tests.any_order.customers import a_show
from payments.tests.any_order.machine import Machine, part, which
from payments.tests.any_order.world import nth
from reservation import booking, programme, waivers
from reservation.models import Reservation


class Staff(Machine):
    """They cancel reservations and shows, waive what is due, and use Stripe's dashboard."""

    @precondition(lambda self: self.has("reservations"))
    @rule(number=which)
    def staff_cancel(self, number: int) -> None:
        self.call_off_by_house(nth(self.books.reservations, number))

    def call_off_by_house(self, reservation: Reservation) -> None:
        self.world.called_off.add(reservation.pk)
        facts = {"reservation_id": reservation.pk, "at": self.world.now, "reason": "Fog"}
        self.attempt(booking.cancel_by_house, **facts)

    @precondition(lambda self: self.has("charges"))
    @rule(show=a_show, sure=st.sampled_from([False, False, False, False, True]))
    def staff_cancel_show(self, show: int, sure: bool) -> None:
        if sure:
            show_id = nth(self.stage.shows, show).pk
            self.attempt(programme.cancel, show_id=show_id, at=self.world.now)

    @precondition(lambda self: self.books.sold)
    @rule(number=which, amount=st.sampled_from([1, 500, 500, 1250]))
    def staff_waive(self, number: int, amount: int) -> None:
        self.waive(nth(self.books.sold, number), amount)

    def waive(self, reservation: Reservation, amount: int) -> None:
        """As the admin does: what was waived is settled at once."""
        self.attempt(
            waivers.waive,
            reservation_id=reservation.pk,
            amount=amount,
            reason="Rain came through the roof",
            staff_id=self.stage.staff.pk,
            at=self.world.now,
        )
        self.settle(reservation)

    def settle(self, reservation: Reservation) -> None:
        self.attempt(settlement.settle, reservation_id=reservation.pk, at=self.world.now)

    @precondition(lambda self: self.books.charges_in("succeeded"))
    @rule(number=which, amount=part)
    def staff_refund_in_dashboard(self, number: int, amount: int | None) -> None:
        charge = nth(self.books.charges_in("succeeded"), number)
        self.attempt(
            self.stripe.refund_in_dashboard,
            payment_intent=charge["payment_intent"],
            amount=amount,
        )
