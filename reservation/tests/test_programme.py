"""The verbs on shows and ticket types."""

import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.utils import timezone

from cinema_reservation.tests.racing import at_once
from reservation import programme
from reservation.models import Movie, ShowState, ShowTime, TicketType
from reservation.tests.factories import (
    CinemaFactory,
    HallFactory,
    MovieFactory,
    ShowTimeFactory,
    held,
    show_with_seats,
)

START = datetime(2027, 3, 1, 20, tzinfo=UTC)


def minutes(count):
    return timedelta(minutes=count)


def a_show(**facts):
    """An unsaved show of 90 minutes; with trailers and cleaning it needs its hall for 120."""
    facts = {"starts_at": START, "price": 1250} | facts
    facts.setdefault("movie", MovieFactory())
    facts.setdefault("hall", HallFactory())
    return ShowTime(**facts)


@pytest.mark.django_db
class TestSchedule:
    def test_works_out_its_times(self):
        show = programme.schedule(a_show())
        show.refresh_from_db()
        assert show.ends_at == START + minutes(15 + 90)
        assert show.hall_free_at == START + minutes(15 + 90 + 15)
        assert show.sales_close_at == START

    @pytest.mark.parametrize("apart", [-119, -1, 0, 1, 119])
    def test_another_show_in_the_hall_refuses_it(self, apart):
        first = programme.schedule(a_show())
        with pytest.raises(programme.HallOccupied):
            programme.schedule(a_show(hall=first.hall, starts_at=START + minutes(apart)))

    @pytest.mark.parametrize("apart", [-120, 120])
    def test_shows_may_follow_each_other_once_the_hall_is_clean(self, apart):
        first = programme.schedule(a_show())
        programme.schedule(a_show(hall=first.hall, starts_at=START + minutes(apart)))

    def test_other_halls_are_free(self):
        programme.schedule(a_show())
        programme.schedule(a_show())

    def test_a_cancelled_show_needs_no_hall(self):
        first = programme.schedule(a_show())
        programme.cancel(show_id=first.pk, at=timezone.now())
        programme.schedule(a_show(hall=first.hall))

    def test_the_refusal_names_the_rival_and_when_the_hall_is_free_by_its_clock(self):
        hall = HallFactory(cinema=CinemaFactory(time_zone="Asia/Kathmandu"))
        programme.schedule(a_show(hall=hall, movie=MovieFactory(title="{Nosferatu}")))
        with pytest.raises(programme.HallOccupied) as refusal:
            programme.schedule(a_show(hall=hall))
        assert refusal.value.facts == {
            "other_title": "{Nosferatu}",
            "free_at": "2027-03-02T03:45+05:45",
        }
        assert "{Nosferatu}" in str(refusal.value)

    def test_sales_close_before_the_end(self):
        end = START + minutes(105)
        programme.schedule(a_show(sales_close_at=end))
        with pytest.raises(programme.SalesCloseAfterEnd):
            programme.schedule(a_show(sales_close_at=end + minutes(1)))


@pytest.mark.django_db
class TestChange:
    def test_sets_these_fields_and_no_others(self):
        show = programme.schedule(a_show())
        stale = ShowTime.objects.get(pk=show.pk)
        programme.cancel(show_id=show.pk, at=timezone.now())
        programme.change(show_id=stale.pk, changes={"price": 900})
        show.refresh_from_db()
        assert (show.price, show.state) == (900, ShowState.CANCELLED)

    def test_the_close_of_sales_moves_along(self):
        show = programme.schedule(a_show(sales_close_at=START - minutes(30)))
        later = START + minutes(60)
        changed = programme.change(show_id=show.pk, changes={"starts_at": later})
        assert changed.sales_close_at == later - minutes(30)
        assert changed.ends_at == later + minutes(105)

    def test_no_close_of_sales_means_the_start(self):
        show = programme.schedule(a_show(sales_close_at=START - minutes(30)))
        changed = programme.change(show_id=show.pk, changes={"sales_close_at": None})
        assert changed.sales_close_at == START

    def test_a_show_does_not_stand_in_its_own_way(self):
        show = programme.schedule(a_show())
        programme.change(show_id=show.pk, changes={"starts_at": START + minutes(10)})

    def test_it_may_not_move_onto_another_show(self):
        show, other = programme.schedule(a_show()), programme.schedule(a_show())
        with pytest.raises(programme.HallOccupied):
            programme.change(show_id=show.pk, changes={"hall": other.hall})

    def test_a_corrected_runtime_moves_no_announced_show(self):
        show = programme.schedule(a_show())
        Movie.objects.filter(pk=show.movie_id).update(runtime_minutes=200)
        changed = programme.change(show_id=show.pk, changes={"price": 900})
        assert changed.ends_at == show.ends_at
        moved = programme.change(show_id=show.pk, changes={"starts_at": START + minutes(1)})
        assert moved.ends_at == START + minutes(1 + 15 + 200)

    @pytest.mark.parametrize("field", ["movie", "hall", "starts_at"])
    def test_what_people_reserved_stays_as_promised(self, owner, field):
        show, seats = show_with_seats()
        held(owner, show, seats[:1])
        other = {"movie": MovieFactory, "hall": HallFactory, "starts_at": timezone.now}[field]()
        with pytest.raises(programme.ShowHasReservations):
            programme.change(show_id=show.pk, changes={field: other})
        programme.change(show_id=show.pk, changes={field: getattr(show, field), "price": 900})

    def test_a_show_that_is_gone_is_unknown(self):
        with pytest.raises(ShowTime.DoesNotExist):
            programme.change(show_id=404, changes={"price": 1})

    def test_a_hall_that_is_gone_is_a_conflict(self):
        show, gone = programme.schedule(a_show()), HallFactory()
        type(gone).objects.filter(pk=gone.pk).delete()
        with pytest.raises(programme.ChangedMeanwhile):
            programme.change(show_id=show.pk, changes={"hall": gone})


