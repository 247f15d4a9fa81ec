"""The edition of the programme: a number that tells whether a kept answer is still true.

Every change of a film, a show, a cinema, a hall, a seat, a category, a ticket type, a price rule
or a house seat changes it, in the same transaction, whether it came over the API, from the desk or
from a shell. Only statements that write many rows at once pass by Django's signals; they call
`change` themselves.
What is sold moves another number, `ShowTime.seats_version`: sales must not wait for each other
at one row.
"""

import secrets
from typing import Any

from django.db import connection
from django.db.models.signals import m2m_changed, post_delete, post_save

from reservation import models

LARGEST_NUMBER = 2**62
MAKES_AN_EDITION = (
    models.Cinema,
    models.Genre,
    models.Hall,
    models.Movie,
    models.PriceRule,
    models.Seat,
    models.SeatBlock,
    models.SeatCategory,
    models.ShowTime,
    models.TicketType,
)


def change() -> None:
    """Make a new edition, in the caller's transaction."""
    # Drawn, not counted: what somebody keeps under the number of a transaction that is rolled
    # back is never found again, while the next number would soon be somebody else's.
    number = secrets.randbelow(LARGEST_NUMBER) + 1
    if not models.Edition.objects.filter(pk=1).update(number=number):
        models.Edition.objects.get_or_create(pk=1, defaults={"number": number})


def current() -> int:
    """The number of the present edition. One row by its key."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM reservation_edition WHERE id = 1")
        row = cursor.fetchone()
    return row[0] if row else 0


def of_seats(show_id: int) -> tuple[int, int] | None:
    """The edition, and how often seats of that show changed hands; `None` for an unknown show."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.number, s.seats_version FROM reservation_showtime s"
            " LEFT JOIN reservation_edition e ON e.id = 1 WHERE s.id = %s",
            [show_id],
        )
        row = cursor.fetchone()
    return (row[0] or 0, row[1]) if row else None


def follow_changes() -> None:
    """Have every change make an edition. Once per process."""
    for model in MAKES_AN_EDITION:
        for signal in (post_save, post_delete):
            signal.connect(_changed, sender=model, dispatch_uid=f"edition-{model.__name__}")
    m2m_changed.connect(
        _changed, sender=models.Movie.genres.through, dispatch_uid="edition-genres"
    )


def _changed(**_: Any) -> None:
    change()
