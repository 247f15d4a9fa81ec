from django.urls import include, path

urlpatterns = [path("", include("reservation.api.urls"))]
