from datetime import timedelta

import factory
from django.utils import timezone

from reservation import booking, holding
from reservation.models import Cinema, Hall, Movie, Promotion, Seat, SeatCategory, ShowTime
from reservation.rules import timetable
from reservation.sale import SeatChoice


class CinemaFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Cinema

    name = factory.Sequence(lambda n: f"Cinema {n}")
    slug = factory.Sequence(lambda n: f"cinema-{n}")
    time_zone = "Europe/Lisbon"


class HallFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Hall

    cinema = factory.SubFactory(CinemaFactory)
    name = factory.Sequence(lambda n: f"Hall {n}")


class SeatCategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SeatCategory
        django_get_or_create = ("name",)

    name = "Standard"
    surcharge = 0


class SeatFactory(factory.django.DjangoModelFactory):
    """Seats of one row, from the left."""

    class Meta:
        model = Seat

    hall = factory.SubFactory(HallFactory)
    category = factory.SubFactory(SeatCategoryFactory)
    row = "A"
    number = factory.Sequence(lambda n: n + 1)
    x = factory.SelfAttribute("number")
    y = 0


class MovieFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Movie

    title = factory.Sequence(lambda n: f"Film {n}")
    runtime_minutes = 90


class ShowTimeFactory(factory.django.DjangoModelFactory):
    """A show of tomorrow, each in a hall of its own, that costs 12.50."""

    class Meta:
        model = ShowTime

    movie = factory.SubFactory(MovieFactory)
    hall = factory.SubFactory(HallFactory)
    starts_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=1))
    price = 1250
    sales_close_at = factory.SelfAttribute("starts_at")
    # A rule for halls; most tests have a few seats and want any of them.
    forbids_lonely_seats = False
    ends_at = factory.LazyAttribute(lambda show: _slot(show).ends_at)
    hall_free_at = factory.LazyAttribute(lambda show: _slot(show).hall_free_at)


class PromotionFactory(factory.django.DjangoModelFactory):
    """A code that takes a fifth off everything, as often as one likes."""

    class Meta:
        model = Promotion
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"CODE-{n}")
    name = "A fifth off"
    percentage = 20


def _slot(show) -> timetable.Slot:
    return timetable.slot(
        starts_at=show.starts_at,
        runtime_minutes=show.movie.runtime_minutes,
        trailer_minutes=15,
        cleaning_minutes=15,
    )


def show_with_seats(count: int = 6, **show) -> tuple[ShowTime, list[Seat]]:
    """A show and the seats of its hall, A1 to A<count>."""
    showtime = ShowTimeFactory(**show)
    seats = [SeatFactory(hall=showtime.hall, number=n + 1) for n in range(count)]
    return showtime, seats


def held(user, show, seats, *, at=None, promo_code=""):
    """A hold of these seats, made by the verb that makes them all."""
    return holding.hold(
        user_id=user.pk if user else None,
        show_id=show.pk,
        choices=[SeatChoice(seat.pk) for seat in seats],
        promo_code=promo_code,
        at=at or timezone.now(),
    )


def confirmed(user, show, seats, *, at=None, promo_code=""):
    """A paid reservation of these seats."""
    at = at or timezone.now()
    reservation = held(user, show, seats, at=at, promo_code=promo_code)
    return booking.confirm(reservation_id=reservation.pk, at=at)
