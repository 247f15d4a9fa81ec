from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from cinema_reservation import desk, examples, health, media

urlpatterns = [
    # Tried one after the other, so what is asked for most comes first.
    path("api/", include("reservation.urls")),
    path("api/", include("payments.urls")),
    path("api/", include("users.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("api/docs/seat-picker/", examples.seat_picker, name="seat-picker"),
    path("api/redoc/", SpectacularRedocView.as_view(url_name="schema"), name="redoc"),
    path("", TemplateView.as_view(template_name="home.html"), name="home"),
    path("admin/search/", admin.site.admin_view(desk.search)),
    path("admin/", admin.site.urls),
    path("health/live/", health.live, name="live"),
    path("health/ready/", health.ready, name="ready"),
]

if settings.MEDIA_URL.startswith("/"):
    # Posters from this machine's disk. A larger house sets MEDIA_URL to its file server.
    urlpatterns.append(
        re_path(
            rf"^{settings.MEDIA_URL.strip('/')}/(?P<path>.+)$",
            media.show,
        )
    )

handler400 = "cinema_reservation.api.errors.bad_request"
handler403 = "cinema_reservation.api.errors.permission_denied"
handler404 = "cinema_reservation.api.errors.not_found"
handler500 = "cinema_reservation.api.errors.server_error"
