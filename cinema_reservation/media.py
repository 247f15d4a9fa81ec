"""Posters from this machine's disk, for a house without a file server."""

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.static import serve


def show(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file below `MEDIA_ROOT`; whatever else is asked for is not there."""
    try:
        return serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except (OSError, ValueError, SuspiciousOperation) as error:
        raise Http404 from error
