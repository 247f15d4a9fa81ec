"""Accounts, their logins, and the codes that prove an e-mail address."""

import uuid
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import RegexValidator
from django.db import connections, models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.crypto import constant_time_compare

validate_username = RegexValidator(
    # No "@": people log in with a username or an e-mail, and one must never look like the other.
    # ASCII only: databases differ in which other letters are the same in lower case.
    r"^[A-Za-z0-9_.+-]+\Z",
    "Use the letters a to z, digits and . + - _ only.",
    code="invalid_username",
)
validate_phone = RegexValidator(
    r"^\+?[0-9][0-9 ()-]{5,24}\Z",
    "Give a telephone number, such as +44 20 7946 0000.",
    code="invalid_phone",
)
validate_mailbox = RegexValidator(
    # Quoted local parts may hold commas and other people's addresses, at which the mail
    # queue would split them; letters beyond ASCII fold differently in every database.
    r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+\Z",
    "Give a plain address, such as ada@example.com.",
)


def normalised(name: str) -> str:
    """How a username or e-mail is compared and counted."""
    return name.strip().lower()


class UserQuerySet(models.QuerySet["User"]):
    def called(self, name: str) -> Self:
        """The account with that username or e-mail, whatever the case; at most one."""
        field = "email" if "@" in name else "username"
        # Not `__iexact`: PostgreSQL would compare in upper case, past the index.
        return self.filter(Exact(Lower(field), normalised(name)))

    def resembling(self, words: str) -> Self:
        """Whoever has that address, or else whose name, address or telephone number has it in it.

        A whole address is found by its index. A part of one is looked for in all accounts.
        """
        if "@" in words and (owner := self.called(words)).exists():
            return owner
        fields = ("username", "email", "first_name", "last_name", "phone")
        wanted = self
        for word in words.split():
            wanted = wanted.filter(
                reduce(or_, (Q(**{f"{field}__icontains": word}) for field in fields))
            )
        return wanted

    def never_verified(self) -> Self:
        return self.filter(is_active=False, email_verified_at=None)

    def stale(self, at: datetime) -> Self:
        """Accounts whose address had its time to prove itself, and never did."""
        deadline = at - settings.UNVERIFIED_ACCOUNT_LIFETIME
        return self.never_verified().filter(date_joined__lt=deadline)


class Accounts(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's user manager with our questions."""


class User(AbstractUser):
    """Somebody with an account: a customer, or staff.

    An account starts inactive and becomes active when its e-mail address has proved
    itself. One that staff switched off later keeps its `email_verified_at` and can't
    switch itself on again. Whoever makes an account active by hand vouches for it, so
    that an active account always has one.
    """

    username = models.CharField(
        max_length=150,
        unique=True,
        validators=[validate_username],
        error_messages={"unique": "A user with that username already exists."},
    )
    email = models.EmailField(max_length=254, validators=[validate_mailbox])
    phone = models.CharField(max_length=26, blank=True, validators=[validate_phone])
    email_verified_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Accounts] = Accounts()

    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique_in_any_case",
                violation_error_message="A user with that e-mail address already exists.",
            ),
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_unique_in_any_case",
                violation_error_message="A user with that username already exists.",
            ),
            models.CheckConstraint(
                condition=models.Q(is_active=False) | models.Q(email_verified_at__isnull=False),
                name="user_active_only_if_verified",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["date_joined"],
                condition=models.Q(is_active=False, email_verified_at=None),
                name="user_never_verified",
            ),
            # The desk's first page sorts by them.
            models.Index(fields=["date_joined", "id"], name="user_by_age"),
            # Those few that its filters look for among all customers.
            models.Index(
                fields=["date_joined", "id"],
                condition=models.Q(is_staff=True),
                name="user_of_staff",
            ),
            models.Index(
                fields=["date_joined", "id"],
                condition=models.Q(is_active=False),
                name="user_inactive",
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.is_active and self.email_verified_at is None:
            self.email_verified_at = timezone.now()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "email_verified_at"}
        super().save(*args, **kwargs)

    @property
    def is_switched_off(self) -> bool:
        """Whether staff closed the account: no code and no token opens it again."""
        return not self.is_active and self.email_verified_at is not None

    def verify_email(self, *, at: datetime) -> None:
        """Note that the address answered. Activates the account the first time only."""
        if self.email_verified_at is None:
            self.email_verified_at = at
            self.is_active = True
            self.save(update_fields=["email_verified_at", "is_active"])


