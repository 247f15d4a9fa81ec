"""Removes what has served its time. Nothing depends on it but the size of the tables."""

from datetime import datetime, timedelta

from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings

from users import accounts
from users.models import CodeRequest, Login, OneTimeCode, RateCount, User

# How long people may want to look at what happened.
KEPT_LOGINS = timedelta(days=30)
KEPT_CODES = timedelta(days=1)


def tidy(*, at: datetime | None = None) -> int:
    """Delete old codes, counts, logins, requests and never-verified accounts; how many.

    Safe to run at any time and twice at once. A login is old when it ended, or when its
    last refresh token expired, a month ago.
    """
    at = at or timezone.now()
    month_ago = at - KEPT_LOGINS
    last_refresh = month_ago - api_settings.REFRESH_TOKEN_LIFETIME
    outdated = [
        RateCount.objects.filter(expires_at__lte=at),
        OneTimeCode.objects.filter(expires_at__lt=at - KEPT_CODES),
        # The worker answers within seconds; what is this old, it could not answer.
        CodeRequest.objects.filter(requested_at__lt=at - KEPT_CODES),
        Login.objects.filter(ended_at__lt=month_ago),
        Login.objects.filter(refreshed_at__lt=last_refresh),
    ]
    deleted = sum(rows.delete()[0] for rows in outdated)
    return deleted + accounts.forget_stale(User.objects.all(), at=at)
