"""The worker's round that offers seats of sold-out shows to who stands in line for them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import rounds
from reservation import booking, waiting_list
from reservation.models import PlaceInLine
from reservation.tests.factories import confirmed, show_with_seats
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def show():
    return show_with_seats(4, starts_at=NOW + timedelta(days=1))[0]


@pytest.fixture
def sold(stranger, show):
    """All four seats, paid for."""
    return confirmed(stranger, show, show.hall.seats.all(), at=NOW)


def join(user, show, seats):
    return waiting_list.join(user_id=user.pk, show_id=show.pk, seats=seats, at=NOW)


def offered(place):
    return PlaceInLine.objects.get(pk=place.pk).offer


def test_what_came_back_is_offered(owner, show, sold):
    place = join(owner, show, 2)
    rounds.offer_seats(at=NOW)
    assert offered(place) is None
    booking.cancel(reservation_id=sold.pk, at=NOW)
    rounds.offer_seats(at=NOW)
    assert offered(place).user == owner


def test_all_offers_are_made_in_one_round(show, sold, monkeypatch):
    monkeypatch.setattr(waiting_list, "OFFERS_AT_ONCE", 1)
    places = [join(UserFactory(), show, 1) for _ in range(4)]
    booking.cancel(reservation_id=sold.pk, at=NOW)
    rounds.offer_seats(at=NOW)
    assert all(offered(place) for place in places)


def test_it_is_one_of_the_rounds():
    assert rounds.offer_seats in rounds.ROUNDS


def test_shows_without_a_line_are_not_looked_at(show, sold, django_assert_num_queries):
    with django_assert_num_queries(1):
        rounds.offer_seats(at=NOW)


def test_a_line_is_not_read_while_nothing_is_free(owner, show, sold, django_assert_num_queries):
    join(owner, show, 1)
    rounds.offer_seats(at=NOW)
    with django_assert_num_queries(4):  # which shows, the show, its edition, its tickets
        rounds.offer_seats(at=NOW)


def test_a_long_line_asks_no_more(show, sold, django_assert_max_num_queries):
    for _ in range(20):
        join(UserFactory(), show, 4)
    with django_assert_max_num_queries(8):
        rounds.offer_seats(at=NOW)
