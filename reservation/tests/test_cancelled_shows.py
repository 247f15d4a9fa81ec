"""What is kept of a cancelled show, and when the worker may forget it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reservation import booking, programme
from reservation.models import Reservation, ShowTime
from reservation.tests.factories import confirmed, held, show_with_seats

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def place():
    return show_with_seats(3)


def why(show):
    show.refresh_from_db()
    return show.cancelled_at, show.cancelled_by_id, show.cancellation_reason


def is_looked_at(show) -> bool:
    return ShowTime.objects.uncleared().filter(pk=show.pk).exists()


def test_cancelling_again_changes_nothing(place, staff):
    show, _ = place
    programme.cancel(show_id=show.pk, at=NOW, reason="Frost", staff_id=staff.pk)
    programme.cancel(show_id=show.pk, at=LATER, reason="Fog")
    assert why(show) == (NOW, staff.pk, "Frost")


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "Frost"}])
def test_the_api_keeps_who_it_was_and_why(staff_client, staff, place, body):
    show, _ = place
    answer = staff_client.post(f"/api/show_times/{show.pk}/cancel/", body)
    assert answer.status_code == 200
    at, by, reason = why(show)
    assert (by, reason) == (staff.pk, body.get("reason", ""))
    assert at is not None


JUNK = [[], "x", {"reason": None}, {"reason": ["x"]}, {"reason": "x" * 177}, {"reason": "\x00"}]


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_a_reason_that_can_not_be_kept_is_a_400(staff_client, place, junk):
    show, _ = place
    answer = staff_client.post(f"/api/show_times/{show.pk}/cancel/", junk, format="json")
    assert answer.status_code == 400
    show.refresh_from_db()
    assert not show.is_cancelled


def test_only_what_is_alive_is_left_to_cancel(owner, place):
    show, seats = place
    held(owner, show, seats[:1], at=NOW - timedelta(days=1))
    living = held(owner, show, seats[1:2], at=NOW)
    sold = confirmed(owner, show, seats[2:], at=NOW)
    programme.cancel(show_id=show.pk, at=NOW)
    assert set(Reservation.objects.of_cancelled_shows(NOW)) == {living, sold}


def test_a_show_is_looked_at_until_its_last_reservation_has_ended(owner, place):
    show, seats = place
    rows = [confirmed(owner, show, [seat], at=NOW) for seat in seats]
    programme.cancel(show_id=show.pk, at=NOW)
    for row in rows:
        assert is_looked_at(show)
        booking.cancel_by_house(reservation_id=row.pk, at=NOW)
    assert not is_looked_at(show)


def test_a_hold_that_dies_lets_its_show_be_forgotten(owner, place):
    show, seats = place
    row = held(owner, show, seats, at=NOW)
    programme.cancel(show_id=show.pk, at=NOW)
    assert is_looked_at(show)
    booking.expire(reservation_id=row.pk, at=LATER)
    assert not is_looked_at(show)


def test_a_show_that_nobody_wanted_is_never_looked_at(place):
    programme.cancel(show_id=place[0].pk, at=NOW)
    assert not is_looked_at(place[0])


def test_a_show_that_takes_place_is_not_cleared(owner, place):
    show, seats = place
    booking.cancel(reservation_id=confirmed(owner, show, seats, at=NOW).pk, at=NOW)
    show.refresh_from_db()
    assert show.cleared_at is None
