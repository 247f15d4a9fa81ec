"""The verbs on accounts: register, change the profile, change or reset the password."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from cinema_reservation.errors import DomainError
from users import otp, sessions
from users.models import Purpose, User


class Taken(DomainError):
    """Somebody else has that username or e-mail; `fields` names which."""

    status = 400
    code = "taken"
    sentence = (
        "Somebody has this already. Choose another one; if it is yours, log in, or ask for a "
        "new password at /api/users/generate_otp/."
    )

    def __init__(self, *, fields: list[str]) -> None:
        self.fields = fields
        super().__init__()


class WrongPassword(DomainError):
    status = 400
    code = "wrong_password"
    attr = "old_password"
    sentence = "This is not your present password. Check it, or reset it by mail."


class InvalidResetToken(DomainError):
    status = 400
    code = "reset_token_invalid"
    attr = "token"
    sentence = "This reset token is wrong, used already or too old. Ask for another code."


class ResetTokens(PasswordResetTokenGenerator):
    """Signed, short-lived, and void as soon as the password or the e-mail changes."""

    key_salt = "users.accounts.ResetTokens"


reset_tokens = ResetTokens()


def register(
    *,
    username: str,
    email: str,
    password: str,
    at: datetime,
    first_name: str = "",
    last_name: str = "",
    phone: str = "",
) -> User:
    """Open an inactive account and mail the code that will activate it.

    Accounts that never proved their address lose their claim to the username and e-mail
    after `UNVERIFIED_ACCOUNT_LIFETIME`. Raises `Taken`.
    """
    user = User(username=username, email=email, first_name=first_name, last_name=last_name)
    user.phone, user.date_joined, user.is_active = phone, at, False
    # Slow by design, so it comes before the transaction, which others may wait for.
    user.set_password(password)
    with transaction.atomic():
        claims = User.objects.called(username) | User.objects.called(email)
        forget_stale(claims, at=at)
        _save_unique(user)
        otp.send_code(user=user, purpose=Purpose.VERIFY_EMAIL, at=at)
    return user


@transaction.atomic
def forget_stale(accounts: Any, *, at: datetime) -> int:
    """Delete those of the accounts that never verified in time; how many there were.

    One that something depends on, such as a reservation, is kept.
    """
    return sum(_forget(user) for user in accounts.stale(at).select_for_update())


def _forget(user: User) -> bool:
    try:
        with transaction.atomic():
            user.delete()
    except ProtectedError:
        return False
    return True


def change_profile(*, user: User, changes: dict[str, Any]) -> User:
    """Save changes of an account's own attributes. Raises `Taken` for a username in use."""
    for name, value in changes.items():
        setattr(user, name, value)
    _save_unique(user, only=changes)
    return user


def _save_unique(user: User, *, only: Iterable[str] | None = None) -> None:
    # The constraints decide, so that two at once get one account and one clear answer.
    try:
        with transaction.atomic():
            user.save(update_fields=only)
    except IntegrityError as error:
        others = User.objects.exclude(pk=user.pk)
        fields = ["username", "email"]
        taken = [name for name in fields if others.called(getattr(user, name)).exists()]
        # Where the rival vanished meanwhile, nobody can say any more which one it was.
        raise Taken(fields=taken or fields) from error


def change_password(
    *, user: User, old_password: str, new_password: str, at: datetime
) -> sessions.Tokens:
    """Set a new password, end every login and open a fresh one. Raises `WrongPassword`."""
    if not user.check_password(old_password):
        raise WrongPassword
    proven = user.password
    user.set_password(new_password)
    with transaction.atomic():
        present = User.objects.select_for_update().filter(pk=user.pk).values_list("password")
        if present.first() != (proven,):
            raise WrongPassword
        _store_password(user, at)
        return sessions.open_login(user=user, at=at)


def reset_token(user: User) -> str:
    """A token with which whoever holds it may set that account's password, once and soon."""
    return f"{user.pk}.{reset_tokens.make_token(user)}"


def holder_of(token: str, *, lock: bool = False) -> User:
    """The account that a reset token is for. Raises `InvalidResetToken`."""
    users = User.objects.select_for_update() if lock else User.objects.all()
    owner_id, _, signature = token.partition(".")
    if not (owner_id.isascii() and owner_id.isdigit()):
        raise InvalidResetToken
    user = users.filter(pk=int(owner_id)).first()
    if user is None or user.is_switched_off or not reset_tokens.check_token(user, signature):
        raise InvalidResetToken
    return user


def reset_password(*, token: str, new_password: str, at: datetime) -> User:
    """Set the password of a reset token's holder, and end every login of theirs.

    The token came by mail, so it activates an account that had never proved its address.
    Raises `InvalidResetToken`, also for the second of two uses at once.
    """
    password = make_password(new_password)
    with transaction.atomic():
        user = holder_of(token, lock=True)
        user.password = password
        _store_password(user, at)
        user.verify_email(at=at)
    return user


def _store_password(user: User, at: datetime) -> None:
    user.save(update_fields=["password"])
    user.logins.end(at=at)
