"""The guards are taken away, and the same rivals do what they must not.

Without this, that a rival was refused might as well be luck.
"""

from functools import partial

import pytest
from django.db import OperationalError, connection

from reservation import booking, claims, errors, holding, programme
from reservation.models import Reservation, ShowTime, Ticket
from reservation.tests.factories import held
from reservation.tests.rivals.scene import (
    CANCELLED,
    CHEAPER,
    CONFIRMED,
    LOCKED,
    LOOKED_FOR_RIVALS,
    NOW,
    SHOW_AND_HALL_LOCKED,
    SHOW_LOCKED,
    one_writer_at_a_time,
    owners_of,
    state_of,
    version_of,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture(autouse=True)
def _all_is_legal():
    """It is not, here."""


@pytest.fixture
def locks():
    if one_writer_at_a_time():
        pytest.skip("SQLite has no locks on rows that could be taken away.")


@pytest.fixture
def no_lock_on_shows(monkeypatch):
    shows = ShowTime.objects.select_related("movie", "hall__cinema")
    monkeypatch.setattr(claims, "lock_show", lambda pk: shows.get(pk=pk))


@pytest.fixture
def no_lock_on_reservations(monkeypatch):
    monkeypatch.setattr(booking, "lock", lambda pk: Reservation.objects.get(pk=pk))


@pytest.fixture
def no_constraint(transactional_db):
    constraint = next(c for c in Ticket._meta.constraints if c.name == "one_live_ticket_per_seat")
    with connection.schema_editor() as schema:
        schema.remove_constraint(Ticket, constraint)
    yield
    Ticket.objects.all().delete()
    with connection.schema_editor() as schema:
        schema.add_constraint(Ticket, constraint)


def test_without_lock_transaction_and_constraint_a_seat_is_sold_twice(
    owner, stranger, show, seats, no_lock_on_shows, no_constraint, let_in, monkeypatch
):
    monkeypatch.setattr(holding, "hold_once", holding.hold_once.__wrapped__)
    rival = let_in(LOOKED_FOR_RIVALS, partial(held, stranger, show, seats[1:], at=NOW))
    mine = held(owner, show, seats[:2], at=NOW)
    assert not rival.waited
    owners = {ticket.reservation for ticket in Ticket.objects.live().filter(seat=seats[1])}
    assert owners == {mine, rival.outcome}


def test_without_the_show_s_lock_the_constraint_still_refuses_the_second(
    owner, stranger, show, seats, locks, no_lock_on_shows, let_in
):
    rival = let_in(LOOKED_FOR_RIVALS, partial(held, stranger, show, seats[1:], at=NOW))
    with pytest.raises(errors.SeatsTaken):
        held(owner, show, seats[:2], at=NOW)
    assert not rival.waited
    assert owners_of(seats) == [None, rival.outcome, rival.outcome]


def test_without_the_reservation_s_lock_who_is_told_of_a_cancellation_has_the_seats(
    mine, seats, locks, no_lock_on_reservations, let_in
):
    cancel = partial(booking.cancel, reservation_id=mine.pk, at=NOW)
    rival = let_in(LOCKED, cancel)
    booking.confirm(reservation_id=mine.pk, at=NOW)
    assert not rival.waited
    assert rival.outcome.state == CANCELLED
    assert state_of(mine) == CONFIRMED
    assert owners_of(seats) == [mine, mine, None]


def test_without_the_show_s_lock_a_new_price_undoes_the_count_of_seats(
    mine, locks, let_in, monkeypatch
):
    shows = ShowTime.objects.select_related("movie", "hall__cinema")
    monkeypatch.setattr(programme, "_lock_with_halls", lambda pk, *, to: shows.get(pk=pk))
    cancel = partial(booking.cancel, reservation_id=mine.pk, at=NOW)
    rival = let_in(SHOW_AND_HALL_LOCKED, cancel)
    programme.change(show_id=mine.showtime_id, changes=CHEAPER)
    assert rival.outcome.state == CANCELLED
    assert not rival.waited
    assert version_of(mine.showtime) == 1


def test_without_immediate_transactions_who_comes_between_breaks_the_first_one_s(
    owner, stranger, show, seats, let_in, monkeypatch
):
    if not one_writer_at_a_time():
        pytest.skip("What begins a transaction matters to SQLite.")
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "transaction_mode", "DEFERRED")
    connection.close()
    rival = let_in(SHOW_LOCKED, partial(held, stranger, show, seats[1:], at=NOW))
    with pytest.raises(OperationalError, match="locked"):
        held(owner, show, seats[:2], at=NOW)
    assert not rival.waited
    assert owners_of(seats) == [None, rival.outcome, rival.outcome]
    connection.close()
