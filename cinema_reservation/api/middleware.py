"""Middleware that keeps the API's promises where no view is reached."""

import logging
from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware import common, http
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.http import http_date

from cinema_reservation.api.errors import (
    error_response,
    precondition_failed_response,
    unavailable_response,
)
from cinema_reservation.outages import forget_lost_connections, is_outage

log = logging.getLogger(__name__)

SAFE_METHODS = {"GET", "HEAD"}


class CommonMiddleware(common.CommonMiddleware):
    """Django's, but it never redirects API clients to the address with a slash.

    A redirected POST arrives as a GET, without its body: worse than a 404 that says so.
    """

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        if request.path_info.startswith("/api/"):
            return False
        return super().should_redirect_with_slash(request)


class ConditionalGetMiddleware(http.ConditionalGetMiddleware):
    """Django's; but under `/api/` HEAD is answered as GET is, and errors are JSON."""

    def process_response(self, request: HttpRequest, response: Any) -> HttpResponseBase:
        if not request.path_info.startswith("/api/") or request.method not in SAFE_METHODS:
            return super().process_response(request, response)
        # To a HEAD the answer has its body until the server sends it, and so the same tag.
        if self.needs_etag(response) and not response.has_header("ETag"):
            set_response_etag(response)
        etag = response.get("ETag")
        if etag is None:
            return cast("HttpResponseBase", response)
        answer = get_conditional_response(request, etag=etag, response=response) or response
        is_refused = answer is not response and answer.status_code == 412
        return precondition_failed_response() if is_refused else answer


class ApiMiddleware:
    """What is the same for every request under `/api/`.

    It looks at no cookies: tokens say who asks, and answers that everybody may keep must
    not set any. A body comes with its length, as the layers below read nothing otherwise.
    What says nothing of caching is kept by nobody, and what is answered has the server's time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self.get_response(request)
        request.COOKIES = {}
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            return error_response(
                status=411,
                code="length_required",
                detail="Send the body in one piece, with its Content-Length.",
            )
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        response["Date"] = http_date()
        return response


class DatabaseOutageMiddleware:
    """Answers 503 where the database fails outside of DRF: sessions, admin, pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return outage_response(request, exception)


def outage_response(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """A 503 where the database can't answer now; `None` where that is not what is wrong."""
    if not is_outage(error):
        return None
    log.warning("database cannot answer %s: %s", request.path, error)
    forget_lost_connections(error)
    return unavailable_response()