@pytest.mark.django_db
class TestRemove:
    def test_a_show_that_nobody_reserved_is_deleted(self):
        show = ShowTimeFactory()
        programme.remove(show_id=show.pk)
        assert not ShowTime.objects.exists()

    def test_a_show_with_a_dead_hold_stays(self, owner):
        show, seats = show_with_seats()
        held(owner, show, seats[:1], at=timezone.now() - timedelta(days=1))
        with pytest.raises(programme.ShowHasReservations):
            programme.remove(show_id=show.pk)
        assert ShowTime.objects.exists()


@pytest.mark.django_db
class TestTicketTypes:
    @pytest.fixture
    def adult(self):
        return TicketType.objects.get(is_default=True)

    def test_a_new_default_takes_it_from_the_present_one(self, adult):
        senior = programme.save_ticket_type(TicketType(name="Senior", is_default=True))
        assert list(TicketType.objects.filter(is_default=True)) == [senior]

    def test_there_is_always_a_default(self, adult):
        adult.is_default = False
        with pytest.raises(programme.DefaultTicketType):
            programme.save_ticket_type(adult)
        with pytest.raises(programme.DefaultTicketType):
            programme.remove_ticket_type(ticket_type_id=adult.pk)

    def test_the_default_is_on_sale(self, adult):
        adult.is_active = False
        with pytest.raises(programme.DefaultNotOnSale):
            programme.save_ticket_type(adult)

    def test_one_that_was_sold_can_not_be_deleted(self, adult, owner):
        show, seats = show_with_seats()
        held(owner, show, seats[:1])
        programme.save_ticket_type(TicketType(name="Senior", is_default=True))
        with pytest.raises(ProtectedError):
            programme.remove_ticket_type(ticket_type_id=adult.pk)


def _slowly(find):
    """Let every rival look before any of them writes, where nothing holds them back."""

    def look(show):
        find(show)
        time.sleep(0.3)

    return look


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture(autouse=True)
    def _look_slowly(self, monkeypatch):
        monkeypatch.setattr(programme, "_find_hall_free", _slowly(programme._find_hall_free))

    def overlapping(self):
        hall, movie = HallFactory(), MovieFactory()
        return [
            partial(
                programme.schedule,
                a_show(hall=hall, movie=movie, starts_at=START + minutes(10 * n)),
            )
            for n in range(4)
        ]

    def test_of_shows_that_overlap_one_gets_the_hall(self):
        results = at_once(self.overlapping())
        assert sorted(type(result).__name__ for result in results) == [
            *["HallOccupied"] * 3,
            "ShowTime",
        ]
        assert ShowTime.objects.count() == 1

    def test_without_the_lock_they_all_get_it(self, monkeypatch):
        if connection.vendor == "sqlite":
            pytest.skip("SQLite's transactions are alone; there is no lock to take away.")
        monkeypatch.setattr(programme, "lock_halls", lambda hall_ids: None)
        at_once(self.overlapping())
        assert ShowTime.objects.count() > 1

    def test_of_shows_that_move_into_one_hall_one_gets_it(self):
        hall = HallFactory()
        shows = [ShowTimeFactory(starts_at=START) for _ in range(3)]
        moves = [
            partial(programme.change, show_id=show.pk, changes={"hall": hall}) for show in shows
        ]
        results = at_once(moves)
        assert sum(isinstance(result, programme.HallOccupied) for result in results) == 2
        assert ShowTime.objects.filter(hall=hall).count() == 1

    def test_a_show_moves_or_is_reserved_but_never_both(self, owner):
        TicketType.objects.get_or_create(is_default=True, defaults={"name": "Adult"})
        show, seats = show_with_seats(1)
        moving = partial(programme.change, show_id=show.pk, changes={"hall": HallFactory()})
        results = at_once([moving, partial(held, owner, show, seats)])
        assert [type(result).__name__ for result in results] in (
            ["ShowTime", "UnknownSeats"],
            ["ShowHasReservations", "Reservation"],
        )

    def test_shows_that_swap_halls_do_not_wait_for_each_other_for_ever(self):
        one, other = ShowTimeFactory(starts_at=START), ShowTimeFactory(starts_at=START)
        swaps = [
            partial(programme.change, show_id=one.pk, changes={"hall": other.hall}),
            partial(programme.change, show_id=other.pk, changes={"hall": one.hall}),
        ]
        results = at_once(swaps)
        assert all(isinstance(result, programme.HallOccupied) for result in results)
