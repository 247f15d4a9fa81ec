"""Staff change the programme or a hall, and somebody sells seats in between; or the reverse."""

from functools import partial

import pytest

from cinema_reservation.tests.rivals import BEFORE_COMMIT, Moment, at
from reservation import booking, edition, errors, facts, plan_history, plans, programme, venue
from reservation.models import Hall, Reservation, Seat, ShowTime, TicketType
from reservation.rules import plan as rules
from reservation.tests.factories import HallFactory, MovieFactory, held
from reservation.tests.rivals.scene import (
    CANCELLED,
    CHEAPER,
    DAY,
    FREED,
    LOCKED,
    NOW,
    SHOW_AND_HALL_LOCKED,
    TO_BE_FREED,
    end_of,
    one_writer_at_a_time,
    owners_of,
    state_of,
    version_of,
    while_holding,
    while_relying_on_seats,
    while_taking_back,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

SHOW_TO_BE_SAVED, SHOW_SAVED = Moment(ShowTime, "save"), Moment(ShowTime, "save", after=True)

while_cancelling = at(SHOW_TO_BE_SAVED, SHOW_SAVED, BEFORE_COMMIT)
while_changing = at(SHOW_AND_HALL_LOCKED, SHOW_TO_BE_SAVED, BEFORE_COMMIT)
while_planning = at(
    Moment(venue, "lock_sales", after=True), Moment(plans, "_write"), BEFORE_COMMIT
)
while_retiring = at(
    Moment(venue, "lock_sales", after=True), Moment(edition, "change"), BEFORE_COMMIT
)


def cancel_what_is_left():
    """As the worker does."""
    for reservation in Reservation.objects.of_cancelled_shows(NOW):
        booking.cancel_by_house(reservation_id=reservation.pk, at=NOW)


def extend(**asked):
    return booking.extend(until=NOW + DAY, **asked)


class TestCancellingAShow:
    @while_cancelling
    def test_keeps_a_hold_waiting_and_refuses_it(self, stranger, show, seats, let_in, moment):
        rival = let_in(moment, partial(held, stranger, show, seats, at=NOW))
        programme.cancel(show_id=show.pk, at=NOW)
        assert isinstance(rival.outcome, errors.ShowCancelled)
        assert not Reservation.objects.exists()
        assert version_of(show) == 0
        assert rival.waited

    @while_cancelling
    @pytest.mark.parametrize("keep", [booking.confirm, extend])
    def test_keeps_who_pays_waiting_and_refuses_them(self, mine, seats, let_in, moment, keep):
        rival = let_in(moment, partial(keep, reservation_id=mine.pk, at=NOW))
        programme.cancel(show_id=mine.showtime_id, at=NOW)
        assert isinstance(rival.outcome, errors.ShowCancelled)
        assert rival.waited
        self.assert_nobody_is_left(mine, seats)

    @while_holding
    def test_waits_for_a_hold_and_then_ends_it(self, owner, show, seats, let_in, moment):
        rival = let_in(moment, partial(programme.cancel, show_id=show.pk, at=NOW))
        mine = held(owner, show, seats[:2], at=NOW)
        assert rival.outcome.is_cancelled
        assert rival.waited
        self.assert_nobody_is_left(mine, seats)

    @while_relying_on_seats
    @pytest.mark.parametrize("keep", [booking.confirm, extend])
    def test_waits_for_who_pays_and_then_ends_it(self, mine, seats, let_in, moment, keep):
        rival = let_in(moment, partial(programme.cancel, show_id=mine.showtime_id, at=NOW))
        keep(reservation_id=mine.pk, at=NOW)
        assert rival.outcome.is_cancelled
        assert rival.waited
        self.assert_nobody_is_left(mine, seats)

    def assert_nobody_is_left(self, mine, seats):
        assert owners_of(seats) == [mine, mine, None]
        cancel_what_is_left()
        assert state_of(mine) == CANCELLED
        assert owners_of(seats) == [None, None, None]
        assert version_of(mine.showtime) == 2


class TestRetiringASeat:
    @while_retiring
    @pytest.mark.parametrize("was_sold", [True, False])
    def test_keeps_a_hold_waiting_and_refuses_it(
        self, owner, stranger, show, seats, let_in, moment, was_sold
    ):
        if was_sold:
            before = held(owner, show, seats[:2], at=NOW)
            booking.cancel(reservation_id=before.pk, at=NOW)
        rival = let_in(moment, partial(held, stranger, show, seats[:2], at=NOW))
        venue.retire_seat(seat_id=seats[1].pk, at=NOW)
        assert isinstance(rival.outcome, errors.UnknownSeats)
        assert rival.outcome.facts["seats"] == [seats[1].pk]
        assert owners_of(seats) == [None, None, None]
        assert Seat.objects.filter(pk=seats[1].pk, retired_at=NOW).exists() is was_sold
        assert rival.waited

    @while_holding
    def test_waits_for_a_hold_and_leaves_it_its_seat(self, owner, show, seats, let_in, moment):
        rival = let_in(moment, partial(venue.retire_seat, seat_id=seats[1].pk, at=NOW))
        mine = held(owner, show, seats[:2], at=NOW)
        assert rival.outcome is None
        assert owners_of(seats) == [mine, mine, None]
        assert Seat.objects.get(pk=seats[1].pk).retired_at == NOW
        assert rival.waited

    @while_holding
    def test_that_is_being_held_renames_it_no_more(self, owner, show, seats, let_in, moment):
        rename = partial(venue.change_seat, seat_id=seats[1].pk, changes={"number": 9}, at=NOW)
        rival = let_in(moment, rename)
        mine = held(owner, show, seats[:2], at=NOW)
        assert isinstance(rival.outcome, venue.SeatSold)
        assert [ticket.seat.label for ticket in mine.tickets.all()] == ["A1", "A2"]
        assert Seat.objects.get(pk=seats[1].pk).label == "A2"
        assert rival.waited


class TestChangingThePlan:
    """Of the seats A1 to A3, A2 goes."""

    LEFT = rules.parse("A SS : 1 3")

    def change_plan(self, show):
        return plans.change_plan(hall_id=show.hall_id, plan=self.LEFT, at=NOW)

    @while_planning
    @pytest.mark.parametrize("wanted", [0, 1])
    def test_keeps_a_hold_waiting_that_then_sees_the_new_plan(
        self, stranger, show, seats, let_in, moment, wanted
    ):
        rival = let_in(moment, partial(held, stranger, show, [seats[wanted]], at=NOW))
        self.change_plan(show)
        outcome = rival.outcome
        if wanted == 1:
            assert isinstance(outcome, errors.UnknownSeats)
            assert owners_of(seats) == [None, None, None]
        else:
            assert owners_of(seats) == [outcome, None, None]
        assert rival.waited
        assert Seat.objects.get(pk=seats[1].pk).retired_at == NOW

    @while_holding
    def test_waits_for_a_hold_and_leaves_it_its_seat(self, owner, show, seats, let_in, moment):
        rival = let_in(moment, partial(self.change_plan, show))
        mine = held(owner, show, seats[:2], at=NOW)
        assert isinstance(rival.outcome, plans.PlanConflicts)
        assert [conflict.reservation for conflict in rival.outcome.conflicts] == [mine]
        assert owners_of(seats) == [mine, mine, None]
        assert not Seat.objects.exclude(retired_at=None).exists()
        assert rival.waited

    @while_taking_back
    def test_waits_for_a_late_payer_who_keeps_the_seat(self, owner, show, seats, let_in, moment):
        mine = held(owner, show, seats[:2], at=NOW - DAY)
        booking.expire(reservation_id=mine.pk, at=NOW)
        rival = let_in(moment, partial(self.change_plan, show))
        booking.confirm(reservation_id=mine.pk, at=NOW)
        assert isinstance(rival.outcome, plans.PlanConflicts)
        assert owners_of(seats) == [mine, mine, None]
        assert rival.waited

    @while_planning
    def test_two_plans_at_once_make_two_versions(self, show, seats, let_in, moment):
        other = partial(
            plans.change_plan, hall_id=show.hall_id, plan=rules.parse("A SSSS"), at=NOW
        )
        rival = let_in(moment, other)
        self.change_plan(show)
        assert rival.waited
        assert [seat.label for seat in rival.outcome.added] == ["A2", "A4"]
        hall = Hall.objects.get(pk=show.hall_id)
        assert hall.plan_version == 3
        assert [len(plan_history.find(hall, number).seats) for number in (1, 2, 3)] == [3, 2, 4]
        assert sorted(hall.plans.values_list("version", flat=True)) == [1, 2, 3]


class TestChangingThePrice:
    @while_changing
    def test_keeps_a_hold_waiting_who_then_pays_the_new_one(
        self, stranger, show, seats, let_in, moment
    ):
        rival = let_in(moment, partial(held, stranger, show, seats[:2], at=NOW))
        programme.change(show_id=show.pk, changes=CHEAPER)
        assert rival.outcome.total == 2000
        assert version_of(show) == 1
        assert rival.waited

    @while_holding
    def test_changes_nothing_that_was_being_held(self, owner, show, seats, let_in, moment):
        rival = let_in(moment, partial(programme.change, show_id=show.pk, changes=CHEAPER))
        mine = held(owner, show, seats[:2], at=NOW)
        assert rival.outcome.price == 1000
        assert Reservation.objects.get(pk=mine.pk).total == 2500
        assert version_of(show) == 1
        assert rival.waited

    @while_changing
    @pytest.mark.parametrize("free", [booking.cancel_by_house, booking.expire])
    def test_loses_no_count_of_seats_that_are_freed(self, mine, seats, let_in, moment, free):
        """Else whoever keeps an answer about the show's seats would go on believing it."""
        rival = let_in(moment, partial(free, **end_of(mine)))
        programme.change(show_id=mine.showtime_id, changes=CHEAPER)
        assert rival.outcome
        assert owners_of(seats) == [None, None, None]
        assert version_of(mine.showtime) == 2
        assert rival.waited

    @pytest.mark.parametrize(
        ("moment", "has_counted"),
        [(LOCKED, False), (TO_BE_FREED, False), (FREED, True), (BEFORE_COMMIT, True)],
        ids=["locked", "to-be-freed", "freed", "before-commit"],
    )
    def test_while_seats_are_freed_loses_no_count_either(
        self, mine, seats, let_in, moment, has_counted
    ):
        """Freeing needs no lock on the show; counting it does, from then on."""
        change = partial(programme.change, show_id=mine.showtime_id, changes=CHEAPER)
        rival = let_in(moment, change)
        booking.cancel(reservation_id=mine.pk, at=NOW)
        assert rival.outcome.price == 1000
        assert version_of(mine.showtime) == 2
        assert ShowTime.objects.get(pk=mine.showtime_id).price == 1000
        assert rival.waited is (has_counted or one_writer_at_a_time())

    @at(Moment(facts, "of"), Moment(facts, "of", after=True))
    def test_of_a_ticket_type_changes_all_of_a_total_or_nothing(
        self, owner, show, seats, let_in, moment
    ):
        adult = TicketType.objects.get(is_default=True)
        adult.percentage = 50
        rival = let_in(moment, partial(programme.save_ticket_type, adult))
        mine = held(owner, show, seats[:2], at=NOW)
        assert rival.outcome.percentage == 50
        is_heeded = not moment.after and not one_writer_at_a_time()
        assert mine.total == (1250 if is_heeded else 2500)
        assert rival.waited is one_writer_at_a_time()


class TestMovingAShow:
    def changes(self, what):
        return {what: HallFactory() if what == "hall" else MovieFactory()}

    @while_holding
    @pytest.mark.parametrize("what", ["hall", "movie"])
    def test_is_refused_once_a_seat_is_being_held(self, owner, show, seats, let_in, moment, what):
        move = partial(programme.change, show_id=show.pk, changes=self.changes(what))
        rival = let_in(moment, move)
        mine = held(owner, show, seats[:2], at=NOW)
        assert isinstance(rival.outcome, programme.ShowHasReservations)
        assert owners_of(seats) == [mine, mine, None]
        assert rival.waited

    @while_changing
    def test_to_another_hall_keeps_a_hold_waiting_and_refuses_it(
        self, stranger, show, seats, let_in, moment
    ):
        rival = let_in(moment, partial(held, stranger, show, seats, at=NOW))
        programme.change(show_id=show.pk, changes=self.changes("hall"))
        assert isinstance(rival.outcome, errors.UnknownSeats)
        assert rival.waited

    @while_changing
    def test_to_another_film_keeps_a_hold_waiting_that_is_then_of_that_film(
        self, stranger, show, seats, let_in, moment
    ):
        changes = self.changes("movie")
        rival = let_in(moment, partial(held, stranger, show, seats, at=NOW))
        programme.change(show_id=show.pk, changes=changes)
        assert rival.outcome.showtime.movie == changes["movie"]
        assert rival.waited
