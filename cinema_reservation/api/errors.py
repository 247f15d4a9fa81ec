"""One shape for every error under `/api/`.

    {"type": "client_error", "errors": [{"code": …, "detail": …, "attr": …}]}

Domain errors add their facts to the error (`seats_taken` names the seats). Nothing that
a client sends is answered with a 500, and nothing under `/api/` with HTML.
"""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework.exceptions import APIException, AuthenticationFailed, ErrorDetail, ParseError

from cinema_reservation.errors import (
    DomainError,
    PayloadTooLarge,
    PreconditionFailed,
    ServiceUnavailable,
)
from cinema_reservation.outages import forget_lost_connections, is_outage

log = logging.getLogger(__name__)


def _with_header(exception: APIException, original: APIException) -> APIException:
    exception.auth_header = getattr(original, "auth_header", None)  # type: ignore[attr-defined]
    return exception


def as_api_exception(error: DomainError) -> APIException:
    """The same refusal in DRF's terms."""
    exception = APIException(detail=ErrorDetail(str(error), code=error.code))
    exception.status_code = error.status
    wait = getattr(error, "retry_after", None)
    if wait is not None:
        exception.wait = wait  # type: ignore[attr-defined]  # becomes Retry-After
    return exception


class ErrorHandler(ExceptionHandler):
    """Translates what views raise, before the library gives it the common shape."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if is_outage(exc):
            log.warning("database cannot answer: %s", exc)
            forget_lost_connections(exc)
            return as_api_exception(ServiceUnavailable())
        if isinstance(exc, DomainError):
            return as_api_exception(exc)
        if isinstance(exc, IntegrityError):
            # A row that this one needs went while the request was under way. Asked again, the
            # question meets what is there now.
            log.error("a row was gone at the end: %s", exc)
            return as_api_exception(ServiceUnavailable())
        if isinstance(exc, AuthenticationFailed) and isinstance(exc.detail, dict):
            # simplejwt says it in several parts, of which one is for people.
            sentence, code = str(exc.detail["detail"]), str(exc.detail.get("code"))
            return _with_header(AuthenticationFailed(sentence, code), exc)
        if isinstance(exc, RequestDataTooBig):
            return as_api_exception(PayloadTooLarge())
        if isinstance(exc, SuspiciousOperation):
            return ParseError("The request can't be read. Check its form and its length.")
        return super().convert_known_exceptions(exc)

    def report_exception(self, exc: APIException, response: Any) -> None:
        # "Not now" is no defect: it was logged where it was noticed, without a traceback.
        if exc.status_code != ServiceUnavailable.status:
            super().report_exception(exc, response)


class ErrorFormatter(ExceptionFormatter):
    """Adds a domain error's facts to its JSON."""

    def format_error_response(self, error_response: Any) -> dict[str, Any]:
        body = super().format_error_response(error_response)
        if isinstance(self.original_exc, DomainError):
            body["errors"][0].update(self.original_exc.facts, attr=self.original_exc.attr)
        return body


def error_response(*, status: int, code: str, detail: str) -> JsonResponse:
    """The common shape where no DRF view is at hand (unknown paths, middleware)."""
    kind = "client_error" if status < 500 else "server_error"
    error = {"code": code, "detail": detail, "attr": None}
    response = JsonResponse({"type": kind, "errors": [error]}, status=status)
    # Said here, since no middleware may come after it: else the server sends it in chunks.
    response["Content-Length"] = str(len(response.content))
    return response


def unavailable_response() -> JsonResponse:
    """503 with `Retry-After`, for outages met outside of any view."""
    error = ServiceUnavailable()
    response = error_response(status=error.status, code=error.code, detail=str(error))
    response["Retry-After"] = str(error.retry_after)
    return response


def payload_too_large_response() -> JsonResponse:
    """413 for a body that nobody asked for."""
    error = PayloadTooLarge()
    return error_response(status=error.status, code=error.code, detail=str(error))


def precondition_failed_response() -> JsonResponse:
    """412 for what is not, or no longer, what `If-Match` says."""
    error = PreconditionFailed()
    response = error_response(status=error.status, code=error.code, detail=str(error))
    response["Cache-Control"] = "no-store"
    return response


def _wants_json(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/") or request.path_info == "/api"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _wants_json(request):
        return defaults.bad_request(request, exception)
    return error_response(
        status=400,
        code="bad_request",
        detail="The request can't be read. Check its address, and that the host is among "
        "ALLOWED_HOSTS.",
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _wants_json(request):
        return defaults.permission_denied(request, exception)
    return error_response(status=403, code="permission_denied", detail="You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _wants_json(request):
        return defaults.page_not_found(request, exception)
    hint = "" if request.path.endswith("/") else " Addresses end with a slash."
    return error_response(
        status=404, code="not_found", detail=f"There is nothing at this address.{hint}"
    )


def server_error(request: HttpRequest) -> HttpResponse:
    if not _wants_json(request):
        return defaults.server_error(request)
    return error_response(
        status=500, code="error", detail="Something broke on our side. It has been logged."
    )
