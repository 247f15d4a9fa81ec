"""Logins: open one, rotate its tokens, end it.

SimpleJWT's blacklist app lists every token that was ever given out and refuses single
ones. A `Login` row is one row for a whole family of tokens: it also knows which refresh
token is the newest (so that a stolen one gives itself away), dies with the password, and
is what staff see and end.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken, Token

from cinema_reservation.errors import DomainError
from users.models import Login, User

LOGIN_CLAIM = "login"


class InvalidRefreshToken(DomainError):
    status = 401
    code = "token_not_valid"
    sentence = "This refresh token is not valid, or its login has ended. Log in again."


class RefreshTokenReused(DomainError):
    status = 401
    code = "token_reused"
    sentence = (
        "This refresh token was used before, so somebody else may have it. "
        "The login was ended for everyone's safety: log in again."
    )


@dataclass(frozen=True)
class Tokens:
    """What a client holds of a login."""

    access: str
    refresh: str


def open_login(*, user: User, at: datetime) -> Tokens:
    """Begin a login of an account that has proved itself, on one more device."""
    refresh = RefreshToken.for_user(user)
    with transaction.atomic():
        login = Login.objects.create(
            user=user,
            refresh_jti=refresh["jti"],
            auth_hash=user.get_session_auth_hash(),
            created_at=at,
            refreshed_at=at,
        )
        User.objects.filter(pk=user.pk).update(last_login=at)
    return _tokens(refresh, login)


def rotate(*, refresh: str, at: datetime) -> Tokens:
    """New tokens for a login's newest refresh token, which is worth nothing from then on.

    Raises `InvalidRefreshToken` for junk and for a login that has ended, and
    `RefreshTokenReused` for a token that is not the newest: its login is then ended
    (RFC 9700, section 4.14.2), for we can't know which of the two holders is the thief.
    """
    login_id, jti = _read(refresh)
    with transaction.atomic():
        login = _lock(login_id)
        fresh = _renew(login, at) if login.refresh_jti == jti else None
        if fresh is None:
            login.ended_at = at
            login.save(update_fields=["ended_at"])
    # Raised outside: the end of the login stays.
    if fresh is None:
        raise RefreshTokenReused
    return fresh


def end(*, refresh: str, at: datetime) -> None:
    """End the login that a refresh token belongs to; nothing changes where it has ended.

    Any refresh token of the login does, a rotated one too. Raises `InvalidRefreshToken`
    for junk and for expired tokens.
    """
    login_id, _ = _read(refresh)
    Login.objects.filter(pk=login_id).end(at=at)


def login_id_of(token: Token) -> uuid.UUID | None:
    """The login that one of our tokens belongs to, if any."""
    try:
        return uuid.UUID(token.get(LOGIN_CLAIM))
    except (AttributeError, TypeError, ValueError):
        return None


def _read(refresh: str) -> tuple[uuid.UUID, str]:
    try:
        token = RefreshToken(refresh)  # type: ignore[arg-type]  # text, whatever the stub says
    except (TokenError, ValueError) as error:
        raise InvalidRefreshToken from error
    login_id = login_id_of(token)
    if login_id is None:
        raise InvalidRefreshToken
    return login_id, token["jti"]


def _lock(login_id: uuid.UUID) -> Login:
    # Of two refreshes at once, the second waits here and then finds its token outdated.
    logins = Login.objects.select_for_update(of=("self",)).select_related("user")
    login = logins.filter(pk=login_id).first()
    if login is None or not login.is_valid:
        raise InvalidRefreshToken
    return login


def _renew(login: Login, at: datetime) -> Tokens:
    refresh = RefreshToken.for_user(login.user)
    login.refresh_jti, login.refreshed_at = refresh["jti"], at
    login.save(update_fields=["refresh_jti", "refreshed_at"])
    return _tokens(refresh, login)


def _tokens(refresh: RefreshToken, login: Login) -> Tokens:
    refresh[LOGIN_CLAIM] = str(login.pk)  # the access token copies it
    return Tokens(access=str(refresh.access_token), refresh=str(refresh))
