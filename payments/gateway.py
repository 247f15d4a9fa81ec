"""The only file that speaks to Stripe.

Nothing here touches the database; callers make sure that no transaction is open. Stripe's
answers become the small tuples below, so that the rest of `payments` reads facts and not
a foreign library's objects.
"""

import functools
import itertools
import json
import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import stripe
from django.conf import settings
from stripe.params import EventListParams, RefundCreateParams
from stripe.params.checkout import SessionCreateParams

from cinema_reservation.api.parsers import parse_strict
from cinema_reservation.errors import DomainError, ServiceUnavailable

log = logging.getLogger(__name__)

# Writes a machine's measurements to its home directory otherwise.
stripe.enable_telemetry = False

CONNECT_AND_READ_SECONDS = (3, 5)
WEBHOOK_TOLERANCE_SECONDS = 300
MOST_EVENTS = 10_000
STRIPE_ID = re.compile(r"[A-Za-z0-9_]{1,255}\Z")


class StripeUnavailable(ServiceUnavailable):
    code = "payment_provider_unavailable"
    sentence = "The payment provider can't answer just now. Please try again in a moment."
    retry_after = 5


class StripeRefused(DomainError):
    """Stripe understood and said no: asking the same again is of no use."""

    status = 502
    code = "payment_refused"
    sentence = "The payment provider refused. Please contact the cinema."


class UnknownToStripe(StripeRefused):
    """There is no object of that id at Stripe."""


class NotFromStripe(DomainError):
    status = 400
    code = "invalid_webhook"
    sentence = "This is no event that Stripe signed for us just now."


class Session(NamedTuple):
    """A Checkout session as Stripe tells it. Amounts in minor units."""

    id: str
    url: str
    status: str
    payment_status: str
    mode: str
    amount: int
    currency: str
    livemode: bool
    payment_intent_id: str
    payment_intent_status: str
    # Whether some of its money went back, or was disputed, by now.
    has_lost_money: bool
    metadata: Mapping[str, str]

    @property
    def has_failed(self) -> bool:
        """Whether a payment that was ordered (a bank debit) will not arrive."""
        return self.payment_intent_status in {"requires_payment_method", "canceled"}

    @property
    def is_paid(self) -> bool:
        return self.status == "complete" and self.payment_status == "paid"


class StripeRefund(NamedTuple):
    """A refund as Stripe tells it."""

    id: str
    amount: int
    status: str
    metadata: Mapping[str, str]


class StripeDispute(NamedTuple):
    """A dispute as Stripe tells it."""

    id: str
    amount: int
    status: str
    reason: str
    answer_by: datetime | None


class Event(NamedTuple):
    """What an event is about: `object_id`, and the payment intent that this belongs to."""

    id: str
    type: str
    object_id: str
    payment_intent_id: str


@functools.lru_cache(maxsize=4)
def _client(key: str, api_base: str) -> stripe.StripeClient:
    """One client per process, which keeps its connections."""
    return stripe.StripeClient(
        key,
        base_addresses={"api": api_base} if api_base else None,
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=CONNECT_AND_READ_SECONDS),
    )


@contextmanager
def _stripe() -> Iterator[stripe.StripeClient]:
    """The client, with Stripe's errors in our words."""
    try:
        yield _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)
    except stripe.InvalidRequestError as error:
        missing = error.code == "resource_missing"
        raise (UnknownToStripe if missing else StripeRefused) from error
    except (stripe.CardError, stripe.IdempotencyError) as error:
        raise StripeRefused from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.error("Stripe does not take STRIPE_SECRET_KEY for this: %s", error)
        raise StripeUnavailable from error
    except stripe.StripeError as error:
        log.warning("Stripe cannot answer: %s", error)
        raise StripeUnavailable from error


def create_session(*, parameters: dict[str, Any], idempotency_key: str) -> Session:
    """Create the session, or get the one that this key created before.

    Raises `StripeUnavailable`, and `StripeRefused` for parameters that Stripe won't take.
    """
    # Sorted, a retry sends the same bytes in whatever order the database kept the keys.
    sent = json.loads(json.dumps(parameters, sort_keys=True))
    with _stripe() as client:
        created = client.v1.checkout.sessions.create(
            cast("SessionCreateParams", sent), {"idempotency_key": idempotency_key}
        )
        return _session(created)


def retrieve_session(session_id: str) -> Session:
    """Raises `UnknownToStripe`, `StripeUnavailable`."""
    with _stripe() as client:
        return _session(
            client.v1.checkout.sessions.retrieve(
                session_id, {"expand": ["payment_intent.latest_charge"]}
            )
        )


def expire_session(session_id: str) -> None:
    """Let nobody pay it any more. Raises `StripeRefused` where it is not open."""
    with _stripe() as client:
        client.v1.checkout.sessions.expire(session_id)


