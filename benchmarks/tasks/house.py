"""The house, and who and what a load needs in it."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from benchmarks.house.fill import fill as fill_house
from benchmarks.house.people import STAFF
from benchmarks.house.size import Size
from reservation.models import Cinema, Hall, Movie, Reservation, Seat, SeatCategory, ShowTime
from users import sessions
from users.models import User

SEATS_IN_STADIUM_ROW = 999
BETWEEN_SHOWS = timedelta(minutes=150)


def fill(scale: int, *, holds: bool = True, sold_shows: int | None = None) -> int:
    """Write a house of that size; the number of its shows."""
    fill_house(Size(scale), holds=holds, sold_shows=sold_shows)
    return ShowTime.objects.count()


def customers(count: int) -> list[dict[str, Any]]:
    """Customers with an access token each: `id`, `token`."""
    at, people = timezone.now(), []
    with transaction.atomic():
        for user in User.objects.filter(is_staff=False).order_by("pk")[:count]:
            tokens = sessions.open_login(user=user, at=at)
            people.append({"id": user.pk, "token": tokens.access})
    return people


def staff_session() -> str:
    """The session key of somebody logged in to the desk."""
    user = User.objects.get(username=STAFF)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "users.backends.UsernameOrEmailBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def shows_on_sale(count: int) -> list[int]:
    """Shows of which seats are sold already, from all over the programme to come."""
    shows = ShowTime.objects.upcoming(timezone.now()).order_by("pk")
    ids = list(shows.values_list("pk", flat=True))
    return [ids[n * len(ids) // count] for n in range(count)]


def a_code() -> str:
    """The code of some reservation in the middle of them all."""
    middle = Reservation.objects.count() // 2
    return Reservation.objects.order_by("pk").values_list("code", flat=True)[middle]


def new_shows(count: int) -> dict[str, list[int]]:
    """Shows of which nothing is sold, all in one hall of 300: `shows`, and the hall's `seats`."""
    hall = Hall.objects.earliest("pk")
    return {"shows": _schedule(hall, count), "seats": _seats_of(hall)}


def new_stadium(seats: int, shows: int) -> dict[str, list[int]]:
    """Shows in a hall as large as it takes for a load to last; all on one at a time."""
    cinema, category = Cinema.objects.earliest("pk"), SeatCategory.objects.earliest("pk")
    hall = Hall.objects.create(cinema=cinema, name=f"Stadium of {seats}")
    places = (divmod(n, SEATS_IN_STADIUM_ROW) for n in range(seats))
    rows = [
        Seat(hall=hall, row=_letters(y), number=x + 1, x=x, y=y, category=category)
        for y, x in places
    ]
    Seat.objects.bulk_create(rows, batch_size=5000)
    return {"shows": _schedule(hall, shows), "seats": _seats_of(hall)}


def _letters(row: int) -> str:
    return chr(65 + row // 26) + chr(65 + row % 26)


def _schedule(hall: Hall, count: int) -> list[int]:
    latest = ShowTime.objects.aggregate(latest=Max("starts_at"))["latest"]
    movie = Movie.objects.earliest("pk")
    shows = [
        ShowTime(
            movie=movie,
            hall=hall,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=135),
            hall_free_at=starts + BETWEEN_SHOWS,
            sales_close_at=starts,
            price=1250,
        )
        for starts in (latest + n * BETWEEN_SHOWS for n in range(1, count + 1))
    ]
    return [show.pk for show in ShowTime.objects.bulk_create(shows, batch_size=500)]


def _seats_of(hall: Hall) -> list[int]:
    return list(Seat.objects.filter(hall=hall).order_by("pk").values_list("pk", flat=True))
