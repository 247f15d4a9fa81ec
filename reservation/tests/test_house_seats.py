"""Seats that the house keeps from sale, one verb at a time. For rivals see `rivals/`."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from reservation import booking, edition, errors, facts, holding, house_seats, programme, venue
from reservation.choosing import BestAvailable
from reservation.models import BlockKind, Seat, SeatBlock
from reservation.tests.factories import HallFactory, confirmed, held, show_with_seats

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)


@pytest.fixture
def place():
    return show_with_seats(4)


def block(show, seats, *, at=NOW, **how):
    wish = {"kind": BlockKind.PRESS, "reason": "The critics' row"} | how
    return house_seats.block(show_id=show.pk, seat_ids=[s.pk for s in seats], at=at, **wish)


def free(client, show):
    answer = client.get(f"/api/available-seats/?showtime={show.pk}")
    return [seat["label"] for seat in answer.json()["results"]]


class TestBlock:
    def test_keeps_seats_from_everybody(self, owner, place, anyone):
        show, seats = place
        assert len(free(anyone, show)) == 4
        block(show, seats[:2])
        assert free(anyone, show) == ["A3", "A4"]
        with pytest.raises(errors.SeatsTaken) as refusal:
            held(owner, show, seats[1:3], at=NOW)
        assert [seat["label"] for seat in refusal.value.facts["seats"]] == ["A2"]
        with pytest.raises(errors.NotEnoughSeats):
            holding.hold(user_id=owner.pk, show_id=show.pk, best=BestAvailable(3), at=NOW)
        best = holding.hold(user_id=owner.pk, show_id=show.pk, best=BestAvailable(2), at=NOW)
        assert {ticket.seat for ticket in best.tickets.all()} == {*seats[2:]}

    def test_says_what_why_and_who(self, place, staff):
        show, seats = place
        (made,) = block(show, seats[:1], release_at=NOW + HOUR, staff_id=staff.pk)
        made.refresh_from_db()
        assert (made.kind, made.reason, made.created_by) == ("press", "The critics' row", staff)
        assert (made.created_at, made.release_at, made.lifted_at) == (NOW, NOW + HOUR, None)

    def test_is_released_at_its_very_instant_though_no_job_ran(self, owner, place, anyone):
        show, seats = place
        with time_machine.travel(NOW, tick=False):
            block(show, seats, release_at=NOW + HOUR)
            assert free(anyone, show) == []
        with time_machine.travel(NOW + HOUR - INSTANT, tick=False):
            assert free(anyone, show) == []
            with pytest.raises(errors.SeatsTaken):
                held(owner, show, seats)
        with time_machine.travel(NOW + HOUR, tick=False):
            assert len(free(anyone, show)) == 4
            assert held(owner, show, seats).pk
        assert SeatBlock.objects.standing().count() == 4  # nobody tidied up

    @pytest.mark.parametrize("take", [held, confirmed])
    def test_is_refused_for_seats_that_somebody_has_and_says_who(self, owner, place, take):
        show, seats = place
        reservation = take(owner, show, seats[1:3], at=NOW)
        with pytest.raises(house_seats.SeatsInUse) as refusal:
            block(show, seats)
        told = [(seat["label"], seat["reservation"]) for seat in refusal.value.facts["seats"]]
        assert told == [("A2", reservation.code), ("A3", reservation.code)]
        assert reservation.code in str(refusal.value)
        assert not SeatBlock.objects.exists()

    def test_takes_what_a_dead_hold_left_and_its_late_payer_is_refused(self, owner, place):
        show, seats = place
        dead = held(owner, show, seats[:2], at=NOW)
        block(show, seats[:1], at=dead.expires_at)
        for _ in range(2):
            with pytest.raises(errors.SeatsTaken):
                booking.confirm(reservation_id=dead.pk, at=dead.expires_at)
            facts.forget_all()
        house_seats.lift(block_id=SeatBlock.objects.get().pk, at=dead.expires_at)
        assert booking.confirm(reservation_id=dead.pk, at=dead.expires_at).state == "confirmed"

    def test_of_a_blocked_seat_is_refused_until_that_is_over(self, place):
        show, seats = place
        block(show, seats[:1], release_at=NOW + HOUR)
        with pytest.raises(house_seats.SeatsBlocked, match="A1"):
            block(show, seats[:2])
        block(show, seats[:2], at=NOW + HOUR)
        first, second = SeatBlock.objects.filter(seat=seats[0]).order_by("pk")
        assert (first.lifted_at, second.lifted_at) == (NOW + HOUR, None)

    @pytest.mark.parametrize("release_at", [NOW, NOW - HOUR])
    def test_needs_a_release_that_is_to_come(self, place, release_at):
        with pytest.raises(house_seats.ReleaseIsPast):
            block(*place, release_at=release_at)

    def test_is_of_seats_of_the_show_s_own_hall(self, place):
        _, elsewhere = show_with_seats(1)
        with pytest.raises(errors.UnknownSeats):
            block(place[0], elsewhere)
        with pytest.raises(errors.NoSeats):
            block(place[0], [])

    def test_is_of_a_show_that_takes_place(self, place):
        programme.cancel(show_id=place[0].pk, at=NOW)
        with pytest.raises(errors.ShowCancelled):
            block(*place)

    def test_makes_an_edition_and_counts_as_a_change_of_seats(self, place):
        show, seats = place
        before = edition.of_seats(show.pk)
        (made,) = block(show, seats[:1])
        between = edition.of_seats(show.pk)
        house_seats.lift(block_id=made.pk, at=NOW)
        after = edition.of_seats(show.pk)
        assert len({before[0], between[0], after[0]}) == 3
        assert (between[1], after[1]) == (before[1] + 1, before[1] + 2)

    def test_one_seat_has_one_standing_block_whatever_the_code_does(self, place):
        show, seats = place
        (made,) = block(show, seats[:1])
        copy = SeatBlock(showtime=show, seat=seats[0], reason="Again", created_at=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save()
        house_seats.lift(block_id=made.pk, at=NOW)
        copy.save()

    def test_the_loser_by_constraint_gets_the_polite_answer(self, place, monkeypatch):
        show, seats = place
        block(show, seats[:1])
        monkeypatch.setattr(house_seats, "_check_unblocked", lambda *_: None)
        with pytest.raises(house_seats.SeatsBlocked, match="A1"):
            block(show, seats[:1])

    @pytest.mark.parametrize("count", [1, 4])
    def test_costs_the_same_queries_for_any_number_of_seats(
        self, place, count, django_assert_num_queries
    ):
        show, seats = place
        facts.of(show)
        with django_assert_num_queries(10):  # 8, and the savepoint that a test adds
            block(show, seats[:count])


class TestLift:
    def test_gives_the_seat_back_once(self, owner, place, anyone):
        show, seats = place
        (made,) = block(show, seats[:1])
        assert "A1" not in free(anyone, show)
        house_seats.lift(block_id=made.pk, at=NOW)
        house_seats.lift(block_id=made.pk, at=NOW + HOUR)
        made.refresh_from_db()
        assert made.lifted_at == NOW
        assert "A1" in free(anyone, show)
        assert held(owner, show, seats[:1], at=NOW).pk


class TestBlockedSeats:
    def test_are_retired_and_not_deleted(self, place):
        show, seats = place
        block(show, seats[:1])
        venue.retire_seat(seat_id=seats[0].pk, at=NOW)
        assert Seat.objects.get(pk=seats[0].pk).retired_at == NOW

    def test_keep_the_show_in_its_hall(self, place):
        show, seats = place
        (made,) = block(show, seats[:1])
        elsewhere = HallFactory()
        with pytest.raises(programme.ShowHasHouseSeats):
            programme.change(show_id=show.pk, changes={"hall": elsewhere})
        programme.change(show_id=show.pk, changes={"price": 1})
        house_seats.lift(block_id=made.pk, at=NOW)
        assert programme.change(show_id=show.pk, changes={"hall": elsewhere}).hall == elsewhere

    def test_go_with_a_show_that_nobody_reserved(self, place):
        block(*place)
        programme.remove(show_id=place[0].pk)
        assert not SeatBlock.objects.exists()
