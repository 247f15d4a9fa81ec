"""Whose payment keeps seats, or prolongs their hold, and a rival who comes in between."""

from functools import partial

import pytest
from post_office.models import Email

from reservation import booking, errors
from reservation.models import Reservation
from reservation.tests.rivals.scene import (
    CANCELLED,
    CONFIRMED,
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
    while_keeping,
    while_relying_on_seats,
    while_taking_back,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def confirm(hold):
    return booking.confirm(**just_before_the_end_of(hold))


def extend(hold):
    return booking.extend(until=NOW + DAY, **just_before_the_end_of(hold))


def await_payment(hold):
    return booking.await_payment(**just_before_the_end_of(hold))


prolonging = pytest.mark.parametrize("prolong", [extend, await_payment])


def keeps(seats, hold):
    """The hold, as it is by now, still has its seats."""
    assert owners_of(seats) == [hold, hold, None]
    assert version_of(hold.showtime) == 1
    return Reservation.objects.get(pk=hold.pk)


@while_keeping
class TestConfirm:
    """At the last instant of the hold."""

    def test_once_for_two_who_heard_of_the_payment(self, mine, seats, let_in, moment):
        rival = let_in(moment, partial(booking.confirm, **end_of(mine)))
        first = confirm(mine)
        assert rival.outcome.confirmed_at == first.confirmed_at
        assert keeps(seats, mine).state == CONFIRMED
        assert Email.objects.count() == 1
        assert rival.waited

    def test_before_a_cancellation_that_then_costs_what_was_promised(
        self, mine, seats, let_in, moment
    ):
        rival = let_in(moment, partial(booking.cancel, **just_before_the_end_of(mine)))
        confirm(mine)
        assert rival.outcome.state == state_of(mine) == CANCELLED
        assert rival.outcome.confirmed_at is not None
        assert owners_of(seats) == [None, None, None]
        assert version_of(mine.showtime) == 2
        assert rival.waited

    def test_before_the_house_cancels_it(self, mine, seats, let_in, moment):
        rival = let_in(moment, partial(booking.cancel_by_house, **end_of(mine)))
        confirm(mine)
        assert (rival.outcome.state, rival.outcome.cancellation_fee) == (CANCELLED, 0)
        assert owners_of(seats) == [None, None, None]
        assert version_of(mine.showtime) == 2
        assert rival.waited

    @pytest.mark.parametrize("end", [booking.expire, booking.end_unsold])
    def test_keeps_its_seats_though_the_worker_ends_the_hold(
        self, mine, seats, let_in, moment, end
    ):
        rival = let_in(moment, partial(end, **end_of(mine)))
        confirm(mine)
        assert not rival.outcome
        assert keeps(seats, mine).state == CONFIRMED
        assert rival.waited

    def test_is_not_extended_any_more(self, mine, seats, let_in, moment):
        rival = let_in(moment, partial(extend, mine))
        confirm(mine)
        assert isinstance(rival.outcome, errors.AlreadyConfirmed)
        assert keeps(seats, mine).extended_at is None
        assert rival.waited


@while_keeping
class TestProlong:
    """At the last instant of the hold: for a payment page, or for a bank."""

    @prolonging
    def test_before_it_is_confirmed(self, mine, seats, let_in, moment, prolong):
        rival = let_in(moment, partial(booking.confirm, **end_of(mine)))
        prolong(mine)
        assert rival.outcome.state == CONFIRMED
        assert keeps(seats, mine).expires_at > mine.expires_at
        assert rival.waited

    @prolonging
    def test_before_it_is_cancelled(self, mine, seats, let_in, moment, prolong):
        rival = let_in(moment, partial(booking.cancel, **end_of(mine)))
        prolong(mine)
        assert (rival.outcome.state, rival.outcome.cancellation_fee) == (CANCELLED, 0)
        assert owners_of(seats) == [None, None, None]
        assert version_of(mine.showtime) == 2
        assert rival.waited

    @prolonging
    def test_keeps_the_worker_from_expiring_it(self, mine, seats, let_in, moment, prolong):
        rival = let_in(moment, partial(booking.expire, **end_of(mine)))
        prolong(mine)
        assert rival.outcome is False
        assert keeps(seats, mine).state == HELD
        assert rival.waited

    @prolonging
    def test_is_of_no_use_where_the_payment_has_failed(self, mine, seats, let_in, moment, prolong):
        rival = let_in(moment, partial(booking.end_unsold, **end_of(mine)))
        prolong(mine)
        assert rival.outcome is None
        assert state_of(mine) == EXPIRED
        assert owners_of(seats) == [None, None, None]
        assert version_of(mine.showtime) == 2
        assert rival.waited

    def test_once_only(self, mine, seats, let_in, moment):
        again = {"until": NOW + 2 * DAY} | just_before_the_end_of(mine)
        rival = let_in(moment, partial(booking.extend, **again))
        first = extend(mine)
        assert rival.outcome.expires_at == first.expires_at == NOW + DAY
        assert keeps(seats, mine).expires_at == NOW + DAY
        assert rival.waited


@pytest.mark.parametrize("keep", [confirm, extend, await_payment])
class TestTheNextInLine:
    """Wants the seats at the first instant after the hold's last."""

    @while_relying_on_seats
    def test_waits_and_is_refused(self, mine, stranger, seats, let_in, moment, keep):
        rival = let_in(moment, partial(hold_at_the_end_of, mine, stranger, seats[1:]))
        keep(mine)
        assert isinstance(rival.outcome, errors.SeatsTaken)
        keeps(seats, mine)
        assert rival.waited

    def test_has_the_seats_who_locks_the_show_first(self, mine, stranger, seats, let_in, keep):
        rival = let_in(SHOW_TO_BE_LOCKED, partial(hold_at_the_end_of, mine, stranger, seats[1:]))
        if one_writer_at_a_time():
            keep(mine)
            assert isinstance(rival.outcome, errors.SeatsTaken)
            keeps(seats, mine)
        else:
            self.assert_too_late(keep, mine)
            # The first seat is a dead hold's still; whoever wants it, takes it.
            assert owners_of(seats) == [mine, rival.outcome, rival.outcome]
            assert version_of(mine.showtime) == 2
        assert rival.waited is one_writer_at_a_time()

    def assert_too_late(self, keep, mine):
        before = Reservation.objects.filter(pk=mine.pk).values().get()
        if keep is await_payment:
            keep(mine)
        else:
            refusal = errors.SeatsTaken if keep is confirm else errors.HoldExpired
            with pytest.raises(refusal):
                keep(mine)
        assert Reservation.objects.filter(pk=mine.pk).values().get() == before


class TestConfirmLate:
    """A hold whose seats the worker has freed already, and nobody has taken yet."""

    @pytest.fixture
    def freed(self, mine):
        booking.expire(**end_of(mine))
        return mine

    def confirm(self, hold):
        return booking.confirm(**end_of(hold))

    @while_taking_back
    def test_keeps_the_next_in_line_waiting(self, freed, stranger, seats, let_in, moment):
        rival = let_in(moment, partial(hold_at_the_end_of, freed, stranger, seats[1:]))
        self.confirm(freed)
        assert isinstance(rival.outcome, errors.SeatsTaken)
        assert state_of(freed) == CONFIRMED
        assert owners_of(seats) == [freed, freed, None]
        assert version_of(freed.showtime) == 3
        assert rival.waited

    def test_is_refused_all_where_the_next_in_line_locks_the_show_first(
        self, freed, stranger, seats, let_in
    ):
        rival = let_in(SHOW_TO_BE_LOCKED, partial(hold_at_the_end_of, freed, stranger, seats[1:]))
        if one_writer_at_a_time():
            self.confirm(freed)
            assert isinstance(rival.outcome, errors.SeatsTaken)
            assert owners_of(seats) == [freed, freed, None]
        else:
            with pytest.raises(errors.SeatsTaken):
                self.confirm(freed)
            assert state_of(freed) == EXPIRED
            assert owners_of(seats) == [None, rival.outcome, rival.outcome]
        assert rival.waited is one_writer_at_a_time()

    @while_taking_back
    @pytest.mark.parametrize("end", [booking.expire, booking.end_unsold])
    def test_is_not_ended_again(self, freed, seats, let_in, moment, end):
        rival = let_in(moment, partial(end, **end_of(freed)))
        self.confirm(freed)
        assert not rival.outcome
        assert state_of(freed) == CONFIRMED
        assert owners_of(seats) == [freed, freed, None]
        assert rival.waited
