"""The one moment in which tests of money are set, and its distances from others."""

from datetime import timedelta

from django.utils import timezone

NOW = timezone.now()
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SECOND, INSTANT = timedelta(seconds=1), timedelta(microseconds=1)
