"""A week of shows: each hall plays from noon to midnight, every film has its turn."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from reservation import programme
from reservation.demo.films import FILMS
from reservation.demo.venues import CINEMAS, DemoHall
from reservation.models import Hall, Movie, ShowTime
from reservation.rules import timetable

DAYS = 7
OPENS, LAST_START = time(11, 30), time(22, 0)
# Shows begin at a quarter of an hour, and halls not all at once.
QUARTER = timedelta(minutes=15)
SILENT = frozenset(film.title for film in FILMS if film.is_silent)


class HallDay(NamedTuple):
    """One hall on one calendar day of its cinema."""

    hall: Hall
    plan: DemoHall
    day: date
    number: int

    def __str__(self) -> str:
        return f"{self.hall}, {self.day:%a %d %b}"


def hall_days(at: datetime) -> list[HallDay]:
    """Every demo hall on each of the seven days from today, as its cinema counts days."""
    plans = {(c.slug, h.name): h for c in CINEMAS for h in c.halls}
    halls = Hall.objects.filter(cinema__slug__in=[c.slug for c in CINEMAS])
    return [
        HallDay(hall, plan, at.astimezone(hall.cinema.zone).date() + timedelta(days=day), number)
        for number, hall in enumerate(halls.select_related("cinema").order_by("pk"))
        if (plan := plans.get((hall.cinema.slug, hall.name)))
        for day in range(DAYS)
    ]


@transaction.atomic
def add_shows(place: HallDay) -> int:
    """Fill a hall's day, unless it has shows already. Says how many were added."""
    begins, ends = timetable.day_bounds(place.day, place.hall.cinema.zone)
    if ShowTime.objects.filter(hall=place.hall, starts_at__range=(begins, ends)).exists():
        return 0
    return len([programme.schedule(show) for show in _shows(place)])


def _shows(place: HallDay) -> Iterator[ShowTime]:
    zone = place.hall.cinema.zone
    movies = _rotation(place)
    local = datetime.combine(place.day, OPENS) + place.number * QUARTER
    while local.date() == place.day and local.time() <= LAST_START:
        movie = next(movies)
        show = ShowTime(
            movie=movie,
            hall=place.hall,
            starts_at=local.replace(tzinfo=zone),
            price=place.plan.price,
            format=place.plan.format,
            audio_language="" if movie.title in SILENT else movie.original_language,
        )
        yield show
        minutes = settings.TRAILER_MINUTES + movie.runtime_minutes + settings.CLEANING_MINUTES
        local = _next_quarter(local + timedelta(minutes=minutes))


def _rotation(place: HallDay) -> Iterator[Movie]:
    """All demo films for ever, beginning with another one in every hall and on every day."""
    movies = list(Movie.objects.filter(title__in=[film.title for film in FILMS]).order_by("pk"))
    turn = place.number * 4 + place.day.toordinal() * 7
    while True:
        yield movies[turn % len(movies)]
        turn += 1


def _next_quarter(local: datetime) -> datetime:
    past = timedelta(minutes=local.minute % 15, seconds=local.second)
    return local if not past else local + QUARTER - past
