"""Asking for money: open a Checkout session, and learn from Stripe what became of it."""

import logging
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cinema_reservation.errors import DomainError
from cinema_reservation.money import written
from payments import alerts, asking, disputes, gateway, refunds, settlement
from payments.asking import Asked
from payments.gateway import Session
from payments.models import AlertKind, Payment, PaymentState
from reservation import booking

log = logging.getLogger(__name__)

# A page that Stripe was asked about so lately is given without asking again.
LOOK_AGAIN = timedelta(seconds=10)
# Stripe's shortest session, and time enough for a retry to arrive.
SHORTEST_SESSION = timedelta(minutes=30, seconds=30)


class HoldEndsTooSoon(DomainError):
    code = "hold_ends_too_soon"
    sentence = (
        "Too little time is left on this hold for another payment page. "
        "Cancel it and hold the seats anew."
    )


class PaymentProcessing(DomainError):
    code = "payment_processing"
    sentence = "A payment for this reservation is on its way. Please wait for its outcome."


def open_checkout(*, reservation_id: int, at: datetime) -> Payment | None:
    """The payment page of a hold, or of an exchange that waits; the same one while it is open.

    A committed row with the complete parameters comes first, Stripe second and outside of
    any transaction: whatever breaks in between, asking again finishes the same session.
    A reservation that costs nothing is confirmed at once and has no payment (`None`).

    Raises `HoldExpired`, `AlreadyConfirmed`, `ReservationCancelled`, `ShowCancelled`,
    `ExchangeLapsed`, `MoneyMissing`, `HoldEndsTooSoon`, `PaymentProcessing`,
    `StripeUnavailable`, `StripeRefused`.
    """
    _learn_of_ended_payment(reservation_id, at)
    payment = _prepare(reservation_id, at)
    if payment is None or payment.state != PaymentState.CREATING:
        return payment
    try:
        finish_creating(payment)
    except gateway.StripeRefused:
        if payment.created_at == at:
            raise
        # An earlier try never reached Stripe, and what it asked for is out of date by now.
        payment = _prepare(reservation_id, at)
        if payment is not None:
            finish_creating(payment)
    return payment


def _learn_of_ended_payment(reservation_id: int, at: datetime) -> None:
    """A page may have been paid, or closed, since: ask before giving it, or another one."""
    related = "reservation", "exchange__replacement"
    lives = Payment.objects.live().filter(reservation=reservation_id)
    live = lives.select_related(*related).first()
    if live is None or not live.session_id:
        return
    if live.is_replaceable_at(at):
        close(live, at=at)
    elif live.expires_at <= at or live.looked_at <= at - LOOK_AGAIN:
        sync(live.session_id, at=at)


@transaction.atomic
def _prepare(reservation_id: int, at: datetime) -> Payment | None:
    """The live payment of what is to be paid, made now if there is none.

    The reservation's lock, which keeping its seats takes, lets one at a time look and make.
    """
    page_ends = at + timedelta(minutes=settings.CHECKOUT_MINUTES)
    until = page_ends + timedelta(minutes=settings.CHECKOUT_GRACE_MINUTES)
    asked = asking.keep_seats(reservation_id=reservation_id, until=until, at=at)
    if asked.amount == 0:
        booking.confirm(reservation_id=reservation_id, at=at)
        return None
    live = asked.reservation.payments.live().first()
    if live is not None:
        if live.state == PaymentState.PROCESSING or live.exchange_id != asked.exchange_id:
            raise PaymentProcessing
        return live
    page_ends = min(page_ends, asked.kept_until)
    if page_ends < at + SHORTEST_SESSION:
        raise HoldEndsTooSoon
    return _insert(asked, page_ends, at)


def _insert(asked: Asked, page_ends: datetime, at: datetime) -> Payment:
    payment = Payment(
        reservation=asked.reservation,
        exchange=asked.exchange,
        amount=asked.amount,
        currency=asked.reservation.currency,
        created_at=at,
        looked_at=at,
        expires_at=page_ends,
        idempotency_key=f"checkout-{uuid.uuid4()}",
    )
    payment.parameters = asking.parameters(payment, asked)
    payment.save(force_insert=True)
    return payment


def finish_creating(payment: Payment) -> None:
    """Create the session of a payment at Stripe, or get the one that was created before.

    Raises `StripeUnavailable`, and `StripeRefused` after marking the payment as failed.
    """
    try:
        session = gateway.create_session(
            parameters=payment.parameters, idempotency_key=payment.idempotency_key
        )
    except gateway.StripeRefused:
        log.exception("Stripe refused to open payment %s", payment.pk)
        Payment.objects.filter(pk=payment.pk, state=PaymentState.CREATING).update(
            state=PaymentState.FAILED
        )
        raise
    payment.session_id, payment.checkout_url = session.id, session.url
    payment.state = PaymentState.OPEN
    # Forward only: a webhook may have been faster and settled it already.
    Payment.objects.filter(pk=payment.pk, state=PaymentState.CREATING).update(
        session_id=session.id, checkout_url=session.url, state=PaymentState.OPEN
    )


def sync(session_id: str, *, at: datetime) -> Payment | None:
    """Fetch the session from Stripe, move our payment forward, and settle.

    Everybody who has reason to look calls this: webhook, success page, status poll,
    reconciler. What Stripe says now is the only evidence, so that their order and their
    number can't matter. `None` for a session that is not ours. Raises `StripeUnavailable`.
    """
    try:
        session = gateway.retrieve_session(session_id)
    except gateway.UnknownToStripe:
        _give_up_unknown(session_id, at)
        return None
    payment_id = _payment_of(session)
    if payment_id is None:
        return None
    if session.has_lost_money:
        # Before its arrival counts: what went back, or was asked back, buys nothing.
        _learn_of_losses(payment_id, session, at)
    payment = _move_forward(payment_id, session, at)
    settlement.settle(reservation_id=payment.reservation_id, at=at)
    return payment


