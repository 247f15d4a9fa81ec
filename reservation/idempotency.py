"""One booking for one `Idempotency-Key`, however often it is asked for."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from cinema_reservation.api.idempotency import IdempotencyKeyReused
from reservation.models import IdempotentRequest


class _AskedBefore(Exception):
    """The key is in the table; its transaction was committed."""


def answer_once(
    *, user: AbstractBaseUser, key: str, fingerprint: str, at: datetime, ask: Callable[[], Any]
) -> tuple[Any, bool]:
    """The JSON answer of `ask()`, and whether it was given before.

    The key is claimed first, in the transaction that `ask` books in: the same request at
    the same time waits for the first one's end, then gets its answer. A request that was
    refused leaves nothing behind and may be tried again with the same key.

    Raises `IdempotencyKeyReused` where the key came before with another body.
    """
    try:
        with transaction.atomic():
            request = _claim(user, key, fingerprint, at)
            request.answer = ask()
            request.save(update_fields=["answer"])
            return request.answer, False
    except _AskedBefore:
        earlier = IdempotentRequest.objects.get(user=user, key=key)
    if earlier.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    return earlier.answer, True


def _claim(user: AbstractBaseUser, key: str, fingerprint: str, at: datetime) -> IdempotentRequest:
    try:
        return IdempotentRequest.objects.create(
            user=user, key=key, fingerprint=fingerprint, created_at=at
        )
    except IntegrityError as error:
        raise _AskedBefore from error
