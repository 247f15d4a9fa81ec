"""Who comes and who works there: ticket types, and two accounts to try things with."""

from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from reservation.models import TicketType

# name: percentage of the price. Adult, the default, is there from the start.
TICKET_TYPES = {"Student": 80, "Senior": 75, "Child": 60}


class Account(NamedTuple):
    username: str
    password: str
    role: str
    is_staff: bool

    @property
    def email(self) -> str:
        return f"{self.username}@example.com"


ACCOUNTS = [
    Account("visitor", "seat-in-row-f", "a visitor, for the API", is_staff=False),
    Account("staff", "popcorn-and-keys", "staff, for /admin/", is_staff=True),
]


def add_ticket_types() -> int:
    """Add those that are not there yet; says how many those were."""
    made = [
        TicketType.objects.get_or_create(name=name, defaults={"percentage": percentage})[1]
        for name, percentage in TICKET_TYPES.items()
    ]
    return sum(made)


@transaction.atomic
def add_account(account: Account) -> bool:
    """Add a demo account; False where its name or address is taken, by whomever."""
    users = get_user_model().objects
    taken = Q(username__iexact=account.username) | Q(email__iexact=account.email)
    if users.filter(taken).exists():
        return False
    users.create_user(
        username=account.username,
        email=account.email,
        password=account.password,
        is_staff=account.is_staff,
        is_superuser=account.is_staff,
        email_verified_at=timezone.now(),
    )
    return True
