"""Idempotency keys: the same key and parameters get the same answer, executed once."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from payments.sandbox.errors import InvalidRequestError
from payments.sandbox.store import Store
from payments.sandbox.web import Request

LONGEST_KEY = 255
# Stripe forgets keys "after at least 24 hours".
KEPT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Answer:
    """What was answered to the first request with a key."""

    fingerprint: str
    request_id: str
    status: int
    body: str


class KeysInUse:
    """The keys of requests that are being executed at this moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: set[str] = set()

    @contextmanager
    def claim(self, key: str) -> Iterator[None]:
        """Hold a key while its request is executed; raises `InvalidRequestError` if it is held."""
        with self._lock:
            if key in self._keys:
                raise _in_use(key)
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)


def key_of(request: Request) -> str | None:
    """The request's key; only what changes something has one, as with Stripe."""
    key = request.headers.get("idempotency-key")
    if key is None or request.method == "GET":
        return None
    if not 0 < len(key) <= LONGEST_KEY:
        message = f"Idempotency keys have 1 to {LONGEST_KEY} characters."
        raise InvalidRequestError(message, kind="idempotency_error")
    return key


def fingerprint(request: Request) -> str:
    """What two requests have in common that ask for exactly the same."""
    asked = json.dumps([request.method, request.path, request.form()], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def recall(store: Store, key: str, *, asked: str, now: int) -> Answer | None:
    """The answer given before to this key.

    Raises `InvalidRequestError` if something else than `asked` was asked with it.
    """
    store.execute("DELETE FROM answers WHERE created <= ?", (now - KEPT_SECONDS,))
    rows = store.execute(
        "SELECT fingerprint, request_id, status, body FROM answers WHERE key = ?", (key,)
    )
    if not rows:
        return None
    answer = Answer(*rows[0])
    if answer.fingerprint != asked:
        raise _reused(key)
    return answer


def remember(store: Store, key: str, answer: Answer, *, now: int) -> None:
    """Keep the answer for the next request with this key."""
    store.execute(
        "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)",
        (key, answer.fingerprint, answer.request_id, answer.status, answer.body, now),
    )


def _in_use(key: str) -> InvalidRequestError:
    return InvalidRequestError(
        "There is currently another in-progress request using this Idempotent Key (that "
        "probably means you submitted twice, and the other request is still going through): "
        f"{key}. Please try again later.",
        code="idempotency_key_in_use",
        kind="idempotency_error",
        status=409,
    )


def _reused(key: str) -> InvalidRequestError:
    return InvalidRequestError(
        "Keys for idempotent requests can only be used with the same parameters they were "
        f"first used with. Try using a key other than '{key}' if you meant to execute a "
        "different request.",
        kind="idempotency_error",
    )
