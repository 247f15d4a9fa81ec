"""Who asks: read from the access token, checked against its login."""

import copy
import time
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, Token
from rest_framework_simplejwt.utils import aware_utcnow

from cinema_reservation.prepared import prepared
from users.models import Login, User
from users.sessions import login_id_of

REFUSAL = "This access token is not valid, or its login has ended. Refresh it, or log in again."


class Trusted(NamedTuple):
    """A login that lived when it was last looked up, and until when that is believed."""

    user: User
    until: float


_trusted: dict[Any, Trusted] = {}
MOST_TRUSTED = 10_000
MOST_VERIFIED = 5_000


class LoginAuthentication(JWTAuthentication):
    """Accepts an access token while its login lives: `Authorization: Bearer <token>`.

    A logout, a changed password and a switched-off account count after
    `LOGIN_TRUSTED_SECONDS` at the latest, not when the token expires: for so long a process
    believes what it last read of a login, and asks nothing.
    """

    def get_header(self, request: Request) -> bytes:
        try:
            return super().get_header(request)
        except UnicodeEncodeError as error:
            raise AuthenticationFailed(REFUSAL) from error

    def get_validated_token(self, raw_token: bytes) -> Token:
        try:
            token = _verified(raw_token)
            token.check_exp(current_time=aware_utcnow())
            return token
        except (TokenError, ValueError) as error:
            raise AuthenticationFailed(REFUSAL) from error

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]
        login_id = login_id_of(validated_token)
        found = _trusted.get(login_id)
        if found is None or found.until <= time.monotonic():
            found = _look_up(login_id)
        # Each request has a user of its own to change.
        return copy.copy(found.user)


@lru_cache(maxsize=MOST_VERIFIED)
def _verified(raw_token: bytes) -> AccessToken:
    """A token that is ours. It stays so; what time changes is only whether it has expired."""
    return AccessToken(raw_token)  # type: ignore[arg-type]  # text, whatever the stub says


def _look_up(login_id: Any) -> Trusted:
    until = time.monotonic() + settings.LOGIN_TRUSTED_SECONDS
    login = next(iter(_logins(pk=login_id)), None) if login_id else None
    if not login or not login.is_valid:
        _trusted.pop(login_id, None)
        raise AuthenticationFailed(REFUSAL)
    if len(_trusted) >= MOST_TRUSTED:
        _trusted.clear()
    found = Trusted(login.user, until)
    _trusted[login_id] = found
    return found


@prepared
def _logins(*, pk: Any) -> QuerySet[Login]:
    return Login.objects.select_related("user").filter(pk=pk)


def forget_all() -> None:
    """Look every login up again, and verify every token."""
    _trusted.clear()
    _verified.cache_clear()
