"""Who sits where: reservations, their tickets, and the requests that made them."""

import secrets
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.utils import timezone

from cinema_reservation.money import written
from reservation.models.pricing import Promotion
from reservation.models.programme import ShowTime, TicketType
from reservation.models.venue import Seat

# Read aloud and typed by hand: no 0/O, 1/I/L, 5/S, 2/Z, 8/B, U/V. Ten of these make 6e13
# codes: beside two million reservations, a new one meets an old one once in 30 million.
CODE_ALPHABET = "34679ACDEFGHJKMNPQRTVWXY"
CODE_LENGTH = 10
REASON_LENGTH = 200


def new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


class ReservationState(models.TextChoices):
    HELD = "held", "Held"
    CONFIRMED = "confirmed", "Confirmed"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


class Channel(models.TextChoices):
    ONLINE = "online", "Online"
    BOX_OFFICE = "box_office", "Box office"
    # What waits to take another reservation's place, and what that had before.
    EXCHANGE = "exchange", "Exchange"
    # Seats that came back, offered to who was first in line for them.
    WAITING_LIST = "waitlist", "Waiting list"


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def of(self, user_id: int | None) -> Self:
        """That person's own: the only ones that they may see or touch. Nobody owns none.

        An exchange is seen and touched by way of the reservation that it belongs to.
        """
        if user_id is None:
            return self.none()
        return self.filter(user=user_id).exclude(channel=Channel.EXCHANGE)

    def holding(self, at: datetime) -> Self:
        """Holds that are alive at that instant."""
        return self.filter(state=ReservationState.HELD, expires_at__gt=at)

    def living(self, at: datetime) -> Self:
        """Those whose seats are somebody's at that instant: sold, or held and not dead."""
        held = Q(state=ReservationState.HELD, expires_at__gt=at)
        return self.filter(held | Q(state=ReservationState.CONFIRMED))

    def overdue(self, at: datetime) -> Self:
        """Holds past their time: dead already, though nobody has tidied them up yet."""
        return self.filter(state=ReservationState.HELD, expires_at__lte=at)

    def unsettled(self, at: datetime) -> Self:
        """Those whose money may not be what is due, and whose time to be looked at has come."""
        return self.filter(settle_after__lte=at)

    def of_cancelled_shows(self, at: datetime | None = None) -> Self:
        """Those alive at that instant, or now, of shows that won't take place.

        The shows are asked for first, and are few: joined, a planner that does not know
        how few would read the reservations of every show that was ever cancelled.
        """
        shows = list(ShowTime.objects.uncleared().order_by().values_list("pk", flat=True))
        return self.filter(showtime__in=shows).living(at or timezone.now())

    def in_state(self, state: str, at: datetime) -> Self:
        """Those whose `state_at` that instant is this one."""
        dead = Q(state=ReservationState.HELD, expires_at__lte=at)
        if state == ReservationState.EXPIRED:
            return self.filter(Q(state=state) | dead)
        return self.filter(state=state).exclude(dead)


