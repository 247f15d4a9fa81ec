"""Answers that many ask for at once: made once, kept until what they tell of has changed.

Every read asks one indexed question first: which version of the facts is the present one?
An answer that was made of that version is sent as it is; so nothing is ever shown that is
not true any more, whichever process changed it. What changes by time alone (a hold runs
out, a show begins) bounds how long an answer is kept.
"""

import hashlib
import logging
import threading
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.views import APIView

log = logging.getLogger(__name__)

# One at a time makes an answer that is missing; others that ask for it wait for it. Two
# questions that share a lock by chance only wait a little longer.
_making = [threading.Lock() for _ in range(64)]


class Kept(NamedTuple):
    """An answer as it goes over the wire, and the instant from which it may be untrue."""

    until: datetime
    content: bytes
    headers: dict[str, str]

    def response(self) -> HttpResponse:
        return HttpResponse(self.content, headers=self.headers)


class HotReads(APIView):
    """Keeps what this view answers.

    Where a view heeds tokens, only what it answers to those who send none: tokens are
    checked, and what they open is made, by the view itself.
    """

    heeds_tokens: ClassVar[bool] = True
    # Made anew at the latest after this long, whatever the version says.
    keep_for: ClassVar[timedelta] = timedelta(minutes=1)

    def version(self, request: HttpRequest) -> Hashable | None:
        """The version of all that the answer depends on, by one indexed query.

        `None` where the answer should not be kept.
        """
        raise NotImplementedError

    def true_until(self, at: datetime) -> datetime:
        """When an answer that was made at that instant may become untrue by time alone."""
        return at + self.keep_for

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        version = self.version(request) if self._may_keep(request) else None
        if version is None:
            return super().dispatch(request, *args, **kwargs)
        key = _key(request, version)
        found = _find(key)
        if found is not None:
            return found.response()
        with _making[int(key[-8:], 16) % len(_making)]:
            # Whoever had to wait finds it made.
            found = _find(key)
            return found.response() if found else self._make(key, request, *args, **kwargs)

    def _may_keep(self, request: HttpRequest) -> bool:
        says_who = self.heeds_tokens and "Authorization" in request.headers
        return request.method in {"GET", "HEAD"} and not says_who

    def _make(self, key: str, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        at = timezone.now()
        response: Any = super().dispatch(request, *args, **kwargs)
        if response.status_code != 200:
            return response
        response.render()
        response["ETag"] = tag_of(response.content)
        _keep(key, Kept(self.true_until(at), response.content, dict(response.items())), at)
        return response


def tag_of(content: bytes) -> str:
    """The strong `ETag` of an answer with that body."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _key(request: HttpRequest, version: Hashable) -> str:
    """Of everything that the answer may depend on."""
    asked = (
        request.scheme,
        request.get_host(),
        request.get_full_path(),
        request.headers.get("Accept", ""),
        version,
    )
    return "hot:" + hashlib.sha256(repr(asked).encode()).hexdigest()


def _find(key: str) -> Kept | None:
    try:
        found: Kept | None = cache.get(key)
    except Exception:
        # Without its cache the API is slower, not wrong.
        log.exception("the cache can't be read")
        return None
    return found if found and found.until > timezone.now() else None


def _keep(key: str, answer: Kept, at: datetime) -> None:
    seconds = (answer.until - at).total_seconds()
    if seconds <= 0:
        return
    try:
        cache.set(key, answer, timeout=max(seconds, 1))
    except Exception:
        log.exception("the cache can't be written")
