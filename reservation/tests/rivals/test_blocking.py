"""Who blocks or wants the same seats, and a rival who comes in between."""

from functools import partial

import pytest

from cinema_reservation.tests.rivals import BEFORE_COMMIT, Moment, at
from reservation import booking, claims, errors, holding, house_seats
from reservation.choosing import BestAvailable
from reservation.models import BlockKind, SeatBlock, Ticket
from reservation.tests.factories import held
from reservation.tests.rivals.scene import (
    LOOKED_FOR_RIVALS,
    NOW,
    SHOW_LOCKED,
    hold_at_the_end_of,
    one_writer_at_a_time,
    owners_of,
    while_holding,
    while_taking_back,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

CHECKED = Moment(house_seats, "_check_unsold", after=True)
BLOCKS_INSERTED = Moment(house_seats, "_insert", after=True)
while_blocking = at(SHOW_LOCKED, CHECKED, BLOCKS_INSERTED, BEFORE_COMMIT)


def block(show, seats, when=NOW):
    return house_seats.block(
        show_id=show.pk,
        seat_ids=[seat.pk for seat in seats],
        kind=BlockKind.HOUSE,
        reason="The director's",
        at=when,
    )


def best(user, show, seats):
    return holding.hold(user_id=user.pk, show_id=show.pk, best=BestAvailable(seats), at=NOW)


def blocked(show):
    return {block.seat for block in SeatBlock.objects.in_force(NOW).filter(showtime=show)}


class TestBlocking:
    @while_blocking
    def test_keeps_whoever_wants_a_seat_of_these_waiting_who_then_gets_none(
        self, owner, show, seats, let_in, moment
    ):
        rival = let_in(moment, partial(held, owner, show, seats[1:], at=NOW))
        block(show, seats[:2])
        assert isinstance(rival.outcome, errors.SeatsTaken)
        assert owners_of(seats) == [None, None, None]
        assert blocked(show) == {*seats[:2]}
        assert rival.waited

    @while_blocking
    def test_leaves_the_best_of_the_others_to_whoever_wants_any(
        self, owner, show, seats, let_in, moment
    ):
        rival = let_in(moment, partial(best, owner, show, 1))
        block(show, seats[:2])
        theirs = rival.outcome
        assert owners_of(seats) == [None, None, theirs]
        assert rival.waited

    @while_blocking
    def test_what_a_dead_hold_left_refuses_its_late_payer(self, mine, show, seats, let_in, moment):
        late = mine.expires_at
        rival = let_in(moment, partial(booking.confirm, reservation_id=mine.pk, at=late))
        block(show, seats[:2], late)
        assert isinstance(rival.outcome, errors.SeatsTaken)
        assert owners_of(seats) == [None, None, None]
        assert rival.waited

    @while_blocking
    def test_twice_is_refused_the_second_time(self, show, seats, let_in, moment):
        rival = let_in(moment, partial(block, show, seats[1:]))
        block(show, seats[:2])
        assert isinstance(rival.outcome, house_seats.SeatsBlocked)
        assert blocked(show) == {*seats[:2]}
        assert rival.waited


class TestHolding:
    @while_holding
    def test_keeps_whoever_blocks_a_seat_of_these_waiting_who_then_hears_of_it(
        self, owner, show, seats, let_in, moment
    ):
        rival = let_in(moment, partial(block, show, seats[1:]))
        mine = held(owner, show, seats[:2], at=NOW)
        assert isinstance(rival.outcome, house_seats.SeatsInUse)
        (told,) = rival.outcome.facts["seats"]
        assert (told["label"], told["reservation"]) == (seats[1].label, mine.code)
        assert owners_of(seats) == [mine, mine, None]
        assert blocked(show) == set()
        assert rival.waited

    @while_holding
    def test_the_best_leaves_the_others_to_whoever_wants_any(
        self, owner, stranger, show, seats, let_in, moment
    ):
        rival = let_in(moment, partial(best, stranger, show, 2))
        mine = best(owner, show, 1)
        theirs = rival.outcome
        assert sorted(map(str, owners_of(seats))) == sorted(map(str, [mine, theirs, theirs]))
        assert rival.waited


class TestPayingLate:
    @while_taking_back
    def test_keeps_whoever_blocks_these_seats_waiting_who_then_hears_of_it(
        self, mine, show, seats, let_in, moment
    ):
        late = mine.expires_at
        booking.expire(reservation_id=mine.pk, at=late)
        rival = let_in(moment, partial(block, show, seats[1:], late))
        booking.confirm(reservation_id=mine.pk, at=late)
        assert isinstance(rival.outcome, house_seats.SeatsInUse)
        assert owners_of(seats) == [mine, mine, None]
        assert rival.waited


class TestLifting:
    @at(SHOW_LOCKED, BEFORE_COMMIT)
    def test_keeps_the_next_in_line_waiting_who_then_has_the_seat(
        self, owner, show, seats, let_in, moment
    ):
        (first, *_) = block(show, seats)
        rival = let_in(moment, partial(held, owner, show, seats[:1], at=NOW))
        house_seats.lift(block_id=first.pk, at=NOW)
        theirs = rival.outcome
        assert owners_of(seats) == [theirs, None, None]
        assert rival.waited


class TestControl:
    """Without the lock the same rivals sell what is blocked."""

    @pytest.fixture
    def _all_is_legal(self):
        """It is not, here."""

    def test_without_lock_and_transaction_a_seat_is_sold_and_blocked(
        self, owner, show, seats, let_in, monkeypatch
    ):
        from reservation.models import ShowTime

        monkeypatch.setattr(claims, "lock_show", lambda pk: ShowTime.objects.get(pk=pk))
        monkeypatch.setattr(house_seats, "block", house_seats.block.__wrapped__)
        rival = let_in(CHECKED, partial(held, owner, show, seats[:1], at=NOW))
        block(show, seats[:1])
        assert not rival.waited
        assert owners_of(seats[:1]) == [rival.outcome]
        assert blocked(show) == {seats[0]}

    def test_without_the_lock_alone_too(self, owner, show, seats, let_in, monkeypatch):
        if one_writer_at_a_time():
            pytest.skip("SQLite has no locks on rows that could be taken away.")
        from reservation.models import ShowTime

        monkeypatch.setattr(claims, "lock_show", lambda pk: ShowTime.objects.get(pk=pk))
        rival = let_in(LOOKED_FOR_RIVALS, partial(block, show, seats[:1]))
        held(owner, show, seats[:1], at=NOW)
        assert not rival.waited
        assert blocked(show) == {seats[0]}
        assert Ticket.objects.live().count() == 1


def test_a_dead_hold_s_seats_go_to_one_of_those_who_want_them(mine, show, seats, third, let_in):
    rival = let_in(CHECKED, partial(hold_at_the_end_of, mine, third, seats[1:]))
    block(show, seats[:2], mine.expires_at)
    assert isinstance(rival.outcome, errors.SeatsTaken)
    assert rival.waited
