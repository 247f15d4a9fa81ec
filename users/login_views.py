"""Logins over HTTP: open one, renew its tokens, end it."""

from dataclasses import asdict
from typing import Any, ClassVar

from django.contrib.auth import authenticate
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema_reservation.errors import DomainError
from users import examples, sessions, throttles
from users.models import User
from users.serializers import (
    CredentialsSerializer,
    RefreshSerializer,
    TokensSerializer,
    parsed,
)

# Tokens are for the one who asked: RFC 6749, section 5.1.
UNCACHED = {"Cache-Control": "no-store"}


class InvalidCredentials(DomainError):
    status = 401
    code = "invalid_credentials"
    sentence = (
        "No active account has this name and password. Check both, verify your e-mail "
        "address if you are new, or reset your password."
    )


def tokens_response(tokens: sessions.Tokens) -> Response:
    return Response(asdict(tokens), headers=UNCACHED)


@extend_schema(tags=["Logins"])
class TokenView(APIView):
    """What the endpoints share at which people get and give back their tokens."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == status.HTTP_401_UNAUTHORIZED:
            # RFC 9110 wants it on every 401; DRF adds it where a header was to be read.
            response["WWW-Authenticate"] = 'Bearer realm="api"'
        return response


class LoginView(TokenView):
    throttle_classes = (throttles.LoginAddressThrottle, throttles.LoginAccountThrottle)
    refusals: ClassVar = {"post": (InvalidCredentials,)}

    @extend_schema(
        summary="Log in",
        description=(
            "Takes the username or the e-mail address. Send the access token as "
            "`Authorization: Bearer …`. A wrong password, an unknown name and an inactive "
            "account get the same answer: error code `invalid_credentials`. Ten failures "
            "in ten minutes for one name."
        ),
        request=CredentialsSerializer,
        responses={200: TokensSerializer},
        examples=[
            OpenApiExample(
                "By e-mail",
                {"username": "ada@example.com", "password": "a night at the pictures"},
                request_only=True,
            ),
            examples.TOKENS,
        ],
    )
    def post(self, request: Request) -> Response:
        credentials = parsed(CredentialsSerializer(data=request.data))
        user = authenticate(request, **credentials)
        if not isinstance(user, User):
            raise InvalidCredentials
        self._forgive(request)
        return tokens_response(sessions.open_login(user=user, at=timezone.now()))

    def _forgive(self, request: Request) -> None:
        """Logging in often is no abuse; only failures count."""
        for throttle in (throttles.LoginAddressThrottle(), throttles.LoginAccountThrottle()):
            ident = throttle.ident(request)
            if ident is not None:
                throttle.forgive(ident)


class RefreshView(TokenView):
    refusals: ClassVar = {
        "post": (sessions.InvalidRefreshToken, sessions.RefreshTokenReused),
    }

    @extend_schema(
        summary="Renew the tokens of a login",
        description=(
            "Answers a new access and a new refresh token; the one sent is worth nothing "
            "from then on. Presenting a refresh token a second time ends its login: error "
            "code `token_reused`. Junk, expired tokens and ended logins: `token_not_valid`."
        ),
        request=RefreshSerializer,
        responses={200: TokensSerializer},
        examples=[
            OpenApiExample("Refresh", {"refresh": "eyJhbGciOi…"}, request_only=True),
            examples.TOKENS,
        ],
    )
    def post(self, request: Request) -> Response:
        data = parsed(RefreshSerializer(data=request.data))
        return tokens_response(sessions.rotate(**data, at=timezone.now()))


class LogoutView(TokenView):
    refusals: ClassVar = {"post": (sessions.InvalidRefreshToken,)}

    @extend_schema(
        summary="Log out",
        description=(
            "Ends the login that the refresh token belongs to, with all of its tokens. "
            "Logging out again is no error. Junk and expired tokens: `token_not_valid`."
        ),
        request=RefreshSerializer,
        responses={204: None},
        examples=[OpenApiExample("Logout", {"refresh": "eyJhbGciOi…"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        data = parsed(RefreshSerializer(data=request.data))
        sessions.end(**data, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
