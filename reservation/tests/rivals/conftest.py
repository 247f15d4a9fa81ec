"""The stage of all rivals: three seats, of which the owner may hold two."""

import pytest

from reservation import booking
from reservation.models import Reservation, Seat, ShowTime, TicketType
from reservation.tests.factories import held, show_with_seats
from reservation.tests.rivals.scene import NOW, assert_all_is_legal
from users.tests.factories import UserFactory


@pytest.fixture(autouse=True)
def _adult(transactional_db):
    """Tests with real transactions empty every table; a price needs a ticket type."""
    TicketType.objects.get_or_create(is_default=True, defaults={"name": "Adult"})


@pytest.fixture(autouse=True)
def _all_is_legal(transactional_db):
    """Whatever a test asks besides."""
    yield
    assert_all_is_legal()


@pytest.fixture
def place() -> tuple[ShowTime, list[Seat]]:
    return show_with_seats(3)


@pytest.fixture
def show(place) -> ShowTime:
    return place[0]


@pytest.fixture
def seats(place) -> list[Seat]:
    """All three of them."""
    return place[1]


@pytest.fixture
def mine(owner, show, seats) -> Reservation:
    """The owner's hold of the first two seats."""
    return held(owner, show, seats[:2], at=NOW)


@pytest.fixture
def paid(mine) -> Reservation:
    """The same, once it was paid for: 25.00."""
    return booking.confirm(reservation_id=mine.pk, at=NOW)


@pytest.fixture
def third(db):
    """One more customer."""
    return UserFactory(username="theo", email="theo@example.com")
