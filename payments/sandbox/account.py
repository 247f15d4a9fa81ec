"""The one Stripe account that the sandbox keeps: what every verb needs to do its work."""

from collections.abc import Callable
from dataclasses import dataclass

import stripe

from payments.sandbox.clock import Clock
from payments.sandbox.errors import no_such
from payments.sandbox.objects import StripeObject
from payments.sandbox.store import Store


@dataclass
class Account:
    """An account's memory, time and settings."""

    store: Store
    clock: Clock
    base_url: str
    # Takes the id of an event that has just been recorded, to deliver it.
    announce: Callable[[str], None]
    refunds_stay_pending: bool = False
    api_version: str = stripe.api_version

    def get(
        self, kind: str, object_id: str, *, param: str = "id", status: int = 404
    ) -> StripeObject:
        """The object of that kind, or the `RefusedError` that there is none."""
        found = self.store.find(object_id)
        if found is None or found["object"] != kind:
            raise no_such(kind, object_id, param=param, status=status)
        return found
