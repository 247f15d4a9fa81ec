"""Who asks: read from the access token, checked against its login."""

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, Token

from users.models import Login, User
from users.sessions import login_id_of

REFUSAL = "This access token is not valid, or its login has ended. Refresh it, or log in again."


class LoginAuthentication(JWTAuthentication):
    """Accepts an access token while its login lives: `Authorization: Bearer <token>`.

    One query for each request. In return a logout, a changed password and a switched-off
    account count at once, not when the token expires.
    """

    def get_header(self, request: Request) -> bytes:
        try:
            return super().get_header(request)
        except UnicodeEncodeError as error:
            raise AuthenticationFailed(REFUSAL) from error

    def get_validated_token(self, raw_token: bytes) -> Token:
        try:
            return AccessToken(raw_token)  # type: ignore[arg-type]  # text, whatever the stub says
        except (TokenError, ValueError) as error:
            raise AuthenticationFailed(REFUSAL) from error

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]
        login_id = login_id_of(validated_token)
        login = login_id and Login.objects.select_related("user").filter(pk=login_id).first()
        if not login or not login.is_valid:
            raise AuthenticationFailed(REFUSAL)
        return login.user
