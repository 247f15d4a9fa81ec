"""What the OpenAPI file says about logging in."""

from typing import Any

from django.db.models import TextChoices
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_standardized_errors.openapi_serializers import ClientErrorEnum
from rest_framework import serializers

SCHEME = "Bearer"


class LoginScheme(OpenApiAuthenticationExtension):
    target_class = "users.authentication.LoginAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return build_bearer_security_scheme_object(
            header_name="Authorization", token_prefix=SCHEME, bearer_format="JWT"
        )


class LoginRefusal(TextChoices):
    INVALID_CREDENTIALS = "invalid_credentials", "Wrong name or password, or inactive"
    TOKEN_NOT_VALID = "token_not_valid", "Not a live refresh token"
    TOKEN_REUSED = "token_reused", "Used before: the login was ended"


class LoginErrorSerializer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=LoginRefusal.choices)
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class LoginErrorResponseSerializer(serializers.Serializer[Any]):
    """401 of the endpoints that open, refresh and end logins."""

    type = serializers.ChoiceField(choices=ClientErrorEnum.choices)
    errors = LoginErrorSerializer(many=True)  # type: ignore[assignment]  # the API's own word