def _learn_of_losses(payment_id: uuid.UUID, session: Session, at: datetime) -> None:
    payment = Payment.objects.get(pk=payment_id)
    payment.payment_intent_id = session.payment_intent_id
    refunds.ask_after(payment, at=at)
    disputes.ask_after(payment, at=at)


def sync_intent(payment_intent_id: str, *, at: datetime) -> Payment | None:
    """The payment that an intent belongs to, synced first where we have not heard of it yet.

    Money can leave a payment before its arrival is news here. `None` for an intent that is
    not ours. Raises `StripeUnavailable`.
    """
    known = Payment.objects.filter(payment_intent_id=payment_intent_id)
    if known.exists():
        return known.get()
    try:
        named = gateway.retrieve_intent_metadata(payment_intent_id).get("payment", "")
    except gateway.UnknownToStripe:
        return None
    payment = _find_named(named)
    if payment is None:
        return None
    if payment.session_id is None:
        finish_creating(payment)
    sync(payment.session_id or "", at=at)
    return known.first()


@transaction.atomic
def _give_up_unknown(session_id: str, at: datetime) -> None:
    """A page of ours that Stripe does not know (another account's key?) can't be paid."""
    lost = Payment.objects.live().filter(session_id=session_id)
    for payment in lost.select_for_update(no_key=True):
        payment.state = PaymentState.EXPIRED
        payment.save(update_fields=["state"])
        alerts.alert(
            kind=AlertKind.UNKNOWN_TO_STRIPE,
            payment=payment,
            sentence=f"Stripe does not know the page {session_id}, which was opened for it.",
            at=at,
        )


def _payment_of(session: Session) -> uuid.UUID | None:
    """Our payment of that session, even before its id was stored; `None` for foreign ones."""
    payment = _find_named(session.metadata.get("payment", ""))
    if payment is None or payment.session_id not in {None, session.id}:
        return None
    return payment.pk


def _find_named(name: str) -> Payment | None:
    """The payment that metadata name; anybody's metadata may name anything."""
    try:
        return Payment.objects.filter(pk=uuid.UUID(name)).first()
    except ValueError:
        return None


@transaction.atomic
def _move_forward(payment_id: uuid.UUID, session: Session, at: datetime) -> Payment:
    """Under the payment's and the reservation's lock. What ended can only turn out paid."""
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    reservation = booking.lock(payment.reservation_id)
    if payment.is_final or not (payment.is_live or session.is_paid):
        return payment
    before, state = payment.state, _state(payment, session)
    if before == PaymentState.PROCESSING and state == PaymentState.OPEN:
        # An answer from before the order was given to the bank.
        return payment
    payment.session_id, payment.checkout_url = session.id, session.url
    payment.payment_intent_id = session.payment_intent_id
    payment.state = state
    payment.looked_at = at
    if session.is_paid and _is_our_money(payment, session):
        payment.amount_received = session.amount
        booking.settle_from(reservation, at)
    payment.save()
    if payment.state == PaymentState.REJECTED:
        _tell_staff(payment, session, at)
    _keep_or_free_seats(payment, before, at)
    return payment


def _tell_staff(payment: Payment, session: Session, at: datetime) -> None:
    mode = "" if session.livemode == _asks_for_real_money() else " in another mode than ours"
    came = written(session.amount, session.currency)
    asked = written(payment.amount, payment.currency)
    alerts.alert(
        kind=AlertKind.NOT_AS_ASKED,
        payment=payment,
        sentence=f"{came} came{mode} where {asked} was asked for, by {session.id}.",
        at=at,
    )


def _keep_or_free_seats(payment: Payment, before: str, at: datetime) -> None:
    """Seats stay while a bank works on their payment, and are free when it has failed."""
    if before == payment.state:
        return
    if payment.state == PaymentState.PROCESSING:
        asking.await_payment(payment, at=at)
    if before == PaymentState.PROCESSING and payment.state == PaymentState.FAILED:
        asking.give_up(payment, at=at)


def _is_our_money(payment: Payment, session: Session) -> bool:
    """Whether its amount can be counted: our currency, and real only where we ask for real."""
    return session.currency == payment.currency and session.livemode == _asks_for_real_money()


def _asks_for_real_money() -> bool:
    return settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))


def _state(payment: Payment, session: Session) -> PaymentState:
    """What a session means for its payment."""
    if session.is_paid:
        if _is_as_asked(payment, session):
            return PaymentState.PAID
        log.error("payment %s was not paid as asked: %s", payment.pk, session)
        return PaymentState.REJECTED
    if session.status == "complete":
        return PaymentState.FAILED if session.has_failed else PaymentState.PROCESSING
    return PaymentState.EXPIRED if session.status == "expired" else PaymentState.OPEN


def _is_as_asked(payment: Payment, session: Session) -> bool:
    return (
        session.mode == "payment"
        and session.amount == payment.amount
        and _is_our_money(payment, session)
    )


def close(payment: Payment, *, at: datetime) -> None:
    """Let nobody pay a payment page any more, unless it was paid already: then settle it."""
    session_id = payment.session_id or ""
    try:
        gateway.expire_session(session_id)
    except gateway.StripeRefused:
        # Not open any more: paid or expired, which is what sync is about to learn.
        log.info("payment %s could not be closed", payment.pk)
    sync(session_id, at=at)
