"""Answers that many ask for at once: made once, kept until what they tell of has changed.

Every read asks one indexed question first: which version of the facts is the present one?
An answer that was made of that version is sent as it is; so nothing is ever shown that is
not true any more, whichever process changed it. What changes by time alone (a hold runs
out, a show begins) bounds how long an answer is kept.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from django.core.cache import cache
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.views import APIView

from cinema_reservation.api.middleware import SAFE_METHODS, outage_response

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


# Everything of a request that a kept answer may depend on.
Question = tuple[str, str, str, str, str]
Version = Callable[[], Hashable | None]
# A response, and what may be kept of it.
Answered = tuple[HttpResponseBase, Kept | None]


class Known(NamedTuple):
    """What was answered last to a question, and how to find out whether it is still true."""

    asks_version: Version
    heeds_tokens: bool
    version: Hashable
    kept: Kept

    def is_true_of(self, version: Hashable | None) -> bool:
        return self.version == version and self.kept.until > timezone.now()


# Of this process: asked for by its version, it needs no way to a view, nor to the shared cache.
_known: dict[Question, Known] = {}
# Whoever varies a question that nobody understands fills no more of a process's memory than this.
MOST_KNOWN, LARGEST_KNOWN = 500, 100_000


class HotAnswersMiddleware:
    """Sends an answer that is kept before its view is looked for.

    Most of what is asked on a busy night is known, and the way to the view would take as long as
    all else. Only middleware that has no say in kept answers may stand behind it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            kept = _kept_for(request)
        except (DatabaseError, InterfaceError) as error:
            refusal = outage_response(request, error)
            if refusal is None:
                raise
            return refusal
        return kept.response() if kept else self.get_response(request)


def _kept_for(request: HttpRequest) -> Kept | None:
    question = _question(request)
    known = _known.get(question) if request.method in SAFE_METHODS else None
    if known is None or (known.heeds_tokens and _says_who(request)):
        return None
    version = known.asks_version()
    # For the view, if there is nothing to send: it is asked before any of its rows.
    request.hot_version = version  # type: ignore[attr-defined]
    return known.kept if known.is_true_of(version) else None


class HotReads(APIView):
    """Keeps what this view answers.

    Where a view heeds tokens, only what it answers to those who send none: tokens are
    checked, and what they open is made, by the view itself.
    """

    heeds_tokens: ClassVar[bool] = True
    # Made anew at the latest after this long, whatever the version says.
    keep_for: ClassVar[timedelta] = timedelta(minutes=1)
    # What the answer is of; asked before the rows, for those that are newer are not wrong under
    # it, and older ones are. `None` where it is not to be kept.
    version: Any = None

    def asks_version(self, request: HttpRequest) -> Version | None:
        """What asks for the version of all that the answer depends on, by one indexed query.

        It may depend on nothing but the address. `None` where nothing of it should be kept.
        """
        raise NotImplementedError

    def true_until(self, at: datetime) -> datetime:
        """When an answer that was made at that instant may become untrue by time alone."""
        return at + self.keep_for

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asks_version = self.asks_version(request) if self._may_keep(request) else None
        if asks_version:
            self.version = getattr(request, "hot_version", None) or asks_version()
        if self.version is None:
            return super().dispatch(request, *args, **kwargs)
        question = _question(request)
        response, kept = self._answer(_key(question, self.version), request, *args, **kwargs)
        if kept is not None and asks_version is not None:
            _remember(question, Known(asks_version, self.heeds_tokens, self.version, kept))
        return response

    def _may_keep(self, request: HttpRequest) -> bool:
        says_who = self.heeds_tokens and _says_who(request)
        return request.method in SAFE_METHODS and not says_who

    def _answer(self, key: str, request: HttpRequest, *args: Any, **kwargs: Any) -> Answered:
        found = _find(key)
        if found is None:
            with _making[int(key[-8:], 16) % len(_making)]:
                # Whoever had to wait finds it made.
                found = _find(key)
                if found is None:
                    return self._make(key, request, *args, **kwargs)
        return found.response(), found

    def _make(self, key: str, request: HttpRequest, *args: Any, **kwargs: Any) -> Answered:
        at = timezone.now()
        response: Any = super().dispatch(request, *args, **kwargs)
        if response.status_code != 200:
            return response, None
        response.render()
        response["ETag"] = tag_of(response.content)
        response["Content-Length"] = str(len(response.content))
        made = Kept(self.true_until(at), response.content, dict(response.items()))
        _keep(key, made, at)
        return response, made


def tag_of(content: bytes) -> str:
    """The strong `ETag` of an answer with that body."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _says_who(request: HttpRequest) -> bool:
    return "HTTP_AUTHORIZATION" in request.META


def _question(request: HttpRequest) -> Question:
    about = request.META
    accepted, query = about.get("HTTP_ACCEPT", ""), about.get("QUERY_STRING", "")
    return request.scheme or "", request.get_host(), request.path, query, accepted


def _remember(question: Question, known: Known) -> None:
    if len(known.kept.content) > LARGEST_KNOWN:
        return
    if len(_known) >= MOST_KNOWN:
        # The oldest. Another thread may have taken it, or all, just now.
        _known.pop(next(iter(list(_known)), question), None)
    _known[question] = known


def _key(question: Question, version: Hashable) -> str:
    return "hot:" + hashlib.sha256(repr((question, version)).encode()).hexdigest()


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


def forget_all() -> None:
    """Let every question find its way to its view again. What is kept stays in the cache."""
    _known.clear()
