"""One booking for one `Idempotency-Key`, however often it is asked for."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from reservation.errors import IdempotencyKeyReused
from reservation.models import IdempotentRequest

KEPT_FOR = timedelta(days=1)


class _AskedBefore(Exception):
    """The key is in the table; its transaction was committed."""


def answer_once(
    *, user_id: int, key: str, fingerprint: str, at: datetime, ask: Callable[[], str]
) -> tuple[str, bool]:
    """The answer of `ask()`, and whether it was given before.

    The key is claimed first, in the transaction that `ask` books in: the same request at
    the same time waits for the first one's end, then gets its answer. A request that was
    refused leaves nothing behind and may be tried again with the same key.

    Raises `IdempotencyKeyReused` where the key came before with another body.
    """
    try:
        with transaction.atomic():
            request = _claim(user_id, key, fingerprint, at)
            request.answer = ask()
            request.save(update_fields=["answer"])
            return request.answer, False
    except _AskedBefore:
        earlier = IdempotentRequest.objects.get(user_id=user_id, key=key)
    if earlier.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    return earlier.answer, True


def forget_old(*, at: datetime) -> int:
    """Delete keys that nobody will ask with again. Returns how many rows went."""
    old = IdempotentRequest.objects.filter(created_at__lte=at - KEPT_FOR)
    return old.delete()[0]


def _claim(user_id: int, key: str, fingerprint: str, at: datetime) -> IdempotentRequest:
    try:
        return IdempotentRequest.objects.create(
            user_id=user_id, key=key, fingerprint=fingerprint, created_at=at
        )
    except IntegrityError as error:
        raise _AskedBefore from error
