"""How the OpenAPI file describes our operations.

Every operation says which errors it can answer and with which codes. What follows from
the kind of operation is worked out here; what the cinema's rules add, a view declares:

    refusals = {"create": (SeatsTaken, SalesClosed)}

The keys are the view's actions, or HTTP methods in lower case for plain views.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiResponse
from rest_framework import serializers
from rest_framework.permissions import AllowAny, DjangoModelPermissions, IsAuthenticated
from rest_framework.renderers import JSONRenderer

from cinema_reservation.api.caching import PublicReads
from cinema_reservation.errors import DomainError


class ErrorSerializer(serializers.Serializer[Any]):
    """One thing that was wrong. Some codes bring further members, such as `seats`."""

    code = serializers.CharField(help_text="Stable, for machines.")
    detail = serializers.CharField(help_text="For people: what to do about it.")
    attr = serializers.CharField(
        allow_null=True, help_text="The field that it is about, such as `tickets.0.seat`."
    )


class ErrorResponseSerializer(serializers.Serializer[Any]):
    """What every error looks like."""

    type = serializers.ChoiceField(choices=["validation_error", "client_error", "server_error"])
    errors = ErrorSerializer(many=True)  # type: ignore[assignment]  # the word of the API


class Refusal(NamedTuple):
    """One error code of one operation."""

    status: int
    code: str
    sentence: str


MALFORMED = Refusal(400, "invalid", "A value is missing or malformed; `attr` names the field.")
NOT_JSON = Refusal(400, "parse_error", "The body is not JSON that we can read.")
NO_LOGIN = Refusal(401, "not_authenticated", "Send `Authorization: Bearer <access token>`.")
BAD_TOKEN = Refusal(401, "authentication_failed", "The token is wrong, old, or was ended.")
NOT_ALLOWED = Refusal(403, "permission_denied", "Only staff with the rights for it may do this.")
NOT_FOUND = Refusal(404, "not_found", "There is no such thing, or it is not yours.")
NO_RENDERER = Refusal(406, "not_acceptable", "We answer in JSON: `Accept: application/json`.")
TOO_LARGE = Refusal(413, "payload_too_large", "The body is larger than we accept.")
NO_PARSER = Refusal(415, "unsupported_media_type", "Send `Content-Type: application/json`.")
THROTTLED = Refusal(429, "throttled", "Too often. Wait for `Retry-After` seconds.")
AWAY = Refusal(503, "service_unavailable", "Not now. Try again after `Retry-After` seconds.")
# Their sentences say enough; an example of each in every operation would only hide the rest.
OF_EVERY_API = frozenset({NOT_JSON, BAD_TOKEN, NO_RENDERER, TOO_LARGE, NO_PARSER, AWAY})


class OperationSchema(AutoSchema):
    """Every operation with the errors that it can answer."""

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies = dict(super()._get_response_bodies(direction))
        if direction == "response":
            if self.method == "GET" and isinstance(self.view, PublicReads):
                bodies["304"] = {"description": "As you know it, by your `If-None-Match`."}
            by_status: dict[int, list[Refusal]] = defaultdict(list)
            for refusal in self._refusals():
                by_status[refusal.status].append(refusal)
            for status, refusals in sorted(by_status.items()):
                bodies[str(status)] = self._error_body(status, refusals)
        return bodies

    def _error_body(self, status: int, refusals: list[Refusal]) -> Any:
        description = "\n".join(f"- `{r.code}`: {r.sentence}" for r in refusals)
        examples = [
            OpenApiExample(refusal.code, value=_example(refusal), status_codes=[str(status)])
            for refusal in refusals
            if refusal not in OF_EVERY_API
        ]
        response = OpenApiResponse(ErrorResponseSerializer, description, examples)
        # JSON, also where the answer itself is a picture.
        types = self.map_renderers("media_type")
        told_as = types if JSONRenderer.media_type in types else [JSONRenderer.media_type]
        return self._get_response_for_code(response, str(status), told_as)

    def _refusals(self) -> Iterator[Refusal]:
        yield from self._of_the_question()
        yield from self._of_the_asker()
        if "{" in self.path or self._get_paginator():
            yield NOT_FOUND
        yield NO_RENDERER
        for error in self._declared():
            yield Refusal(error.status, error.code, re.sub(r"\{[^}]*\}", "…", error.sentence))
        yield AWAY

    def _of_the_question(self) -> Iterator[Refusal]:
        has_body = self.method in {"POST", "PUT", "PATCH"} and self.get_request_serializer()
        asked = any(parameter["in"] != "path" for parameter in self._get_parameters())
        if has_body or asked:
            yield MALFORMED
        if has_body:
            yield from (NOT_JSON, TOO_LARGE, NO_PARSER)

    def _of_the_asker(self) -> Iterator[Refusal]:
        if self.view.get_authenticators():
            yield BAD_TOKEN
        permissions = self.view.get_permissions()
        open_to_all = all(isinstance(permission, AllowAny) for permission in permissions)
        writes = self.method not in {"GET", "HEAD", "OPTIONS"}
        needs_login = any(isinstance(permission, IsAuthenticated) for permission in permissions)
        needs_rights = any(_guards_reads(permission) for permission in permissions)
        if needs_login or needs_rights or (writes and not open_to_all):
            yield NO_LOGIN
        if needs_rights or (writes and not open_to_all and not needs_login):
            yield NOT_ALLOWED
        if self.view.get_throttles():
            yield THROTTLED

    def _declared(self) -> tuple[type[DomainError], ...]:
        action = getattr(self.view, "action", None) or self.method.lower()
        declared: dict[str, tuple[type[DomainError], ...]] = getattr(self.view, "refusals", {})
        return declared.get(action, ())


def _guards_reads(permission: object) -> bool:
    """Whether rights are asked of readers too."""
    return isinstance(permission, DjangoModelPermissions) and permission.authenticated_users_only


def _example(refusal: Refusal) -> dict[str, Any]:
    error = {"code": refusal.code, "detail": refusal.sentence, "attr": None}
    kind = "client_error" if refusal.status < 500 else "server_error"
    if refusal is MALFORMED:
        kind = "validation_error"
        error["attr"] = "showtime"
    return {"type": kind, "errors": [error]}