def _session(found: stripe.checkout.Session) -> Session:
    return Session(
        id=found.id,
        url=found.url or "",
        status=found.status or "",
        payment_status=found.payment_status,
        mode=found.mode,
        amount=found.amount_total or 0,
        currency=found.currency or "",
        livemode=found.livemode,
        payment_intent_id=_id(found.payment_intent),
        payment_intent_status=str(getattr(found.payment_intent, "status", "")),
        has_lost_money=_has_lost_money(getattr(found.payment_intent, "latest_charge", None)),
        metadata=found.metadata.to_dict() if found.metadata else {},
    )


def _has_lost_money(charge: Any) -> bool:
    return bool(getattr(charge, "amount_refunded", 0) or getattr(charge, "disputed", False))


def _id(reference: Any) -> str:
    """The id of what Stripe gives as an id, as an object, or not at all."""
    return str(getattr(reference, "id", reference) or "")


def retrieve_intent_metadata(payment_intent_id: str) -> Mapping[str, str]:
    """What we wrote on a payment intent when we asked for it. Raises `UnknownToStripe`."""
    with _stripe() as client:
        found = client.v1.payment_intents.retrieve(payment_intent_id)
        return found.metadata.to_dict() if found.metadata else {}


def create_refund(
    *, payment_intent_id: str, amount: int, idempotency_key: str, metadata: dict[str, str]
) -> StripeRefund:
    """Send money back, or learn of the refund that this key made before.

    Raises `StripeUnavailable`, and `StripeRefused` where there is nothing left to refund.
    """
    parameters: RefundCreateParams = {
        "payment_intent": payment_intent_id,
        "amount": amount,
        "reason": "requested_by_customer",
        "metadata": metadata,
    }
    with _stripe() as client:
        return _refund(client.v1.refunds.create(parameters, {"idempotency_key": idempotency_key}))


def list_refunds(payment_intent_id: str) -> list[StripeRefund]:
    """All refunds of a payment, ours and those made in Stripe's dashboard."""
    with _stripe() as client:
        page = client.v1.refunds.list({"payment_intent": payment_intent_id, "limit": 100})
        return [_refund(refund) for refund in page.auto_paging_iter()]


def _refund(found: stripe.Refund) -> StripeRefund:
    metadata = found.metadata.to_dict() if found.metadata else {}
    return StripeRefund(found.id, found.amount, found.status or "pending", metadata)


def list_disputes(payment_intent_id: str) -> list[StripeDispute]:
    """What banks asked about a payment, or took back."""
    with _stripe() as client:
        page = client.v1.disputes.list({"payment_intent": payment_intent_id, "limit": 100})
        return [_dispute(dispute) for dispute in page.auto_paging_iter()]


def _dispute(found: stripe.Dispute) -> StripeDispute:
    due_by = getattr(found.evidence_details, "due_by", None)
    answer_by = datetime.fromtimestamp(due_by, UTC) if due_by else None
    return StripeDispute(found.id, found.amount, found.status, found.reason, answer_by)


def list_undelivered_events(*, types: Iterable[str], since: datetime) -> list[Event]:
    """Events that Stripe could not deliver to us, the oldest first; at most `MOST_EVENTS`."""
    parameters: EventListParams = {
        "types": sorted(types),
        "delivery_success": False,
        "created": {"gte": int(since.timestamp())},
        "limit": 100,
    }
    with _stripe() as client:
        newest_first = client.v1.events.list(parameters).auto_paging_iter()
        events = [_event(event.to_dict()) for event in itertools.islice(newest_first, MOST_EVENTS)]
    return events[::-1]


def verified_event(body: bytes, signature: str) -> Event:
    """The event in a webhook's body, if Stripe signed it with one of our secrets just now.

    Several secrets are accepted while one is being replaced. Raises `NotFromStripe`.
    """
    try:
        text = body.decode("utf-8")
        _check_signature(text, signature)
        return _event(parse_strict(body))
    except (AttributeError, ValueError, KeyError, TypeError) as error:
        raise NotFromStripe from error


def _check_signature(text: str, signature: str) -> None:
    if not any(_signed(text, signature, secret) for secret in settings.STRIPE_WEBHOOK_SECRETS):
        raise NotFromStripe
    # The library looks back only; a time from the future could be replayed for longer. Two
    # times in one header could show it one and us the other.
    times = [part[2:] for part in signature.split(",") if part.startswith("t=")]
    if len(times) != 1 or abs(time.time() - int(times[0])) > WEBHOOK_TOLERANCE_SECONDS:
        raise NotFromStripe


def _signed(text: str, signature: str, secret: str) -> bool:
    try:
        return stripe.WebhookSignature.verify_header(text, signature, secret)
    except stripe.SignatureVerificationError:
        return False


def _named(given: Any) -> str:
    """An id that may become part of an address; "" for what is none."""
    return given if isinstance(given, str) and STRIPE_ID.match(given) else ""


def _event(data: dict[str, Any]) -> Event:
    about = data["data"]["object"]
    return Event(
        id=str(data["id"])[:255],
        type=str(data["type"])[:100],
        object_id=_named(about.get("id")),
        payment_intent_id=_named(about.get("payment_intent")),
    )
