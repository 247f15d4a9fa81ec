"""Where and what: cinemas, halls, seats, films, and forty days of programme."""

from datetime import datetime, timedelta
from random import Random

from benchmarks.house import bulk
from benchmarks.house.size import (
    DAYS_AHEAD,
    DAYS_BEFORE,
    HALLS_PER_CINEMA,
    ROWS,
    SEATS_IN_ROW,
    SEATS_PER_HALL,
    SHOWS_PER_DAY,
    Size,
)
from reservation.models import Cinema, Genre, Hall, Movie, Seat, SeatCategory, ShowTime

SURCHARGES = {"Standard": 0, "Comfort": 250, "VIP": 600}
GENRES = ("Drama", "Comedy", "Horror", "Animation", "Documentary", "Thriller")
FIRST_SHOW, BETWEEN_SHOWS = timedelta(hours=10), timedelta(minutes=150)
PRICES = (950, 1150, 1250, 1400)


def category_of(row: int) -> int:
    """The number of a row's category: the last two are VIP, three before them Comfort."""
    return 3 if row >= ROWS - 2 else 2 if row >= ROWS - 5 else 1


def write_venue(size: Size) -> None:
    """Cinemas of five halls each, every hall with 15 rows of 20 seats."""
    cinemas = ((n, f"Cinema {n}", f"cinema-{n}", "UTC") for n in range(1, size.cinemas + 1))
    bulk.write(Cinema, ("id", "name", "slug", "time_zone"), cinemas)
    halls = ((n, (n - 1) // HALLS_PER_CINEMA + 1, f"Hall {n}") for n in range(1, size.halls + 1))
    bulk.write(Hall, ("id", "cinema_id", "name"), halls)
    categories = [(n, name, SURCHARGES[name]) for n, name in enumerate(SURCHARGES, start=1)]
    bulk.write(SeatCategory, ("id", "name", "surcharge"), categories)
    names = ("id", "hall_id", "row", "number", "x", "y", "category_id")
    bulk.write(Seat, names, (_seat(n) for n in range(size.halls * SEATS_PER_HALL)))


def _seat(index: int) -> bulk.Row:
    hall, place = divmod(index, SEATS_PER_HALL)
    row, number = divmod(place, SEATS_IN_ROW)
    return (index + 1, hall + 1, chr(65 + row), number + 1, number, row, category_of(row))


def write_films(size: Size, random: Random) -> None:
    """Films of 80 to 120 minutes, each with one or two genres."""
    genres = [(n, name, name.lower()) for n, name in enumerate(GENRES, start=1)]
    bulk.write(Genre, ("id", "name", "slug"), genres)
    films = [
        (n, f"Film {n}", "What happens in it, told in two or three lines. " * 3, minutes, "en")
        for n in range(1, size.films + 1)
        for minutes in [random.randrange(80, 121)]
    ]
    names = ("id", "title", "synopsis", "runtime_minutes", "original_language")
    bulk.write(Movie, names, films)
    links = [
        (film, genre)
        for film in range(1, size.films + 1)
        for genre in random.sample(range(1, len(GENRES) + 1), random.randrange(1, 3))
    ]
    bulk.write(Movie.genres.through, ("movie_id", "genre_id"), links)


def write_shows(size: Size, random: Random, *, midnight: datetime) -> list[bulk.Row]:
    """Five shows a day in every hall, half of the days past. Returns them in their order.

    A row is (id, film, hall, starts_at, price); ids follow the time.
    """
    shows: list[bulk.Row] = []
    for day in range(-DAYS_BEFORE, DAYS_AHEAD):
        for turn in range(SHOWS_PER_DAY):
            starts = midnight + timedelta(days=day) + FIRST_SHOW + turn * BETWEEN_SHOWS
            for hall in range(1, size.halls + 1):
                film = random.randrange(1, size.films + 1)
                shows.append((len(shows) + 1, film, hall, starts, random.choice(PRICES)))
    bulk.write(ShowTime, SHOW_COLUMNS, map(_show, shows))
    return shows


SHOW_COLUMNS = ("id", "movie_id", "hall_id", "starts_at", "price") + (
    "ends_at",
    "hall_free_at",
    "sales_close_at",
)


def _show(show: bulk.Row) -> bulk.Row:
    starts = show[3]
    ends, free = starts + timedelta(minutes=135), starts + timedelta(minutes=150)
    return (*show, ends, free, starts)
