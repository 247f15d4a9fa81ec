"""Who is about to hold seats, and a rival who comes in between."""

from functools import partial

import pytest

from reservation import booking, errors
from reservation.models import Reservation
from reservation.tests.factories import held
from reservation.tests.rivals.scene import (
    CANCELLED,
    DAY,
    EXPIRED,
    HELD,
    NOW,
    SHOW_TO_BE_LOCKED,
    end_of,
    hold_at_the_end_of,
    just_before_the_end_of,
    one_writer_at_a_time,
    owners_of,
    state_of,
    version_of,
    while_holding,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def names(seats):
    return [{"id": seat.pk, "label": seat.label} for seat in seats]


class TestFreeSeats:
    @while_holding
    def test_keep_the_next_one_waiting_who_then_gets_none(
        self, owner, stranger, show, seats, let_in, moment
    ):
        rival = let_in(moment, partial(held, stranger, show, seats[1:], at=NOW))
        mine = held(owner, show, seats[:2], at=NOW)
        assert isinstance(rival.outcome, errors.SeatsTaken)
        assert rival.outcome.facts["seats"] == names(seats[1:2])
        assert owners_of(seats) == [mine, mine, None]
        assert version_of(show) == 1
        assert rival.waited

    @while_holding
    def test_that_somebody_else_wants_are_theirs_though_they_waited(
        self, owner, stranger, show, seats, let_in, moment
    ):
        rival = let_in(moment, partial(held, stranger, show, seats[2:], at=NOW))
        mine = held(owner, show, seats[:2], at=NOW)
        theirs = rival.outcome
        assert owners_of(seats) == [mine, mine, theirs]
        assert version_of(show) == 2
        assert rival.waited

    def test_are_whose_who_locks_the_show_first(self, owner, stranger, show, seats, let_in):
        rival = let_in(SHOW_TO_BE_LOCKED, partial(held, stranger, show, seats[1:], at=NOW))
        if one_writer_at_a_time():
            mine = held(owner, show, seats[:2], at=NOW)
            assert isinstance(rival.outcome, errors.SeatsTaken)
            assert owners_of(seats) == [mine, mine, None]
        else:
            with pytest.raises(errors.SeatsTaken) as refusal:
                held(owner, show, seats[:2], at=NOW)
            assert refusal.value.facts["seats"] == names(seats[1:2])
            assert owners_of(seats) == [None, rival.outcome, rival.outcome]
        assert version_of(show) == 1
        assert rival.waited is one_writer_at_a_time()

    @while_holding
    def test_of_one_customer_stay_within_the_limit_of_holds(
        self, owner, show, seats, let_in, moment, settings
    ):
        settings.MAX_HOLDS_PER_SHOW = 1
        rival = let_in(moment, partial(held, owner, show, seats[1:], at=NOW))
        mine = held(owner, show, seats[:1], at=NOW)
        assert isinstance(rival.outcome, errors.TooManyHolds)
        assert owners_of(seats) == [mine, None, None]
        assert rival.waited


@while_holding
class TestSeatsOfADeadHold:
    """The owner's hold is dead, nobody has tidied it up, and the stranger takes its seats."""

    def take_over(self, mine, stranger, seats):
        hold_at_the_end_of(mine, stranger, seats[:2])

    def test_go_to_one_of_those_who_want_them(self, mine, stranger, third, seats, let_in, moment):
        rival = let_in(moment, partial(hold_at_the_end_of, mine, third, seats[1:]))
        self.take_over(mine, stranger, seats)
        assert isinstance(rival.outcome, errors.SeatsTaken)
        assert rival.outcome.facts["seats"] == names(seats[1:2])
        self.assert_still_theirs(mine, stranger, seats)
        assert rival.waited

    @pytest.mark.parametrize("end", [booking.expire, booking.end_unsold])
    def test_are_not_freed_by_the_worker_who_ends_it(
        self, mine, stranger, seats, let_in, moment, end
    ):
        rival = let_in(moment, partial(end, **end_of(mine)))
        self.take_over(mine, stranger, seats)
        assert rival.outcome is (True if end is booking.expire else None)
        self.assert_still_theirs(mine, stranger, seats)
        assert state_of(mine) == EXPIRED
        assert rival.waited

    @pytest.mark.parametrize("when", [just_before_the_end_of, end_of])
    def test_are_not_their_owner_s_who_pays_too_late(
        self, mine, stranger, seats, let_in, moment, when
    ):
        rival = let_in(moment, partial(booking.confirm, **when(mine)))
        self.take_over(mine, stranger, seats)
        assert isinstance(rival.outcome, errors.SeatsTaken)
        assert rival.outcome.facts["seats"] == names(seats[:2])
        self.assert_still_theirs(mine, stranger, seats)
        assert state_of(mine) == HELD
        assert rival.waited

    @pytest.mark.parametrize("when", [just_before_the_end_of, end_of])
    def test_are_not_their_owner_s_who_extends_too_late(
        self, mine, stranger, seats, let_in, moment, when
    ):
        more = when(mine) | {"until": NOW + DAY}
        rival = let_in(moment, partial(booking.extend, **more))
        self.take_over(mine, stranger, seats)
        assert isinstance(rival.outcome, errors.HoldExpired)
        self.assert_still_theirs(mine, stranger, seats)
        assert Reservation.objects.get(pk=mine.pk).expires_at == mine.expires_at
        assert rival.waited

    def test_are_not_kept_by_a_bank_that_takes_its_time(
        self, mine, stranger, seats, let_in, moment
    ):
        rival = let_in(moment, partial(booking.await_payment, **just_before_the_end_of(mine)))
        self.take_over(mine, stranger, seats)
        assert rival.outcome is None
        self.assert_still_theirs(mine, stranger, seats)
        assert Reservation.objects.get(pk=mine.pk).expires_at == mine.expires_at
        assert rival.waited

    def test_are_not_freed_by_their_owner_who_cancels(self, mine, stranger, seats, let_in, moment):
        rival = let_in(moment, partial(booking.cancel, **just_before_the_end_of(mine)))
        self.take_over(mine, stranger, seats)
        assert rival.outcome.state == state_of(mine) == CANCELLED
        self.assert_still_theirs(mine, stranger, seats)
        assert rival.waited

    def assert_still_theirs(self, mine, stranger, seats):
        (theirs,) = Reservation.objects.of(stranger.pk)
        assert owners_of(seats) == [theirs, theirs, None]
        assert not mine.tickets.live().exists()
        assert version_of(mine.showtime) >= 2
