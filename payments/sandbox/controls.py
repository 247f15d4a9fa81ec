"""What a test, or a person, can make happen in a sandbox and read out of it."""

from collections import deque
from collections.abc import Sequence
from typing import Any, Literal

from payments.sandbox import disputes, refunds, sessions
from payments.sandbox.account import Account
from payments.sandbox.delivery import Deliveries, is_postable
from payments.sandbox.faults import Fault, Faults, Kind
from payments.sandbox.objects import StripeObject, public
from payments.sandbox.routing import Logged

API = "/v1/"

Outcome = Literal["paid", "declined", "later"]


class Controls:
    """The verbs that move an account from outside of its API.

    They answer with the object they have changed, as the API would show it, and raise
    `payments.sandbox.errors.RefusedError` for what is not possible. Faults hit requests whose
    path begins with `path` (the whole API unless given) and that have that `method`.
    """

    _account: Account
    _deliveries: Deliveries
    _faults: Faults
    _log: deque[Logged]

    # Buyers

    def pay(self, session_id: str, outcome: Outcome = "paid") -> StripeObject:
        """Do what a buyer does on the pay page: pay, be declined, or pay later by bank."""
        sessions.expire_due(self._account)
        if outcome == "paid":
            return public(sessions.pay(self._account, session_id))
        if outcome == "later":
            return public(sessions.pay_later(self._account, session_id))
        if outcome == "declined":
            return public(sessions.decline(self._account, session_id))
        raise ValueError(f"outcome is paid, declined or later, not {outcome}")

    def settle_later(self, session_id: str, *, succeeded: bool = True) -> StripeObject:
        """Let the bank payment of a session arrive, or fail."""
        return public(sessions.settle_later(self._account, session_id, succeeded=succeeded))

    def dispute(
        self,
        charge_or_payment_intent: str,
        *,
        amount: int | None = None,
        reason: str = "fraudulent",
        inquiry: bool = False,
    ) -> StripeObject:
        """Let the buyer's bank take a charge back; all of it unless `amount` is given.

        As an `inquiry`, the bank only asks and takes nothing yet.
        """
        opened = disputes.open_dispute(
            self._account, charge_or_payment_intent, amount=amount, reason=reason, inquiry=inquiry
        )
        return public(opened)

    def escalate_dispute(self, dispute_id: str) -> StripeObject:
        """Let an inquiry become a dispute: now the bank takes the money."""
        return public(disputes.escalate(self._account, dispute_id))

    def close_dispute(self, dispute_id: str, *, won: bool) -> StripeObject:
        """Let the bank decide: a dispute is `won` (the money comes back) or lost.

        An inquiry that is `won` ends as `warning_closed`; lost, it is escalated first.
        """
        return public(disputes.close(self._account, dispute_id, won=won))

    # The dashboard

    def expire(self, session_id: str) -> StripeObject:
        """End an open session."""
        return public(sessions.expire(self._account, session_id))

    def refund_in_dashboard(self, payment_intent: str, amount: int | None = None) -> StripeObject:
        """Refund a payment without the project asking; what is left unless `amount` is given."""
        params: dict[str, Any] = {"payment_intent": payment_intent}
        if amount is not None:
            params["amount"] = amount
        return public(refunds.create(self._account, params))

    # The refunds' fate

    def refunds_stay_pending(self, *, pending: bool = True) -> None:
        """Let refunds made from now on stay pending until they are told to end."""
        self._account.refunds_stay_pending = pending

    def succeed_refund(self, refund_id: str) -> StripeObject:
        """Let a pending refund arrive."""
        return public(refunds.succeed(self._account, refund_id))

    def fail_refund(self, refund_id: str) -> StripeObject:
        """Let a refund come back, be it pending or succeeded."""
        return public(refunds.fail(self._account, refund_id))

    # Time

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time; sessions whose end is passed by it expire at once."""
        self._account.clock.advance(seconds)
        sessions.expire_due(self._account)

    # Webhooks

    @property
    def webhook_url(self) -> str | None:
        """Where events are posted to; `None` is nowhere. Can be set at any time."""
        return self._deliveries.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        if url is not None and not is_postable(url):
            raise ValueError(f"Webhooks are posted to http://… addresses, not {url!a}")
        self._deliveries.url = url

    @property
    def webhook_secret(self) -> str:
        """What events are signed with. Can be set at any time."""
        return self._deliveries.secret

    @webhook_secret.setter
    def webhook_secret(self, secret: str) -> None:
        if not secret:
            raise ValueError("Events can't be signed with nothing.")
        self._deliveries.secret = secret

    def mute_webhooks(self) -> None:
        """Record events from now on without delivering them: they are lost."""
        self._deliveries.muted = True

    def unmute_webhooks(self) -> None:
        """Deliver events again; those that were lost stay so until `deliver` is called."""
        self._deliveries.muted = False

    def deliver(self, event_id: str) -> int:
        """Post an event now, muted or not, for the first time or again.

        Gives the status of the answer; 0 if there was none. Raises `KeyError` for an
        unknown event.
        """
        return self._deliveries.deliver(event_id)

    def deliver_at_once(self, event_ids: Sequence[str]) -> list[int]:
        """Post several events, or one several times, at the same moment."""
        return self._deliveries.deliver_at_once(event_ids)

    def attempts(self, event_id: str) -> list[int]:
        """The statuses that posting an event has been answered with so far."""
        return list(self._account.get("event", event_id)["_attempts"])

    def drain(self, timeout: float = 10.0) -> None:
        """Wait until every queued event was taken or given up; raises `TimeoutError`."""
        self._deliveries.drain(timeout=timeout)

    # Faults

    def drop_next(
        self,
        when: Literal["before", "after"],
        *,
        path: str = API,
        method: str | None = None,
        times: int = 1,
    ) -> None:
        """Drop the connection of the next requests, before or after they take effect."""
        kind = {"before": Kind.DROP_BEFORE, "after": Kind.DROP_AFTER}[when]
        self._faults.order(Fault(kind, path, method, times))

    def slow_next(
        self, seconds: float, *, path: str = API, method: str | None = None, times: int = 1
    ) -> None:
        """Let the next requests wait so long before they take effect."""
        self._faults.order(Fault(Kind.SLOW, path, method, times, seconds=seconds))

    def fail_next(
        self,
        status: int = 500,
        times: int = 1,
        path: str | None = None,
        *,
        method: str | None = None,
    ) -> None:
        """Answer the next requests with an error, without any effect."""
        self._faults.order(Fault(Kind.FAIL, path or API, method, times, status=status))

    def clear_faults(self) -> None:
        """Forget the faults that have not happened yet."""
        self._faults.clear()

    # What has happened; oldest first

    @property
    def sessions(self) -> list[StripeObject]:
        """All checkout sessions."""
        return self._all("checkout.session")

    @property
    def payment_intents(self) -> list[StripeObject]:
        """All payment intents."""
        return self._all("payment_intent")

    @property
    def charges(self) -> list[StripeObject]:
        """All charges."""
        return self._all("charge")

    @property
    def refunds(self) -> list[StripeObject]:
        """All refunds."""
        return self._all("refund")

    @property
    def disputes(self) -> list[StripeObject]:
        """All disputes."""
        return self._all("dispute")

    @property
    def events(self) -> list[StripeObject]:
        """All events, delivered or not."""
        return self._all("event")

    def events_of(self, event_type: str) -> list[StripeObject]:
        """The events of one type."""
        return [event for event in self.events if event["type"] == event_type]

    @property
    def requests(self) -> list[Logged]:
        """The requests to the API."""
        return list(self._log)

    def _all(self, kind: str) -> list[StripeObject]:
        sessions.expire_due(self._account)
        return [public(found) for found in reversed(self._account.store.select(kind))]