class Reservation(models.Model):
    """One customer's claim on seats of one show.

    Its state is changed by the verbs of `booking.py` only. What was promised at the sale
    (prices, total, cancellation policy) is kept here and on the tickets, so that a later
    change of the programme changes no reservation.
    """

    code = models.CharField(max_length=CODE_LENGTH, unique=True, default=new_code, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reservations",
        # `reservation_by_user` begins with it.
        db_index=False,
    )
    # `reservation_by_show` begins with it.
    showtime = models.ForeignKey(
        ShowTime, on_delete=models.PROTECT, related_name="reservations", db_index=False
    )
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.ONLINE)
    state = models.CharField(
        max_length=10, choices=ReservationState, default=ReservationState.HELD
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="A hold is dead from this very instant on.")
    # Opening a checkout prolongs a hold, once: it can't be renewed for ever.
    extended_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    total = models.PositiveIntegerField(help_text="In minor units (cents).")
    # `reservation_by_promotion` begins with it.
    promotion = models.ForeignKey(
        Promotion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reservations",
        db_index=False,
    )
    # Which of the cinema's rules made the show's price, as they were called then.
    price_rules = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), editable=False
    )
    cancellation_policy = models.JSONField(default=list)
    # What the house keeps of a reservation that was cancelled after it was paid.
    cancellation_fee = models.PositiveIntegerField(default=0)
    cancellation_reason = models.CharField(
        max_length=REASON_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="Why the house cancelled it.",
    )
    # The sum of its waivers: no longer due, whatever else becomes of the reservation.
    waived = models.PositiveIntegerField(
        default=0, db_default=0, help_text="In minor units (cents)."
    )
    # Set with every change that may leave more money with us than is due; whoever keeps the
    # money looks from then on, settles, and clears it.
    settle_after = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[models.Manager["Reservation"]] = ReservationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at"], name="reservation_by_user"),
            # The desk's first page sorts by them.
            models.Index(fields=["created_at", "id"], name="reservation_by_age"),
            # A show's holds: by its end alone SQLite would go through those of all shows.
            models.Index(fields=["showtime", "state", "expires_at"], name="reservation_by_show"),
            # Who else uses a code, counted off the index alone.
            models.Index(
                fields=["promotion", "user", "state", "expires_at"],
                condition=Q(promotion__isnull=False),
                name="reservation_by_promotion",
            ),
            # No condition on the state: SQLite can't prove it of a parameter, and would scan.
            models.Index(fields=["state", "expires_at"], name="reservation_by_end"),
            models.Index(
                fields=["settle_after"],
                condition=Q(settle_after__isnull=False),
                name="reservation_unsettled",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(cancellation_fee__lte=F("total")),
                name="cancellation_fee_within_total",
            ),
            models.CheckConstraint(
                condition=Q(waived__lte=F("total")), name="waived_within_total"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def state_at(self, at: datetime) -> str:
        """The state that counts: a hold past its time is expired for everyone."""
        if self.state == ReservationState.HELD and self.expires_at <= at:
            return ReservationState.EXPIRED
        return self.state

    @property
    def amount_due(self) -> int:
        """What the house may keep, in minor units: one side of the settlement equation."""
        match self.state:
            case ReservationState.HELD | ReservationState.CONFIRMED:
                return self.less_waived(self.total)
            case ReservationState.CANCELLED:
                return self.less_waived(self.cancellation_fee)
            case _:
                return 0

    def less_waived(self, amount: int) -> int:
        """What is left of an amount once the waivers are taken off it."""
        return max(amount - self.waived, 0)


class Waiver(models.Model):
    """Money that staff gave up beyond what was promised, and why."""

    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="waivers")
    amount = models.PositiveIntegerField(help_text="In minor units (cents).")
    reason = models.CharField(max_length=REASON_LENGTH)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="waiver_of_something")
        ]

    def __str__(self) -> str:
        return f"{written(self.amount, self.reservation.currency)} of {self.reservation}"


class TicketQuerySet(models.QuerySet["Ticket"]):
    def live(self) -> Self:
        """Tickets that no verb has released. Those of a dead hold are still among them."""
        return self.filter(released_at=None)

    def taking_seats(self, at: datetime) -> Self:
        """Tickets that keep their seat from others at that instant."""
        return self.live().exclude(
            reservation__state=ReservationState.HELD, reservation__expires_at__lte=at
        )


class Ticket(models.Model):
    """One seat of one reservation; it holds the seat while `released_at` is empty."""

    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="tickets")
    # The reservation's show again: the constraint below needs it in this table.
    showtime = models.ForeignKey(ShowTime, on_delete=models.PROTECT, related_name="tickets")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="tickets")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="+")
    price = models.PositiveIntegerField(help_text="As promised, in minor units (cents).")
    # How the price came about; unknown of tickets from before it was kept.
    show_price = models.PositiveIntegerField(null=True, editable=False)
    surcharge = models.PositiveIntegerField(null=True, editable=False)
    percentage = models.PositiveSmallIntegerField(null=True, editable=False)
    discount = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    released_at = models.DateTimeField(null=True, blank=True)
    admitted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Ticket"]] = TicketQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            # The one thing that makes a double sale impossible, whatever the code does.
            models.UniqueConstraint(
                fields=["showtime", "seat"],
                condition=Q(released_at=None),
                name="one_live_ticket_per_seat",
            )
        ]

    def __str__(self) -> str:
        return f"{self.seat} of {self.reservation}"


class IdempotentRequest(models.Model):
    """A request to hold seats that carried an `Idempotency-Key`, with the answer it got.

    Written in the transaction of its booking: no crash can keep the one without the other.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    # As it went over the wire; a JSON column would put its keys in another order.
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_per_user")
        ]

    def __str__(self) -> str:
        return self.key
