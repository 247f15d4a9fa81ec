"""How often seats may be held, by account and by address, and prices asked for."""

from rest_framework.request import Request

from cinema_reservation.api.throttles import RateThrottle


class HoldsByAddress(RateThrottle):
    scope = "hold_address"


class QuotesByAddress(RateThrottle):
    scope = "quote_address"


class HoldsByAccount(RateThrottle):
    scope = "hold_account"

    def ident(self, request: Request) -> str | None:
        return str(request.user.pk) if request.user.is_authenticated else None
