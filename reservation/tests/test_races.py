"""Rivals for the same seats, on a real database with a connection each.

The guards: the show's lock on PostgreSQL, the immediate transaction on SQLite, and the
constraint on both. `test_the_race_is_real` takes all of them away and sees seats sold twice.
"""

import time
from collections import Counter
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from cinema_reservation.tests.racing import at_once
from reservation import booking, claims, errors, holding
from reservation.models import Reservation, ShowTime, Ticket
from reservation.tests.factories import held, show_with_seats
from users.tests.factories import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

CLIENTS = 50


@pytest.fixture
def rivals():
    return UserFactory.create_batch(CLIENTS)


@pytest.fixture(autouse=True)
def _adult(transactional_db):
    """Tests with real transactions empty every table; a price needs a ticket type."""
    from reservation.models import TicketType

    TicketType.objects.get_or_create(is_default=True, defaults={"name": "Adult"})


def seats_sold_twice() -> list[int]:
    sold = Counter(Ticket.objects.live().values_list("seat_id", flat=True))
    return [seat for seat, times in sold.items() if times > 1]


def hold_over_http(user, show, seats):
    client = APIClient()
    client.force_authenticate(user)
    body = {"showtime": show.pk, "seats": [seat.pk for seat in seats]}
    return client.post("/api/reservation/", body)


def test_fifty_clients_one_pair_of_seats(rivals, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"hold_address": (1000, 60)}
    show, seats = show_with_seats(2)
    answers = at_once([partial(hold_over_http, user, show, seats) for user in rivals])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CLIENTS - 1}
    named = {"id": seats[0].pk, "label": "A1"}, {"id": seats[1].pk, "label": "A2"}
    for answer in answers:
        if answer.status_code == 409:
            (error,) = answer.json()["errors"]
            assert error["code"] == "seats_taken"
            assert error["seats"] == list(named)
    assert Ticket.objects.live().count() == 2


def test_overlapping_wishes_are_all_or_nothing(rivals):
    show, seats = show_with_seats(CLIENTS)
    # Everybody wants three neighbours; everyone overlaps four others.
    wishes = [
        [seats[i], seats[(i + 1) % CLIENTS], seats[(i + 2) % CLIENTS]] for i in range(CLIENTS)
    ]
    results = at_once(
        [partial(held, user, show, wish) for user, wish in zip(rivals, wishes, strict=True)]
    )
    won = [result for result in results if isinstance(result, Reservation)]
    lost = [result for result in results if isinstance(result, errors.SeatsTaken)]
    assert len(won) + len(lost) == CLIENTS
    assert not seats_sold_twice()
    assert Ticket.objects.live().count() == 3 * len(won)


def test_one_user_at_once_stays_within_the_limit_of_holds(owner, settings):
    settings.MAX_HOLDS_PER_SHOW = 2
    show, seats = show_with_seats(12)
    results = at_once([partial(held, owner, show, [seat]) for seat in seats])
    refused = [result for result in results if isinstance(result, errors.TooManyHolds)]
    assert len(refused) == 10
    assert Reservation.objects.holding(timezone.now()).count() == 2


def test_the_same_request_at_once_books_once_and_is_answered_alike(owner):
    show, seats = show_with_seats(1)

    def ask():
        client = APIClient()
        client.force_authenticate(owner)
        body = {"showtime": show.pk, "seats": [seats[0].pk]}
        return client.post("/api/reservation/", body, headers={"Idempotency-Key": "one"})

    answers = at_once([ask] * 10)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Reservation.objects.count() == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 9


def test_a_dead_hold_is_paid_and_resold_at_once(owner, rivals):
    """Whoever comes first has the seat; the payer's confirmation never shares it."""
    show, seats = show_with_seats(1)
    made = timezone.now()
    dead = held(owner, show, seats, at=made)
    after = dead.expires_at
    pay = partial(booking.confirm, reservation_id=dead.pk, at=after)
    resell = [partial(held, user, show, seats, at=after) for user in rivals[:9]]
    results = at_once([pay, *resell])
    winners = [result for result in results if isinstance(result, Reservation)]
    assert len(winners) == 1
    assert all(isinstance(r, Reservation | errors.SeatsTaken) for r in results)
    assert Ticket.objects.taking_seats(after).count() == 1


def test_the_race_is_real(rivals, monkeypatch):
    """The control: without lock, transaction and constraint, the same rivals share seats."""
    show, seats = show_with_seats(2)
    insert = holding.insert

    def slowly(*args):
        time.sleep(0.05)  # long enough for a rival to have looked as well
        return insert(*args)

    unguarded = ShowTime.objects.select_related("movie", "hall__cinema")
    monkeypatch.setattr(claims, "lock_show", lambda pk: unguarded.get(pk=pk))
    monkeypatch.setattr(holding, "insert", slowly)
    monkeypatch.setattr(holding, "hold_once", holding.hold_once.__wrapped__)
    constraint = next(c for c in Ticket._meta.constraints if c.name == "one_live_ticket_per_seat")
    with connection.schema_editor() as schema:
        schema.remove_constraint(Ticket, constraint)
    try:
        at_once([partial(held, user, show, seats) for user in rivals[:10]])
        assert seats_sold_twice()
    finally:
        Ticket.objects.all().delete()
        with connection.schema_editor() as schema:
            schema.add_constraint(Ticket, constraint)
