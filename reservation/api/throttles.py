"""How often seats may be held, prices asked for and promo codes be tried."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from cinema_reservation.api.throttles import RateThrottle
from reservation.promo_errors import PromoCodeRefused


class HoldsByAddress(RateThrottle):
    scope = "hold_address"


class QuotesByAddress(RateThrottle):
    scope = "quote_address"


class ByAccount(RateThrottle):
    """Counts by who is logged in, and nobody else."""

    scope: ClassVar[str]

    def ident(self, request: Request) -> str | None:
        return str(request.user.pk) if request.user.is_authenticated else None


class HoldsByAccount(ByAccount):
    scope = "hold_account"


class PromoCodesByAddress(RateThrottle):
    scope = "promo_address"


class PromoCodesByAccount(ByAccount):
    scope = "promo_account"


@contextmanager
def guesses_counted(request: Request, promo_code: str) -> Iterator[None]:
    """Around whatever says whether a promo code is good: only so many may turn out refused.

    Counted before, so that many at once don't pass together, and taken back unless the code
    was refused. Raises `Throttled`.
    """
    counted: list[tuple[RateThrottle, str]] = []
    try:
        if promo_code:
            _count(PromoCodesByAccount(), request, counted)
            _count(PromoCodesByAddress(), request, counted)
        yield
    except PromoCodeRefused:
        counted.clear()
        raise
    finally:
        for throttle, ident in counted:
            throttle.forgive(ident)


def _count(
    throttle: RateThrottle, request: Request, counted: list[tuple[RateThrottle, str]]
) -> None:
    ident = throttle.ident(request)
    if ident is None:
        return
    if not throttle.allows(ident):
        raise Throttled(throttle.wait())
    counted.append((throttle, ident))
