"""Middleware that keeps the API's promises where no view is reached."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.middleware import common

from cinema_reservation.api.errors import unavailable_response
from cinema_reservation.outages import is_outage

log = logging.getLogger(__name__)


class CommonMiddleware(common.CommonMiddleware):
    """Django's, but it never redirects API clients to the address with a slash.

    A redirected POST arrives as a GET, without its body: worse than a 404 that says so.
    """

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        if request.path_info.startswith("/api/"):
            return False
        return super().should_redirect_with_slash(request)


class DatabaseOutageMiddleware:
    """Answers 503 where the database fails outside of DRF: sessions, admin, pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not is_outage(exception):
            return None
        log.warning("database cannot answer %s: %s", request.path, exception)
        return unavailable_response()
