"""What is kept of the house is what a booking would read."""

from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from reservation import errors, facts, holding
from reservation.models import Cinema, Hall, Movie, Seat, TicketType
from reservation.sale import SeatChoice
from reservation.tests.factories import SeatFactory, held, show_with_seats

NOW = timezone.now()

pytestmark = pytest.mark.django_db


@pytest.fixture
def known_show():
    """A show whose facts are kept already, and its three seats."""
    show, seats = show_with_seats(3)
    facts.of(show)
    return show, seats


def test_are_read_once_and_then_cost_one_query(known_show, django_assert_num_queries):
    show, seats = known_show
    with django_assert_num_queries(1):
        known = facts.of(show)
        assert set(known.seats) == {seat.pk for seat in seats}
        assert show.movie.title
        assert show.hall.cinema.zone


def test_a_dearer_category_is_dearer_at_the_next_hold(owner, known_show):
    show, seats = known_show
    category = seats[0].category
    category.surcharge += 250
    category.save()
    assert held(owner, show, seats[:1], at=NOW).total == show.price + category.surcharge


def test_a_retired_seat_is_not_sold(owner, known_show):
    show, seats = known_show
    Seat.objects.get(pk=seats[0].pk).delete()
    with pytest.raises(errors.UnknownSeats):
        held(owner, show, seats, at=NOW)


def test_a_new_seat_is_sold(owner, known_show):
    show, _ = known_show
    seat = SeatFactory(hall=show.hall, row="Z", number=1, x=50, y=50)
    assert held(owner, show, [seat], at=NOW).pk


def test_a_ticket_type_is_sold_from_its_first_to_its_last_moment(owner, known_show):
    show, seats = known_show
    kind = TicketType.objects.create(name="Club", percentage=50)
    wish = {"user_id": owner.pk, "show_id": show.pk, "at": NOW}
    first = holding.hold(**wish, choices=[SeatChoice(seats[0].pk, kind.pk)])
    assert first.total < show.price + seats[0].category.surcharge
    kind.is_active = False
    kind.save()
    with pytest.raises(errors.UnknownTicketType):
        holding.hold(**wish, choices=[SeatChoice(seats[1].pk, kind.pk)])


def test_a_hall_and_its_cinema_that_are_renamed_are_so_on_the_next_hold(owner, known_show):
    show, seats = known_show
    hall = Hall.objects.get(pk=show.hall_id)
    hall.name = "The Great Hall"
    hall.save()
    assert held(owner, show, seats[:1], at=NOW).showtime.hall.name == "The Great Hall"
    cinema = Cinema.objects.get(pk=hall.cinema_id)
    cinema.time_zone = "Pacific/Auckland"
    cinema.save()
    there = held(owner, show, seats[1:2], at=NOW).showtime.hall.cinema
    assert there.time_zone == "Pacific/Auckland"


def test_nothing_is_kept_for_longer_than_a_minute(known_show):
    """Though nobody said that it changed."""
    show, _ = known_show
    Movie.objects.filter(pk=show.movie_id).update(title="Renamed in a shell")
    with time_machine.travel(timezone.now() + timedelta(seconds=facts.KEEP_SECONDS)):
        facts.of(show)
    assert show.movie.title == "Renamed in a shell"


def test_what_was_read_of_a_change_that_is_taken_back_is_forgotten(known_show):
    """Who changes the house and then asks for it sees the change; nobody else ever does."""
    show, _ = known_show
    movie = Movie.objects.get(pk=show.movie_id)
    title = movie.title
    with suppress(LookupError), transaction.atomic():
        Movie(pk=movie.pk, title="Never shown", runtime_minutes=1).save()
        facts.of(show)
        assert show.movie.title == "Never shown"
        raise LookupError
    facts.of(show)
    assert show.movie.title == title
    movie.runtime_minutes += 1
    movie.save()
    facts.of(show)
    assert show.movie == movie
    assert (show.movie.title, show.movie.runtime_minutes) == (title, movie.runtime_minutes)
