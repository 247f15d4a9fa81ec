"""What the OpenAPI file says about logging in."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object

SCHEME = "Bearer"


class LoginScheme(OpenApiAuthenticationExtension):
    target_class = "users.authentication.LoginAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return build_bearer_security_scheme_object(
            header_name="Authorization", token_prefix=SCHEME, bearer_format="JWT"
        )
