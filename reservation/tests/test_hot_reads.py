"""Answers that are kept: never untrue, made once, and asked about with one query."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cinema_reservation.api import hot
from cinema_reservation.tests.racing import at_once
from reservation import booking, edition, programme
from reservation.api import availability
from reservation.models import Edition, Genre, Movie, ShowTime, TicketType
from reservation.tests.factories import (
    MovieFactory,
    SeatFactory,
    ShowTimeFactory,
    held,
    show_with_seats,
)

NOW = timezone.now()
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def place():
    return show_with_seats(3)


def genre() -> Genre:
    return Genre.objects.create(name="Horror", slug="horror")


def ticket_type() -> TicketType:
    return TicketType.objects.create(name="Student", percentage=80)


def free(client, show) -> list[int]:
    answer = client.get(f"/api/available-seats/?showtime={show.pk}")
    assert answer.status_code == 200, answer.content
    return [seat["id"] for seat in answer.json()["results"]]


@pytest.mark.django_db
class TestAvailability:
    def test_a_kept_answer_and_its_304_cost_one_query(
        self, anyone, place, django_assert_num_queries
    ):
        address = f"/api/available-seats/?showtime={place[0].pk}"
        etag = anyone.get(address)["ETag"]
        with django_assert_num_queries(1):
            assert anyone.get(address).status_code == 200
        with django_assert_num_queries(1):
            again = anyone.get(address, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")

    def test_no_seat_is_shown_as_free_once_it_is_taken(self, anyone, owner, place):
        show, seats = place
        assert len(free(anyone, show)) == 3
        held(owner, show, seats[:2])
        assert free(anyone, show) == [seats[2].pk]

    def test_a_seat_is_shown_as_free_as_soon_as_it_is(self, anyone, owner, place):
        show, seats = place
        reservation = held(owner, show, seats)
        assert free(anyone, show) == []
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        assert len(free(anyone, show)) == 3

    def test_a_seat_that_a_late_payer_takes_back_is_not_free(self, anyone, owner, place):
        show, seats = place
        reservation = held(owner, show, seats, at=NOW - timedelta(hours=1))
        booking.expire(reservation_id=reservation.pk, at=timezone.now())
        assert len(free(anyone, show)) == 3
        booking.confirm(reservation_id=reservation.pk, at=timezone.now())
        assert free(anyone, show) == []

    def test_a_hold_that_runs_out_frees_its_seats_at_that_instant_though_nobody_wrote(
        self, anyone, owner, place
    ):
        show, seats = place
        with time_machine.travel(NOW, tick=False):
            reservation = held(owner, show, seats, at=NOW)
            assert free(anyone, show) == []
        with time_machine.travel(reservation.expires_at - SECOND / 1000, tick=False):
            assert free(anyone, show) == []
        with time_machine.travel(reservation.expires_at, tick=False):
            assert len(free(anyone, show)) == 3

    def test_no_seat_is_free_from_the_instant_when_sales_close(self, anyone, place):
        show, _ = place
        with time_machine.travel(show.sales_close_at - SECOND, tick=False):
            assert len(free(anyone, show)) == 3
        with time_machine.travel(show.sales_close_at, tick=False):
            assert free(anyone, show) == []

    def test_a_change_by_staff_is_shown_at_once(self, anyone, place):
        show, seats = place
        free(anyone, show)
        seats[0].category.surcharge += 300
        seats[0].category.save()
        answer = anyone.get(f"/api/available-seats/?showtime={show.pk}").json()["results"]
        assert answer[0]["price"]["amount"] == show.price + 300
        programme.cancel(show_id=show.pk, at=timezone.now())
        assert free(anyone, show) == []

    def test_whoever_asks_gets_the_same_and_no_token_is_looked_at(self, anyone, place):
        show, _ = place
        address = f"/api/available-seats/?showtime={show.pk}"
        told = anyone.get(address, headers={"Authorization": "Bearer out.of.date"})
        assert told.content == anyone.get(address).content

    @pytest.mark.parametrize(
        "junk", ["", "x", "-1", "1.5", "²", "9" * 18, "9" * 40, "1&showtime=x"]
    )
    def test_junk_is_refused_as_ever(self, anyone, place, junk):
        answer = anyone.get(f"/api/available-seats/?showtime={junk}")
        assert answer.status_code in {400, 404}
        assert answer.json()["errors"]

    @pytest.mark.parametrize("form", ["{}.0", "%20{}", "{}%20", "%2B{}", "0{}", "{}&x=1"])
    def test_a_show_that_is_asked_for_in_another_way_is_no_older(self, anyone, place, form):
        show, seats = place
        address = "/api/available-seats/?showtime=" + form.format(show.pk)
        if anyone.get(address).status_code != 200:
            return
        seats[0].category.surcharge += 300
        seats[0].category.save()
        (seat, *_) = anyone.get(address).json()["results"]
        assert seat["price"]["amount"] == show.price + 300


@pytest.mark.django_db
class TestEditions:
    @pytest.mark.parametrize(
        "make",
        [MovieFactory, SeatFactory, ShowTimeFactory, genre, ticket_type],
    )
    def test_every_row_that_is_added_changed_or_deleted_makes_one(self, make):
        numbers = [edition.current()]
        row = make()
        numbers.append(edition.current())
        row.save()
        numbers.append(edition.current())
        row.delete()
        numbers.append(edition.current())
        assert len(set(numbers)) == 4

    def test_rows_that_are_deleted_together_make_one(self):
        MovieFactory()
        before = edition.current()
        Movie.objects.all().delete()
        assert edition.current() != before

    def test_another_genre_of_a_film_makes_one(self, anyone):
        movie = MovieFactory()
        before = edition.current()
        movie.genres.set([genre()])
        assert edition.current() != before

    def test_selling_makes_none(self, owner, place):
        before = edition.current()
        held(owner, place[0], place[1])
        assert edition.current() == before

    def test_without_its_row_one_is_made(self, anyone):
        Edition.objects.all().delete()
        assert edition.current() == 0
        Genre.objects.create(name="New", slug="new")
        assert edition.current() != 0

    def test_no_number_comes_twice_though_a_change_is_taken_back(self):
        """What was kept under the number of the one is not what the other says."""
        MovieFactory()
        numbers = [edition.current()]
        with suppress(LookupError), transaction.atomic():
            MovieFactory()
            numbers.append(edition.current())
            raise LookupError
        MovieFactory()
        assert edition.current() not in numbers


@pytest.mark.django_db
class TestLists:
    @pytest.mark.parametrize("path", ["movies/", "show_times/", "cinemas/", "ticket_types/"])
    def test_a_kept_answer_costs_one_query(self, anyone, path, django_assert_num_queries):
        ShowTimeFactory()
        first = anyone.get(f"/api/{path}")
        with django_assert_num_queries(1):
            again = anyone.get(f"/api/{path}")
        assert (again.content, dict(again.items())) == (first.content, dict(first.items()))

    def test_who_says_who_they_are_is_answered_anew_and_privately(self, anyone, staff_client):
        ShowTimeFactory()
        anyone.get("/api/show_times/")
        assert "private" in staff_client.get("/api/show_times/")["Cache-Control"]
        assert "public" in anyone.get("/api/show_times/")["Cache-Control"]

    @pytest.mark.parametrize("other", [{"HTTP_HOST": "127.0.0.1"}, {"wsgi.url_scheme": "https"}])
    def test_links_lead_where_one_came_from(self, anyone, other):
        ShowTimeFactory.create_batch(2)
        path = "/api/show_times/?page_size=1"
        usual = {"HTTP_HOST": "testserver"}
        first = anyone.get(path, **usual).json()["next"]
        assert anyone.get(path, **(usual | other)).json()["next"] != first
        assert anyone.get(path, **usual).json()["next"] == first

    def test_a_refusal_is_not_kept(self, anyone):
        movie = MovieFactory.build(pk=77)
        for _ in range(2):
            assert anyone.get("/api/movies/77/").status_code == 404
        # As another process might that writes past all signals.
        Movie.objects.bulk_create([movie])
        assert anyone.get("/api/movies/77/").json()["title"] == movie.title

    def test_each_question_has_its_own_answer(self, anyone):
        ShowTimeFactory.create_batch(2)
        few = anyone.get("/api/show_times/?page_size=1").json()["results"]
        assert len(few) == 1
        assert len(anyone.get("/api/show_times/").json()["results"]) == 2

    def test_what_nobody_can_read_is_refused_though_it_is_kept_for_others(self, anyone):
        anyone.get("/api/movies/")
        assert anyone.get("/api/movies/", headers={"Accept": "text/html"}).status_code == 406

    def test_a_show_that_begins_leaves_the_upcoming_ones_at_that_instant(self, anyone):
        show = ShowTimeFactory()
        address = f"/api/showtime/{show.movie_id}/"
        with time_machine.travel(show.starts_at - SECOND, tick=False):
            assert anyone.get(address).json()["count"] == 1
        with time_machine.travel(show.starts_at, tick=False):
            assert anyone.get(address).json()["count"] == 0

    def test_a_cache_that_is_away_makes_it_slower_not_wrong(self, anyone, monkeypatch):
        def fail(*_, **__):
            raise ConnectionError("no cache")

        ShowTimeFactory()
        monkeypatch.setattr(hot, "cache", type("Away", (), {"get": fail, "set": fail}))
        for _ in range(2):
            assert anyone.get("/api/show_times/").json()["count"] == 1


@pytest.mark.django_db
class TestAnsweredBeforeItsView:
    @pytest.mark.parametrize("path", ["show_times/", "available-seats/?showtime={0}"])
    def test_no_view_is_looked_for(self, anyone, place, path, monkeypatch):
        address = "/api/" + path.format(place[0].pk)
        meant = anyone.get(address)
        monkeypatch.setattr(hot.HotReads, "dispatch", None)
        told = anyone.get(address)
        assert (told.content, dict(told.items())) == (meant.content, dict(meant.items()))
        assert anyone.head(address).headers["ETag"] == meant.headers["ETag"]

    def test_what_has_changed_costs_what_it_cost_at_first(self, anyone, owner, place):
        show, seats = place
        with CaptureQueriesContext(connection) as at_first:
            free(anyone, show)
        held(owner, show, seats[:1])
        with CaptureQueriesContext(connection) as after_a_hold:
            assert len(free(anyone, show)) == 2
        # The seats' prices are of the programme, and were found at first.
        assert len(after_a_hold) < len(at_first)
        asked = [query["sql"] for query in after_a_hold if "seats_version" in query["sql"]]
        assert len([sql for sql in asked if sql.startswith("SELECT e.number")]) == 1

    def test_who_does_not_only_read_reaches_the_view(self, anyone):
        anyone.get("/api/movies/")
        assert anyone.post("/api/movies/", {}, format="json").status_code == 401

    def test_a_host_that_is_not_ours_is_refused_though_it_is_kept_for_ours(self, anyone):
        anyone.get("/api/movies/")
        answer = anyone.get("/api/movies/", HTTP_HOST="elsewhere.test")
        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/json"

    @pytest.mark.parametrize("error", [OperationalError, InterfaceError])
    def test_a_database_that_is_away_is_a_503_though_the_answer_is_known(self, anyone, error):
        anyone.get("/api/movies/")

        def away(*_):
            raise error("database is locked")

        with connection.execute_wrapper(away):
            answer = anyone.get("/api/movies/")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (
            503,
            "service_unavailable",
        )
        assert int(answer.headers["Retry-After"]) > 0

    def test_what_is_known_is_bounded(self, anyone, monkeypatch):
        monkeypatch.setattr(hot, "MOST_KNOWN", 2)
        for page in range(5):
            anyone.get(f"/api/movies/?page_size={page + 1}")
            assert len(hot._known) <= 2

    def test_what_is_too_large_is_known_to_the_shared_cache_only(
        self, anyone, monkeypatch, django_assert_num_queries
    ):
        monkeypatch.setattr(hot, "LARGEST_KNOWN", 10)
        anyone.get("/api/movies/")
        assert not hot._known
        with django_assert_num_queries(1):
            anyone.get("/api/movies/")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_makes_the_answer(monkeypatch):
    """The others wait for it: a cold cache is no stampede."""
    from rest_framework.test import APIClient

    show, _ = show_with_seats(3)
    made, real = [], availability.free_seats
    pause = threading.Event()

    def slowly(*asked):
        made.append(asked)
        pause.wait(0.3)
        return real(*asked)

    monkeypatch.setattr(availability, "free_seats", slowly)
    cache.clear()
    outcomes = at_once([lambda: len(free(APIClient(), show))] * 12)
    assert outcomes == [3] * 12
    assert len(made) == 1


@pytest.mark.django_db
def test_nothing_that_is_kept_sells_a_seat(owner, stranger, anyone, place):
    """Whatever a cache says, booking asks the database."""
    show, seats = place
    free(anyone, show)
    held(owner, show, seats)
    ShowTime.objects.update(seats_version=0)  # the kept answer looks true again
    with pytest.raises(booking.errors.SeatsTaken):
        held(stranger, show, seats)
