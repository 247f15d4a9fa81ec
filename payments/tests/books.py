"""What Stripe's own books say, to hold ours against."""

from payments.sandbox import Sandbox
from reservation.models import Reservation


def balance(stripe: Sandbox) -> int:
    """paid - refunded, in minor units."""
    received = sum(charge["amount"] for charge in stripe.charges)
    returned = sum(r["amount"] for r in stripe.refunds if r["status"] != "failed")
    return received - returned


def assert_settled(stripe: Sandbox, reservation: Reservation) -> None:
    """The settlement equation of the only reservation, at rest."""
    reservation.refresh_from_db()
    assert balance(stripe) == reservation.amount_due
    assert reservation.settle_after is None
