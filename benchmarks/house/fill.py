"""Fills an empty database with a house of some size."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from django.core.management import call_command

from benchmarks.house import bulk
from benchmarks.house.people import write_people
from benchmarks.house.sales import Sales
from benchmarks.house.size import Size
from benchmarks.house.venue import write_films, write_shows, write_venue
from payments.models import Refund
from reservation.demo.people import add_ticket_types
from reservation.models import (
    Cinema,
    Genre,
    Hall,
    Movie,
    Reservation,
    Seat,
    SeatCategory,
    ShowTime,
    Ticket,
    TicketType,
)
from users.models import User

NUMBERED = (User, Cinema, Hall, SeatCategory, Seat, Genre, Movie, ShowTime, Reservation, Ticket)


def tell_nobody(done: int, of: int) -> None:
    """For those who watch no bar."""


class NotEmpty(Exception):
    """The database belongs to somebody: there are accounts or cinemas in it."""


def fill(
    size: Size,
    *,
    seed: int = 1,
    holds: bool = True,
    sold_shows: int | None = None,
    told: Callable[[int, int], None] = tell_nobody,
) -> None:
    """Migrate, and write the house. The same seed on the same day makes the same house.

    Without `holds` every reservation is settled and at rest; of `sold_shows`, where given,
    seats were sold, of the later ones none. `told` hears of how many
    shows, and of how many in all, the sales are written. Raises `NotEmpty`.
    """
    call_command("migrate", verbosity=0)
    if User.objects.exists() or Cinema.objects.exists():
        raise NotEmpty
    random, at = Random(seed), datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with bulk.loading():
        add_ticket_types()
        write_venue(size)
        write_films(size, random)
        write_people(size, random, at=at)
        midnight = at.replace(hour=0, minute=0, second=0)
        shows = write_shows(size, random, midnight=midnight)
        types = dict(TicketType.objects.order_by("-percentage").values_list("pk", "percentage"))
        sales = Sales(size, random, at=at, ticket_types=types, holds=holds)
        sold = shows[:sold_shows]
        for written, batch in sales.batches(sold):
            batch.write()
            told(written, len(sold))
        bulk.number_on(*NUMBERED, Refund, Movie.genres.through)
    bulk.look_over()
