"""The examples of docs/, served beside the API that they try, so that no browser objects."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

SEAT_PICKER = settings.BASE_DIR / "docs" / "examples" / "seat_picker.html"


@require_safe
@cache_control(public=True, no_cache=True)
def seat_picker(request: HttpRequest) -> HttpResponse:
    """A page that draws a show's seats and lets one choose, from public answers alone."""
    return HttpResponse(SEAT_PICKER.read_bytes())