class LoginQuerySet(models.QuerySet["Login"]):
    def live(self) -> Self:
        return self.filter(ended_at=None)

    def end(self, *, at: datetime | None = None) -> int:
        return self.live().update(ended_at=at or timezone.now())


class Login(models.Model):
    """One login of one account on one device: a family of tokens.

    Every token carries the login's id. Only the newest refresh token of a login counts;
    presenting an older one ends the login (RFC 9700, section 4.14.2).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="logins")
    refresh_jti = models.CharField(max_length=32)
    # What the account's password was at login, as Django's own session hash: a changed
    # password ends all logins, whoever changed it and wherever.
    auth_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    refreshed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = LoginQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["user"], condition=models.Q(ended_at=None), name="login_live_by_user"
            ),
            models.Index(fields=["created_at", "id"], name="login_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.user} since {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_valid(self) -> bool:
        return (
            self.ended_at is None
            and self.user.is_active
            and constant_time_compare(self.auth_hash, self.user.get_session_auth_hash())
        )


class Purpose(models.TextChoices):
    VERIFY_EMAIL = "verify_email", "Verify an e-mail address"
    RESET_PASSWORD = "reset_password", "Reset a password"


class CodeRequest(models.Model):
    """Somebody asked for a code to be mailed to that address.

    Written alike for every address, so that neither the answer nor its timing tells who
    has an account; the worker finds that out later and alone.
    """

    email = models.EmailField(max_length=254)
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    requested_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.email}"


class OneTimeCodeQuerySet(models.QuerySet["OneTimeCode"]):
    def live(self, at: datetime) -> Self:
        return self.filter(used_at=None, expires_at__gt=at)

    def count_attempt(self, *, code_id: int, at: datetime) -> bool:
        """Take one of the attempts of that code; whether there was one left to take.

        The condition and the count are one statement, so that guesses at once cannot get
        more attempts than there are.
        """
        open_codes = self.live(at).filter(pk=code_id, attempts__lt=settings.OTP_MAX_ATTEMPTS)
        return open_codes.update(attempts=F("attempts") + 1) == 1


class OneTimeCode(models.Model):
    """One OTP challenge: six digits, for one purpose, one use, a few minutes and attempts."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="one_time_codes")
    # Where it was mailed. It proves that address and no other: an account whose address
    # has changed since does not take it.
    email = models.EmailField(max_length=254)
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    secret = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = OneTimeCodeQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["user", "purpose", "-created_at"], name="code_newest")
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} for {self.user}"


# Django has no upsert that adds and answers. SQLite and PostgreSQL both understand this.
COUNT_ONE_MORE = """
    INSERT INTO {table} ({key}, {count}, {expires_at}) VALUES (%s, 1, %s)
    ON CONFLICT ({key}) DO UPDATE SET {count} = {table}.{count} + 1 RETURNING {count}
"""


class RateCountQuerySet(models.QuerySet["RateCount"]):
    def count_one(self, *, key: str, expires_at: datetime) -> int:
        """Count one more under that key and return how many there are now.

        One statement: of any number of requests at once, each gets its own number.
        """
        self._for_write = True
        connection = connections[self.db]
        quote, meta = connection.ops.quote_name, self.model._meta
        table = quote(meta.db_table)
        columns = {field.name: quote(str(field.column)) for field in meta.concrete_fields}
        sql = COUNT_ONE_MORE.format(table=table, **columns)
        with connection.cursor() as cursor:
            cursor.execute(sql, [key, connection.ops.adapt_datetimefield_value(expires_at)])
            return int(cursor.fetchone()[0])


class RateCount(models.Model):
    """How often something was asked in one window of time; see `throttles.py`."""

    key = models.CharField(max_length=96, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    objects = RateCountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
