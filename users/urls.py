from django.urls import include, path
from rest_framework.routers import SimpleRouter

from users import login_views, views

router = SimpleRouter()
router.register("users", views.AccountViewSet, basename="account")

urlpatterns = [
    path("", include(router.urls)),
    path("reset-password/", views.PasswordResetView.as_view(), name="reset-password"),
    path("token/", login_views.LoginView.as_view(), name="token"),
    path("token/refresh/", login_views.RefreshView.as_view(), name="token-refresh"),
    path("token/logout/", login_views.LogoutView.as_view(), name="token-logout"),
]
