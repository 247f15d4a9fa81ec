"""Shows as clients and staff meet them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from reservation import programme
from reservation.models import Movie, ShowTime
from reservation.tests.factories import (
    CinemaFactory,
    HallFactory,
    MovieFactory,
    ShowTimeFactory,
    held,
    show_with_seats,
)

pytestmark = pytest.mark.django_db

URL = "/api/show_times/"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def error_of(answer):
    return answer.json()["errors"][0]


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def show_in(zone, *moment, **facts):
    hall = HallFactory(cinema=CinemaFactory(time_zone=zone))
    return ShowTimeFactory(hall=hall, starts_at=datetime(*moment, tzinfo=UTC), **facts)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def show():
    return show_in("Asia/Kathmandu", 2026, 11, 24, 18)


class TestOneShow:
    def test_is_told_by_the_clock_of_its_cinema(self, anyone, show):
        cinema = show.hall.cinema
        assert anyone.get(f"{URL}{show.pk}/").json() == {
            "id": show.pk,
            "movie": {
                "id": show.movie_id,
                "title": show.movie.title,
                "runtime_minutes": 90,
                "certificate": "",
                "poster": None,
            },
            "hall": {
                "id": show.hall_id,
                "name": show.hall.name,
                "plan_version": 1,
                "plan_url": f"http://testserver/api/halls/{show.hall_id}/plan/?version=1",
            },
            "cinema": {
                "id": cinema.pk,
                "name": cinema.name,
                "slug": cinema.slug,
                "time_zone": "Asia/Kathmandu",
            },
            "starts_at": "2026-11-24T23:45:00+05:45",
            "ends_at": "2026-11-25T01:30:00+05:45",
            "sales_open_at": None,
            "sales_close_at": "2026-11-24T23:45:00+05:45",
            "accessible_released_at": "2026-11-24T23:15:00+05:45",
            "price": {"amount": 1250, "currency": "usd"},
            "base_price": {"amount": 1250, "currency": "usd"},
            "price_rules": [],
            "format": "2d",
            "audio_language": "",
            "subtitle_language": "",
            "state": "scheduled",
            "on_sale": True,
            "forbids_lonely_seats": False,
            "cancellation_policy": None,
            "promised_cancellation_policy": [{"hours_before": 2, "refund_percent": 100}],
        }

    def test_on_sale_ends_at_the_very_instant(self, anyone, show):
        for moment, on_sale in (
            (show.starts_at - timedelta(seconds=1), True),
            (show.starts_at, False),
        ):
            with time_machine.travel(moment, tick=False):
                assert anyone.get(f"{URL}{show.pk}/").json()["on_sale"] is on_sale

    def test_a_past_or_cancelled_show_keeps_its_address(self, anyone, show):
        programme.cancel(show_id=show.pk, at=NOW)
        with time_machine.travel(show.starts_at + timedelta(days=9), tick=False):
            told = anyone.get(f"{URL}{show.pk}/").json()
        assert (told["state"], told["on_sale"]) == ("cancelled", False)


class TestList:
    @pytest.fixture
    def shows(self):
        """One that has begun, one that is cancelled, one to come."""
        begun = ShowTimeFactory(starts_at=NOW - timedelta(hours=1))
        cancelled = ShowTimeFactory(starts_at=NOW + timedelta(hours=1), state="cancelled")
        coming = ShowTimeFactory(starts_at=NOW + timedelta(hours=2))
        return [begun.pk, cancelled.pk, coming.pk]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", [2]),
            ("page=1&ordering=price", [2]),
            ("date=", [2]),
            ("upcoming=true", [2]),
            ("upcoming=false", [0, 1, 2]),
            ("date=2026-11-23", [0, 1, 2]),
            ("date=2026-11-23&upcoming=true", [2]),
            ("state=cancelled", [1]),
            ("state=scheduled", [0, 2]),
            ("from=2026-11-23T12:00:00Z", [1, 2]),
            ("from=2026-11-23T13:00:00%2B01:00", [1, 2]),
            ("to=2026-11-23T14:00:00Z", [0, 1]),
            ("from=2026-11-23T11:00:00Z&to=2026-11-23T11:00:01Z", [0]),
        ],
    )
    def test_is_of_upcoming_shows_unless_the_question_names_a_time(
        self, anyone, shows, query, found
    ):
        assert ids(anyone.get(f"{URL}?{query}")) == [shows[n] for n in found]

    def test_days_are_those_of_each_cinema(self, anyone):
        tokyo = show_in("Asia/Tokyo", 2026, 12, 1, 15)  # 00:00 on the second
        lisbon = show_in("Europe/Lisbon", 2026, 12, 1, 23, 59)
        new_york = show_in("America/New_York", 2026, 12, 2, 4, 59)  # 23:59 on the first
        after = show_in("America/New_York", 2026, 12, 2, 5)
        assert ids(anyone.get(URL, {"date": "2026-12-01"})) == [lisbon.pk, new_york.pk]
        assert ids(anyone.get(URL, {"date": "2026-12-02"})) == [tokyo.pk, after.pk]
        assert ids(anyone.get(URL, {"date": "2026-11-30"})) == []

    def test_days_without_any_cinema_are_empty(self, anyone):
        assert ids(anyone.get(URL, {"date": "2026-12-01"})) == []

    def test_what_it_can_be_narrowed_to(self, anyone):
        show = ShowTimeFactory(format="imax_3d", audio_language="pt-BR", subtitle_language="en")
        ShowTimeFactory()
        for name, value in {
            "movie": show.movie_id,
            "hall": show.hall_id,
            "cinema": show.hall.cinema_id,
            "format": "imax_3d",
            "audio_language": "PT-br",
            "subtitle_language": "en",
        }.items():
            assert ids(anyone.get(URL, {name: value})) == [show.pk], name

    def test_is_ordered_by_start_or_price(self, anyone):
        dear = ShowTimeFactory(starts_at=NOW + timedelta(hours=1), price=2000)
        cheap = ShowTimeFactory(starts_at=NOW + timedelta(hours=2), price=500)
        assert ids(anyone.get(URL)) == [dear.pk, cheap.pk]
        assert ids(anyone.get(URL, {"ordering": "price"})) == [cheap.pk, dear.pk]
        assert ids(anyone.get(URL, {"ordering": "-starts_at"})) == [cheap.pk, dear.pk]

    def test_the_number_of_queries_does_not_grow_with_rows(
        self, anyone, django_assert_num_queries
    ):
        for count in (2, 18):
            ShowTimeFactory.create_batch(count)
            with django_assert_num_queries(7):  # one asks for price rules, once per edition
                assert len(ids(anyone.get(URL))) in {2, 20}
            with django_assert_num_queries(7):
                assert len(ids(anyone.get(URL, {"date": "2026-11-24"}))) in {2, 20}

    def test_nothing_new_is_a_304(self, anyone, show):
        for address in (URL, f"{URL}{show.pk}/", f"/api/showtime/{show.movie_id}/"):
            first = anyone.get(address)
            etag = {"If-None-Match": first["ETag"]}
            assert anyone.get(address, headers=etag).status_code == 304
            show.price = len(address)
            show.save()
            assert anyone.get(address, headers=etag).status_code == 200


class TestShowsOfAMovie:
    def test_are_the_upcoming_ones(self, anyone):
        movie = MovieFactory()
        later = ShowTimeFactory(movie=movie, starts_at=NOW + timedelta(hours=9))
        soon = ShowTimeFactory(movie=movie, starts_at=NOW + timedelta(seconds=1))
        ShowTimeFactory(movie=movie, starts_at=NOW)
        ShowTimeFactory(movie=movie, state="cancelled")
        ShowTimeFactory()
        assert ids(anyone.get(f"/api/showtime/{movie.pk}/")) == [soon.pk, later.pk]
        narrowed = anyone.get(f"/api/showtime/{movie.pk}/", {"cinema": later.hall.cinema_id})
        assert ids(narrowed) == [later.pk]

    def test_a_film_without_shows_has_an_empty_list(self, anyone):
        assert ids(anyone.get(f"/api/showtime/{MovieFactory().pk}/")) == []

    @pytest.mark.parametrize("movie_id", ["1", "0", "99999999999999999999", "abc", "-1", "1.5"])
    def test_an_unknown_film_is_a_404(self, anyone, movie_id):
        answer = anyone.get(f"/api/showtime/{movie_id}/")
        assert (answer.status_code, error_of(answer)["code"]) == (404, "not_found")

    def test_nobody_writes_there(self, staff_client):
        answer = staff_client.post(f"/api/showtime/{MovieFactory().pk}/", {})
        assert answer.status_code == 405

    def test_the_number_of_queries_does_not_grow_with_rows(
        self, anyone, django_assert_num_queries
    ):
        movie = MovieFactory()
        for count in (2, 18):
            ShowTimeFactory.create_batch(count, movie=movie)
            with django_assert_num_queries(8):
                assert len(ids(anyone.get(f"/api/showtime/{movie.pk}/"))) in {2, 20}


@pytest.fixture
def body():
    hall = HallFactory(cinema=CinemaFactory(time_zone="Europe/Lisbon"))
    return {
        "movie": MovieFactory().pk,
        "hall": hall.pk,
        "starts_at": "2027-07-01T20:00:00Z",
        "price": 1250,
    }


class TestScheduling:
    def test_staff_schedule_change_and_delete(self, staff_client, body):
        answer = staff_client.post(URL, body | {"format": "imax", "sales_close_at": None})
        assert answer.status_code == 201, answer.content
        told = answer.json()
        assert told["starts_at"] == "2027-07-01T21:00:00+01:00"
        assert told["ends_at"] == "2027-07-01T22:45:00+01:00"
        assert told["sales_close_at"] == told["starts_at"]
        address = f"{URL}{told['id']}/"
        assert staff_client.patch(address, {"price": 900}).json()["price"]["amount"] == 900
        answer = staff_client.put(address, body | {"starts_at": "2027-07-01T12:00:00Z"})
        assert answer.status_code == 200, answer.content
        assert answer.json()["sales_close_at"] == "2027-07-01T13:00:00+01:00"
        assert staff_client.delete(address).status_code == 204
        assert not ShowTime.objects.exists()

    def test_a_time_without_an_offset_is_the_cinemas_own(self, staff_client, body):
        local = {"starts_at": "2027-07-01T20:00:00", "sales_close_at": "2027-07-01T19:30"}
        told = staff_client.post(URL, body | local).json()
        assert told["starts_at"] == "2027-07-01T20:00:00+01:00"
        assert told["sales_close_at"] == "2027-07-01T19:30:00+01:00"

    @pytest.mark.parametrize("local", ["2027-03-28T01:30:00", "2027-10-31T01:30:00"])
    def test_a_time_that_clocks_show_never_or_twice_needs_its_offset(
        self, staff_client, body, local
    ):
        answer = staff_client.post(URL, body | {"starts_at": local})
        assert answer.status_code == 400
        assert (error_of(answer)["code"], error_of(answer)["attr"]) == (
            "not_one_instant",
            "starts_at",
        )
        assert staff_client.post(URL, body | {"starts_at": f"{local}+01:00"}).status_code == 201

    def test_a_hall_that_is_taken_is_a_409(self, staff_client, body):
        staff_client.post(URL, body)
        answer = staff_client.post(URL, body)
        assert (answer.status_code, error_of(answer)["code"]) == (409, "hall_occupied")
        assert error_of(answer)["free_at"] == "2027-07-01T23:00+01:00"

    def test_sales_that_close_after_the_end_are_a_400(self, staff_client, body):
        late = {"sales_close_at": "2027-07-02T00:00:00Z"}
        answer = staff_client.post(URL, body | late)
        assert (answer.status_code, error_of(answer)["attr"]) == (400, "sales_close_at")

    def test_a_show_with_reservations_is_neither_moved_nor_deleted(self, staff_client, owner):
        show, seats = show_with_seats()
        held(owner, show, seats[:1])
        address = f"{URL}{show.pk}/"
        for answer in (
            staff_client.delete(address),
            staff_client.patch(address, {"hall": HallFactory().pk}),
            staff_client.patch(address, {"starts_at": "2027-07-01T20:00:00Z"}),
        ):
            assert (answer.status_code, error_of(answer)["code"]) == (409, "showtime_in_use")
        assert staff_client.patch(address, {"price": 1}).status_code == 200

    def test_another_runtime_moves_no_announced_show(self, staff_client, show):
        staff_client.patch(f"/api/movies/{show.movie_id}/", {"runtime_minutes": 200})
        assert Movie.objects.get().runtime_minutes == 200
        assert ShowTime.objects.get().ends_at == show.ends_at

    def test_nobody_else_writes(self, anyone, owner_client, show):
        address = f"{URL}{show.pk}/"
        for client, status in (anyone, 401), (owner_client, 403):
            for method in (client.put, client.patch, client.delete):
                assert method(address, {}).status_code == status
            assert client.post(URL, {}).status_code == status

    @pytest.mark.parametrize(
        "moment",
        [
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-12:00",
            "9999-12-31T23:59:59",
            "1899-12-31T23:59:59Z",
            "2201-01-01T00:00:00Z",
            "2027-02-30T00:00:00Z",
            "2027-07-01",
            "tomorrow",
            "",
            "2027-07-01T20:00:00+99:00",
            1_800_000_000,
            None,
            [],
            {},
            True,
        ],
    )
    def test_absurd_times_are_a_400(self, staff_client, body, moment):
        answer = staff_client.post(URL, body | {"starts_at": moment})
        assert (answer.status_code, error_of(answer)["attr"]) == (400, "starts_at")
        if moment is not None:
            answer = staff_client.post(URL, body | {"sales_close_at": moment})
            assert (answer.status_code, error_of(answer)["attr"]) == (400, "sales_close_at")


class TestCancel:
    def url(self, show):
        return f"/api/show_times/{show.pk}/cancel/"

    def test_takes_the_show_off_the_programme(self, staff_client, anyone):
        show = ShowTimeFactory()
        for _ in range(2):
            answer = staff_client.post(self.url(show))
            assert answer.status_code == 200
            assert answer.json()["state"] == "cancelled"
        assert anyone.get("/api/show_times/").json()["count"] == 0

    def test_is_for_staff_with_the_right(self, anyone, owner_client):
        show = ShowTimeFactory()
        assert anyone.post(self.url(show)).status_code == 401
        assert owner_client.post(self.url(show)).status_code == 403
