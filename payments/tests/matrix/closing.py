"""What holds at the end of every row of the matrix, whatever was played."""

from collections import Counter

from django.db.models import Count
from post_office.models import Email

from payments.tests.matrix.house import House
from reservation.models import Reservation, ReservationState, Ticket

TAKEN_BY_A_BANK = {"needs_response", "lost"}


def assert_all_is_right(house: House) -> None:
    """Stripe's books, seats, the bystander and mails, once Stripe has said all that it has to."""
    house.listen()
    for reservation in Reservation.objects.all():
        assert_is_settled(house, reservation)
    assert_every_seat_has_one_owner()
    assert house.bystander_s_rows() == house.untouched
    mails = Email.objects.values_list("to", "subject")
    assert Counter((*to, subject) for to, subject in mails) == house.right_mails


def assert_is_settled(house: House, reservation: Reservation) -> None:
    assert kept_of(house, reservation) == due_of(house, reservation), reservation.state
    assert reservation.settle_after is None


def kept_of(house: House, reservation: Reservation) -> int:
    """By Stripe's own books: what was paid, less what went back or was taken back."""
    charges = house.charges_of(reservation)
    intents = {charge["payment_intent"] for charge in charges}
    back = [r for r in house.stripe.refunds if r["status"] != "failed"]
    taken = [d for d in house.stripe.disputes if d["status"] in TAKEN_BY_A_BANK]
    gone = [g["amount"] for g in back + taken if g["payment_intent"] in intents]
    return sum(charge["amount"] for charge in charges) - sum(gone)


def due_of(house: House, reservation: Reservation) -> int:
    """A hold is still to be paid: nothing of it may be here yet."""
    if reservation.state == ReservationState.HELD:
        return 0
    owners = [c for c in house.customers if c.reservation_id == reservation.pk]
    return reservation.amount_due - sum(owner.taken_by_hand for owner in owners)


def assert_every_seat_has_one_owner() -> None:
    per_seat = Ticket.objects.live().order_by().values("showtime", "seat")
    assert {row["owners"] for row in per_seat.annotate(owners=Count("pk"))} == {1}
    for reservation in Reservation.objects.all():
        owns = reservation.state in {ReservationState.HELD, ReservationState.CONFIRMED}
        tickets = reservation.tickets.count() if owns else 0
        assert reservation.tickets.live().count() == tickets, reservation.state
