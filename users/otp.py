"""One-time codes: ask for one, answer who asked, verify.

A code proves that its holder reads the mail of an account's address. Nobody learns here
whether an account exists: asking writes the same row for every address, the worker alone
finds out whose it is, and verifying does the same work whether or not there is a code.
"""

from datetime import datetime

import pyotp
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cinema_reservation.errors import DomainError
from users import mail
from users.models import CodeRequest, OneTimeCode, Purpose, User, normalised
from users.throttles import VerifyAccountThrottle

# Checked where there is no code, so that its absence takes as long as a wrong one.
NOBODYS_SECRET = pyotp.random_base32()
# Every challenge has a secret of its own, so that one counter serves them all.
COUNTER = 0


class WrongCode(DomainError):
    status = 400
    code = "otp_invalid"
    attr = "otp"
    sentence = (
        "This code is wrong, used already, too old, or was tried too often. "
        "Check the newest mail, or ask for another code."
    )


class TooManyAttempts(DomainError):
    status = 429
    code = "throttled"
    sentence = "Too many codes were tried for this address. Please try again later."

    def __init__(self, *, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__()


def request_code(*, email: str, purpose: Purpose, at: datetime) -> None:
    """Note that a code is wanted for that address; `answer_requests` does the rest."""
    CodeRequest.objects.create(email=normalised(email), purpose=purpose, requested_at=at)


def answer_requests(*, at: datetime | None = None, limit: int = 100) -> int:
    """Mail a code for every request that belongs to an account, and drop all of them.

    Returns how many requests were answered. Several workers may do this at once.
    """
    at = at or timezone.now()
    waiting = CodeRequest.objects.order_by("pk").values_list("pk", flat=True)[:limit]
    return sum(_answer(request_id=request_id, at=at) for request_id in waiting)


@transaction.atomic
def _answer(*, request_id: int, at: datetime) -> bool:
    # A locked row is another worker's; a missing one was.
    request = CodeRequest.objects.select_for_update(skip_locked=True).filter(pk=request_id).first()
    if request is None:
        return False
    purpose = Purpose(request.purpose)
    user = User.objects.called(request.email).first()
    if user is not None and _may_have(user, purpose):
        send_code(user=user, purpose=purpose, at=at)
    request.delete()
    return True


def _may_have(user: User, purpose: Purpose) -> bool:
    if user.is_switched_off:
        return False
    return purpose == Purpose.RESET_PASSWORD or not user.is_active


@transaction.atomic
def send_code(*, user: User, purpose: Purpose, at: datetime) -> None:
    """Issue a code, kill earlier ones of that purpose, and queue its mail: all or nothing."""
    # One code at a time for each account, so that only the newest lives.
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()
    user.one_time_codes.live(at).filter(purpose=purpose).update(expires_at=at)
    secret = pyotp.random_base32()
    user.one_time_codes.create(
        email=user.email,
        purpose=purpose,
        secret=secret,
        created_at=at,
        expires_at=at + settings.OTP_LIFETIME,
    )
    minutes = int(settings.OTP_LIFETIME.total_seconds() // 60)
    code = pyotp.HOTP(secret).at(COUNTER)
    mail.send_code(user=user, purpose=purpose, code=code, minutes=minutes)


def verify(*, email: str, purpose: Purpose, otp: str, at: datetime) -> User:
    """Use up the code that was mailed to that address and return whose it is.

    Verifying an e-mail address activates its account. Raises `WrongCode` for any code
    that is not the account's newest, live and untired one, and for addresses without an
    account; `TooManyAttempts` where an address is tried too often, account or not.
    """
    throttle = VerifyAccountThrottle()
    with transaction.atomic():
        # Inside, so that there is always one write to commit: the time that it takes
        # does not tell whether an attempt was counted on a code.
        allowed = throttle.allows(normalised(email))
        user = _redeem(email=email, purpose=purpose, otp=otp, at=at) if allowed else None
    # Raised outside: the counts stay.
    if not allowed:
        raise TooManyAttempts(retry_after=throttle.wait())
    if user is None:
        raise WrongCode
    return user


def _redeem(*, email: str, purpose: Purpose, otp: str, at: datetime) -> User | None:
    # The account first, then its code: the order of everybody who locks both.
    user = User.objects.select_for_update(no_key=True).called(email).first()
    code = _live_code(user, purpose, at)
    counted = OneTimeCode.objects.count_attempt(code_id=code.pk if code else 0, at=at)
    right = pyotp.HOTP(code.secret if code else NOBODYS_SECRET).verify(otp, COUNTER)
    if user is None or code is None or not (counted and right) or user.is_switched_off:
        return None
    code.used_at = at
    code.save(update_fields=["used_at"])
    if purpose == Purpose.VERIFY_EMAIL:
        user.verify_email(at=at)
    return user


def _live_code(user: User | None, purpose: Purpose, at: datetime) -> OneTimeCode | None:
    owner_id, address = (user.pk, user.email) if user else (0, "")
    codes = OneTimeCode.objects.live(at).filter(user_id=owner_id, purpose=purpose, email=address)
    return codes.order_by("-created_at", "-pk").first()
