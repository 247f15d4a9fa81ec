"""Who may ask how often, where abuse pays: counted in the database, over all nodes.

Two counts stand side by side. The one by address stops a machine that tries many
accounts, the one by account stops many machines that try one. The second can be used to
keep somebody out, so its windows are short and what it guards has another way in: ten
failed logins in ten minutes (right ones don't count) close an account's password login
until the window ends, at most ten minutes later; who is logged in already is not touched.
"""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from rest_framework.request import Request

from cinema_reservation.api.throttles import RateThrottle
from users.models import RateCount, normalised


class DatabaseRateThrottle(RateThrottle):
    """Counts in the database: exact whatever the number of threads, processes and nodes."""

    def count(self, key: str, seconds: int) -> int:
        expires_at = timezone.now() + timedelta(seconds=seconds)
        return RateCount.objects.count_one(key=key, expires_at=expires_at)

    def forgive(self, ident: str) -> None:
        """Take one back, of what turned out to be no guess: the right password."""
        counted = RateCount.objects.filter(key=self.current_key(ident), count__gt=0)
        counted.update(count=F("count") - 1)


class NameThrottle(DatabaseRateThrottle):
    """Counts by the account's name that the body gives, whether or not it exists."""

    field = "email"

    def ident(self, request: Request) -> str | None:
        body = request.data
        name = body.get(self.field) if isinstance(body, dict) else None
        # Anything else is no name, and the serializer will say so.
        return normalised(str(name)) if isinstance(name, str | int) else None


class RegisterThrottle(DatabaseRateThrottle):
    scope = "register"


class LoginAddressThrottle(DatabaseRateThrottle):
    scope = "login_address"


class LoginAccountThrottle(NameThrottle):
    scope = "login_account"
    field = "username"


class PasswordThrottle(DatabaseRateThrottle):
    """Counts guesses of the old password by whoever holds an account's access token."""

    scope = "login_account"

    def ident(self, request: Request) -> str | None:
        return f"id:{request.user.pk}"


class OtpAddressThrottle(DatabaseRateThrottle):
    scope = "otp_address"


class OtpAccountThrottle(NameThrottle):
    scope = "otp_account"


class VerifyAddressThrottle(DatabaseRateThrottle):
    scope = "verify_address"


class VerifyAccountThrottle(NameThrottle):
    """Not among a view's throttles: `otp.verify` counts inside its own transaction."""

    scope = "verify_account"
