"""Webhooks: events posted to the project, signed and tried again as Stripe does it."""

import hashlib
import hmac
import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from payments.sandbox.clock import Clock
from payments.sandbox.objects import StripeObject, public
from payments.sandbox.store import Store

# Recorded as the status of an attempt that got no answer at all.
NO_ANSWER = 0
ANSWER_SECONDS = 30
# Several at once, as Stripe: nothing may rely on one webhook ending before the next starts.
AT_ONCE = 20
LOOK_AGAIN_SECONDS = 0.02


def signature(body: bytes, *, secret: str, timestamp: int) -> str:
    """The `Stripe-Signature` header for a body sent at `timestamp`."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class Deliveries:
    """Posts events in the background: once at once, then after each of `retry_delays`."""

    def __init__(
        self, *, store: Store, clock: Clock, secret: str, retry_delays: Sequence[float]
    ) -> None:
        self.url: str | None = None
        self.secret, self.muted = secret, False
        self._store, self._clock, self._retry_delays = store, clock, retry_delays
        self._pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="webhook")
        self._stopped = threading.Event()
        self._idle = threading.Condition()
        self._under_way = 0

    def queue(self, event_id: str) -> None:
        """Deliver an event in the background, unless webhooks are muted or go nowhere."""
        if self.muted or self.url is None or self._stopped.is_set():
            return
        with self._idle:
            self._under_way += 1
        self._pool.submit(self._deliver_until_taken, event_id)

    def deliver(self, event_id: str) -> int:
        """Post an event once, now, and give the status of the answer (0: there was none).

        Muted or not: this is how a test delivers late, twice or out of order.
        Raises `KeyError` for an unknown event.
        """
        event = self._event(event_id)
        status = self._post(json.dumps(public(event), indent=2).encode())
        self._remember(event_id, status)
        return status

    def deliver_at_once(self, event_ids: Sequence[str]) -> list[int]:
        """Post several events, or one several times, at the same moment."""
        with ThreadPoolExecutor(max_workers=max(1, len(event_ids))) as pool:
            return list(pool.map(self.deliver, event_ids))

    def drain(self, *, timeout: float) -> None:
        """Wait until every queued event was taken or given up; raises `TimeoutError`.

        Counts its waits instead of reading a clock: tests may have stopped the clock.
        """
        with self._idle:
            for _ in range(max(1, round(timeout / LOOK_AGAIN_SECONDS))):
                if not self._under_way:
                    return
                self._idle.wait(LOOK_AGAIN_SECONDS)
        raise TimeoutError(f"{self._under_way} webhooks are still under way")

    def stop(self) -> None:
        """Give up what is waiting and end the background threads."""
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _deliver_until_taken(self, event_id: str) -> None:
        try:
            for delay in (0.0, *self._retry_delays):
                if self._stopped.wait(delay) or is_success(self.deliver(event_id)):
                    return
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()

    def _post(self, body: bytes) -> int:
        if self.url is None:
            return NO_ANSWER
        target = urlsplit(self.url)
        connection = HTTPConnection(target.netloc, timeout=ANSWER_SECONDS)
        path = f"{target.path or '/'}?{target.query}" if target.query else target.path or "/"
        try:
            connection.request("POST", path, body, self._headers(body))
            return connection.getresponse().status
        except (OSError, HTTPException):
            return NO_ANSWER
        finally:
            connection.close()

    def _headers(self, body: bytes) -> dict[str, str]:
        signed = signature(body, secret=self.secret, timestamp=self._clock.unmoved())
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (sandbox)",
            "Stripe-Signature": signed,
        }

    def _event(self, event_id: str) -> StripeObject:
        event = self._store.find(event_id)
        if event is None or event["object"] != "event":
            raise KeyError(event_id)
        return event

    def _remember(self, event_id: str, status: int) -> None:
        with self._store.transaction():
            event = self._event(event_id)
            event["_attempts"].append(status)
            if is_success(status):
                event["pending_webhooks"] = 0
            self._store.save(event)


def is_postable(url: str) -> bool:
    """Whether events can be posted there. Raises `ValueError` for a port that is none."""
    target = urlsplit(url)
    return target.scheme == "http" and bool(target.hostname) and url.isascii() and target.port != 0


def is_success(status: int) -> bool:
    """Stripe takes any 2xx for an answer and everything else, redirects too, for a failure."""
    return 200 <= status < 300
