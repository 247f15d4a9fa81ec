"""Django's middleware for pages, without what the API has no use for.

Sessions, CSRF tokens and messages live by cookies, and the API looks at none: its requests
pass these by.
"""

from typing import Any

from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.middleware import csrf

from cinema_reservation.api.errors import unavailable_response
from cinema_reservation.outages import is_outage


def is_for_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


class ForPagesOnly:
    """Mixed into a middleware, it passes requests of the API by."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_for_api(request):
            return self.get_response(request)  # type: ignore[attr-defined]
        return super().__call__(request)  # type: ignore[misc]


class SessionMiddleware(ForPagesOnly, sessions.SessionMiddleware):
    """Where a page's session can't be saved now, that is said like every other outage."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        try:
            return super().process_response(request, response)
        except (DatabaseError, InterfaceError) as error:
            if not is_outage(error):
                raise
            return unavailable_response()


class AuthenticationMiddleware(ForPagesOnly, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(ForPagesOnly, messages.MessageMiddleware):
    pass


class CsrfViewMiddleware(ForPagesOnly, csrf.CsrfViewMiddleware):
    def process_view(
        self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any
    ) -> HttpResponseForbidden | None:
        if is_for_api(request):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)
