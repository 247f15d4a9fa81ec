"""What gives seats back, and a rival who comes in between."""

from functools import partial

import pytest
from post_office.models import Email

from cinema_reservation.tests.rivals import BEFORE_COMMIT, at
from reservation import booking, errors
from reservation.models import Reservation
from reservation.tests.factories import held
from reservation.tests.rivals.scene import (
    CANCELLED,
    CONFIRMED,
    DAY,
    EXPIRED,
    FREED,
    LOCKED,
    NOW,
    TO_BE_FREED,
    end_of,
    just_before_the_end_of,
    one_writer_at_a_time,
    owners_of,
    state_of,
    version_of,
    while_ending,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def cancel(reservation):
    return booking.cancel(**just_before_the_end_of(reservation))


def cancel_by_house(reservation):
    return booking.cancel_by_house(**just_before_the_end_of(reservation))


def expire(reservation):
    return booking.expire(**end_of(reservation))


def end_unsold(reservation):
    return booking.end_unsold(**end_of(reservation))


def extend(**asked):
    return booking.extend(until=NOW + DAY, **asked)


cancelling = pytest.mark.parametrize("end", [cancel, cancel_by_house])
expiring = pytest.mark.parametrize("end", [expire, end_unsold])


def facts_of(reservation):
    return Reservation.objects.filter(pk=reservation.pk).values().get()


def assert_all_free(seats, reservation, *, state):
    assert state_of(reservation) == state
    assert owners_of(seats) == [None, None, None]
    # What was freed once is not freed again: a rival may have it by then.
    assert version_of(reservation.showtime) == 2


@while_ending
class TestCancelling:
    @cancelling
    @pytest.mark.parametrize("keep", [booking.confirm, extend])
    def test_refuses_to_keep_it(self, mine, seats, let_in, moment, end, keep):
        rival = let_in(moment, partial(keep, **just_before_the_end_of(mine)))
        end(mine)
        assert isinstance(rival.outcome, errors.ReservationCancelled)
        assert_all_free(seats, mine, state=CANCELLED)
        assert rival.waited

    @cancelling
    def test_leaves_the_worker_nothing_to_expire(self, mine, seats, let_in, moment, end):
        rival = let_in(moment, partial(expire, mine))
        end(mine)
        assert rival.outcome is False
        assert_all_free(seats, mine, state=CANCELLED)
        assert rival.waited

    def test_what_was_paid_costs_the_fee_once(self, paid, seats, let_in, moment):
        last = {"reservation_id": paid.pk, "at": paid.showtime.starts_at}
        rival = let_in(moment, partial(booking.cancel_by_house, **last))
        first = booking.cancel(reservation_id=paid.pk, at=paid.showtime.starts_at - DAY / 24)
        assert rival.outcome.cancellation_fee == first.cancellation_fee > 0
        assert facts_of(paid)["cancelled_at"] == first.cancelled_at
        assert Email.objects.count() == 2  # confirmed, cancelled
        assert_all_free(seats, paid, state=CANCELLED)
        assert rival.waited


@while_ending
class TestExpiring:
    @expiring
    def test_is_undone_by_a_late_payment_while_nobody_else_has_the_seats(
        self, mine, seats, let_in, moment, end
    ):
        rival = let_in(moment, partial(booking.confirm, **end_of(mine)))
        end(mine)
        assert rival.outcome.state == state_of(mine) == CONFIRMED
        assert owners_of(seats) == [mine, mine, None]
        assert version_of(mine.showtime) == 3
        assert rival.waited

    @expiring
    @pytest.mark.parametrize("verb", [booking.cancel, extend])
    def test_is_not_undone_by_a_clock_that_lags(self, mine, seats, let_in, moment, end, verb):
        rival = let_in(moment, partial(verb, **just_before_the_end_of(mine)))
        end(mine)
        assert isinstance(rival.outcome, errors.HoldExpired)
        assert_all_free(seats, mine, state=EXPIRED)
        assert rival.waited

    @expiring
    def test_is_done_by_one_of_two_workers(self, mine, seats, let_in, moment, end):
        rival = let_in(moment, partial(expire, mine))
        end(mine)
        assert rival.outcome is False
        assert_all_free(seats, mine, state=EXPIRED)
        assert rival.waited


class TestTheNextInLine:
    """Wants what is being freed, at that very instant."""

    def hold(self, mine, stranger, seats):
        return partial(held, stranger, mine.showtime, seats[1:], at=mine.expires_at)

    @pytest.mark.parametrize("end", [cancel, cancel_by_house, expire, end_unsold])
    @at(FREED, BEFORE_COMMIT)
    def test_waits_for_it_and_has_it(self, mine, stranger, seats, let_in, moment, end):
        rival = let_in(moment, self.hold(mine, stranger, seats))
        end(mine)
        theirs = rival.outcome
        assert owners_of(seats) == [None, theirs, theirs]
        assert version_of(mine.showtime) == 3
        assert rival.waited

    @expiring
    @at(LOCKED, TO_BE_FREED)
    def test_may_take_what_a_dead_hold_has_not_freed_yet(
        self, mine, stranger, seats, let_in, moment, end
    ):
        rival = let_in(moment, self.hold(mine, stranger, seats))
        end(mine)
        theirs = rival.outcome
        assert owners_of(seats) == [None, theirs, theirs]
        assert version_of(mine.showtime) == 3
        assert rival.waited is one_writer_at_a_time()

    @cancelling
    @at(LOCKED, TO_BE_FREED)
    def test_finds_what_is_paid_for_taken_until_it_is_freed(
        self, paid, stranger, seats, let_in, moment, end
    ):
        """On PostgreSQL without waiting: to find a seat taken a moment longer harms nobody."""
        rival = let_in(moment, self.hold(paid, stranger, seats))
        end(paid)
        if one_writer_at_a_time():
            theirs = rival.outcome
        else:
            assert isinstance(rival.outcome, errors.SeatsTaken)
            theirs = None
        assert owners_of(seats) == [None, theirs, theirs]
        assert rival.waited is one_writer_at_a_time()
