"""What stands in our books and in Stripe's, at one moment."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from payments.models import Payment
from payments.sandbox import Sandbox
from reservation.models import Reservation, ReservationState


class Books:
    """Ours and Stripe's, at one moment."""

    def __init__(self, stripe: Sandbox, at: datetime) -> None:
        self.at = at
        rows = Reservation.objects.select_related("showtime").prefetch_related("tickets")
        self.reservations = list(rows.order_by("pk"))
        payments = Payment.objects.prefetch_related("refunds", "disputes")
        self.payments = list(payments.order_by("created_at"))
        self.sessions, self.charges = stripe.sessions, stripe.charges
        self.refunds, self.disputes = stripe.refunds, stripe.disputes
        self.events = stripe.events

    @property
    def holds(self) -> list[Reservation]:
        """Those that are alive."""
        return [r for r in self.reservations if r.state_at(self.at) == ReservationState.HELD]

    @property
    def sold(self) -> list[Reservation]:
        return [r for r in self.reservations if r.state == ReservationState.CONFIRMED]

    def payments_of(self, reservation: Reservation) -> list[Payment]:
        return [p for p in self.payments if p.reservation_id == reservation.pk]

    def sessions_in(self, status: str) -> list[dict[str, Any]]:
        return [session for session in self.sessions if session["status"] == status]

    def sessions_of(self, reservation: Reservation) -> Iterator[dict[str, Any]]:
        """Its payment pages, the oldest first."""
        for session in self.sessions:
            if session["metadata"]["reservation"] == str(reservation.pk):
                yield session

    def charges_in(self, status: str) -> list[dict[str, Any]]:
        return [charge for charge in self.charges if charge["status"] == status]

    def charges_of(self, **metadata: Any) -> Iterator[dict[str, Any]]:
        """What Stripe received for that reservation, or by that payment."""
        for charge in self.charges_in("succeeded"):
            if all(charge["metadata"][name] == str(value) for name, value in metadata.items()):
                yield charge

    def refunded(self, charge: dict[str, Any], *, by_us: bool | None = None) -> int:
        """What went back of it, or is on its way."""
        return sum(
            refund["amount"]
            for refund in self.refunds
            if refund["charge"] == charge["id"]
            and refund["status"] != "failed"
            and by_us in {None, "refund" in refund["metadata"]}
        )

    def taken(self, charge: dict[str, Any]) -> int:
        """What banks took of it and did not return."""
        return -sum(
            moved["amount"]
            for dispute in self.disputes
            if dispute["charge"] == charge["id"]
            for moved in dispute["balance_transactions"]
        )

    def kept(self, charge: dict[str, Any]) -> int:
        """What is left of it. More can be gone than came: that loss is nobody else's."""
        return max(charge["amount"] - self.refunded(charge) - self.taken(charge), 0)


def live(reservation: Reservation) -> list[int]:
    """The seats that it holds."""
    return [t.seat_id for t in reservation.tickets.all() if t.released_at is None]
