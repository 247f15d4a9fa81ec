"""How often one address or one account may ask, counted atomically.

DRF's own throttles read a history, then write it: two requests at once both pass. Here
one increment both counts and tells. Windows are fixed: a limit of 5 an hour lets at most
10 through in any 60 minutes, and the count cannot be raced.
"""

import hashlib
import ipaddress
import logging
import math
import time
from typing import ClassVar

from django.conf import settings
from django.core.cache import caches
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from cinema_reservation.errors import ServiceUnavailable

log = logging.getLogger(__name__)

counters = caches["counters"]


class RateThrottle(BaseThrottle):
    """Counts requests by `ident` under the limit that `settings.RATE_LIMITS` gives `scope`.

    Counted in the cache: exact within a process, and over all nodes where `CACHE_URL` is
    a Redis. A cache that can't answer raises, and the request is refused (503): a guard
    that is down must not be an open door.
    """

    scope: ClassVar[str]

    def ident(self, request: Request) -> str | None:
        """Whom to count, nobody where `None`: the network address, unless a subclass knows better.

        All addresses of an IPv6 customer (their /64) are one.
        """
        given = (self.get_ident(request) or "").strip()
        try:
            address = ipaddress.ip_address(given)
        except ValueError:
            return given
        if address.version == 4:
            return str(address)
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), 64), strict=False))

    def allow_request(self, request: Request, view: APIView) -> bool:
        ident = self.ident(request)
        return ident is None or self.allows(ident)

    def allows(self, ident: str) -> bool:
        """Count one more of that ident; whether it is still within the limit."""
        limit, seconds = settings.RATE_LIMITS[self.scope]
        window, elapsed = divmod(time.time(), seconds)
        self._wait = math.ceil(seconds - elapsed)
        return self.count(self.key(ident, int(window)), seconds) <= limit

    def current_key(self, ident: str) -> str:
        """The key that counts that ident at this moment."""
        _, seconds = settings.RATE_LIMITS[self.scope]
        return self.key(ident, int(time.time() // seconds))

    def forgive(self, ident: str) -> None:
        """Take one back, of what turned out to be harmless."""
        try:
            counters.decr(self.current_key(ident))
        except ValueError:
            # Its window is over, and the count with it.
            return
        except Exception:
            # What it was asked for is done by now, and one too many was counted.
            log.exception("a count can't be taken back")

    def wait(self) -> float:
        return self._wait

    def key(self, ident: str, window: int) -> str:
        """One key per scope, person and window. Hashed: idents are long, private and foreign."""
        digest = hashlib.sha256(ident.encode("utf-8", "replace")).hexdigest()[:32]
        return f"rate:{self.scope}:{digest}:{window}"

    def count(self, key: str, seconds: int) -> int:
        """Count one more under that key and return how many there are now."""
        try:
            counters.add(key, 0, timeout=seconds)
            return int(counters.incr(key))
        except Exception as error:
            raise ServiceUnavailable from error
