"""Crowds that want the best seats, or as many as they may have, with a connection each."""

import time
from collections import Counter
from functools import partial

import pytest
from django.utils import timezone

from cinema_reservation.tests.racing import at_once
from reservation import choosing, claims, errors, holding
from reservation.choosing import BestAvailable
from reservation.models import Reservation, Seat, ShowTime, Ticket, TicketType
from reservation.rules import seating
from reservation.tests.factories import held, show_with_seats
from users.tests.factories import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

CLIENTS = 50


@pytest.fixture(autouse=True)
def _adult(transactional_db):
    """Tests with real transactions empty every table; a price needs a ticket type."""
    TicketType.objects.get_or_create(is_default=True, defaults={"name": "Adult"})


def best(user, show, seats):
    return holding.hold(
        user_id=user.pk, show_id=show.pk, best=BestAvailable(seats), at=timezone.now()
    )


def seats_sold(show) -> Counter:
    return Counter(Ticket.objects.live().filter(showtime=show).values_list("seat_id", flat=True))


def test_whoever_wants_the_best_gets_some_while_enough_are_left():
    show, seats = show_with_seats(2 * CLIENTS - 6)
    users = UserFactory.create_batch(CLIENTS)
    results = at_once([partial(best, user, show, 2) for user in users])
    won = [result for result in results if isinstance(result, Reservation)]
    lost = [result for result in results if isinstance(result, errors.NotEnoughSeats)]
    assert (len(won), len(lost)) == (CLIENTS - 3, 3)
    assert set(seats_sold(show).values()) == {1}
    assert len(seats_sold(show)) == len(seats)


def test_no_crowd_leaves_a_seat_lonely_before_the_end():
    """Whatever they name; as many as are refused take what they are told to instead."""
    show, seats = show_with_seats(40, forbids_lonely_seats=True)
    # With 28 seats left or more, in seven blocks at most, one has four: there is a tidy choice.
    users = UserFactory.create_batch(6)

    def insist(user, wish):
        for _ in range(20):
            try:
                return held(user, show, wish)
            except errors.LonelySeats as refusal:
                told = [seat["id"] for seat in refusal.facts["instead"]]
                wish = list(Seat.objects.filter(pk__in=told).order_by("x"))
            except errors.SeatsTaken:
                return None
        raise AssertionError("never told the truth")

    wishes = [seats[2 * n + 1 : 2 * n + 3] for n in range(6)]
    results = at_once([partial(insist, *each) for each in zip(users, wishes, strict=True)])
    assert not [result for result in results if isinstance(result, Exception)]
    places = [seating.Place(seat.pk, seat.x, seat.y, seat.kind) for seat in seats]
    assert not seating.lonely(places, set(), set(seats_sold(show)))
    assert set(seats_sold(show).values()) == {1}


@pytest.fixture
def one_buyer(owner, settings):
    settings.MAX_HOLDS_PER_SHOW = CLIENTS
    settings.MAX_SEATS_PER_SHOW = 7
    return owner


def test_fifty_at_once_for_one_customer_get_as_many_seats_as_one_may_have(one_buyer):
    show, seats = show_with_seats(CLIENTS)
    results = at_once([partial(held, one_buyer, show, [seat]) for seat in seats])
    refused = [result for result in results if isinstance(result, errors.TooManySeatsOfShow)]
    assert len(refused) == CLIENTS - 7
    assert len(seats_sold(show)) == 7


def test_without_lock_and_transaction_they_get_more(one_buyer, monkeypatch):
    """The control: the limit is one of many at once because of these, and not by luck."""
    show, seats = show_with_seats(CLIENTS)
    choose = choosing.choose

    def slowly(*args, **kwargs):
        time.sleep(0.05)  # long enough for others to have counted as well
        return choose(*args, **kwargs)

    monkeypatch.setattr(claims, "lock_show", lambda pk: ShowTime.objects.get(pk=pk))
    monkeypatch.setattr(choosing, "choose", slowly)
    monkeypatch.setattr(holding, "hold_once", holding.hold_once.__wrapped__)
    at_once([partial(held, one_buyer, show, [seat]) for seat in seats[:20]])
    assert len(seats_sold(show)) > 7
