"""Cinemas, halls, seat categories and seats as clients and staff meet them."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cinema_reservation.tests.racing import at_once
from conftest import client_of
from reservation import venue
from reservation.models import Cinema, Hall, Seat, SeatCategory, ShowTime, TicketType
from reservation.tests.factories import (
    CinemaFactory,
    HallFactory,
    SeatCategoryFactory,
    SeatFactory,
    ShowTimeFactory,
    held,
    show_with_seats,
)
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SEATS = "/api/seats/"


def error_of(answer):
    return answer.json()["errors"][0]


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def plan_version(hall):
    return Hall.objects.get(pk=hall.pk).plan_version


@pytest.fixture
def vip():
    return SeatCategory.objects.create(name="VIP", colour="#c0a040", surcharge=400)


@pytest.fixture
def hall():
    return HallFactory()


@pytest.fixture
def sold(owner):
    """A seat that somebody holds."""
    show, seats = show_with_seats(2)
    held(owner, show, seats[:1])
    return seats[0]


class TestReading:
    def test_a_page_of_all_seats_is_not_sorted_by_the_names_of_their_cinemas(self, anyone):
        SeatFactory()
        with CaptureQueriesContext(connection) as asked:
            assert anyone.get(SEATS).json()["count"] == 1
        assert not [query for query in asked if "reservation_cinema" in query["sql"]]

    def test_a_seat(self, anyone, hall, vip):
        seat = SeatFactory(hall=hall, category=vip, row="H", number=7, x=8, y=9)
        assert anyone.get(f"{SEATS}{seat.pk}/").json() == {
            "id": seat.pk,
            "hall": hall.pk,
            "row": "H",
            "number": 7,
            "label": "H7",
            "x": 8,
            "y": 9,
            "category": {"id": vip.pk, "name": "VIP", "colour": "#c0a040"},
            "kind": "standard",
            "retired_at": None,
        }

    def test_a_hall_and_its_cinema(self, anyone, hall):
        cinema = hall.cinema
        assert anyone.get(f"/api/halls/{hall.pk}/").json() == {
            "id": hall.pk,
            "name": hall.name,
            "plan_version": 1,
            "plan_url": f"http://testserver/api/halls/{hall.pk}/plan/?version=1",
            "cinema": {
                "id": cinema.pk,
                "name": cinema.name,
                "slug": cinema.slug,
                "time_zone": "Europe/Lisbon",
            },
        }

    def test_seats_are_filtered(self, anyone, hall, vip):
        plain = SeatFactory(hall=hall, number=1)
        chair = SeatFactory(hall=hall, number=2, row="B", y=1, category=vip, kind="wheelchair")
        SeatFactory()
        assert ids(anyone.get(SEATS, {"hall": hall.pk})) == [plain.pk, chair.pk]
        assert ids(anyone.get(SEATS, {"hall": hall.pk, "category": vip.pk})) == [chair.pk]
        assert ids(anyone.get(SEATS, {"kind": "wheelchair"})) == [chair.pk]
        assert ids(anyone.get(SEATS, {"hall": hall.pk, "row": "A"})) == [plain.pk]

    def test_halls_of_a_cinema(self, anyone, hall):
        HallFactory()
        assert ids(anyone.get("/api/halls/", {"cinema": hall.cinema_id})) == [hall.pk]

    def test_cinemas_are_searched(self, anyone):
        lumen = CinemaFactory(name="Lumen", address="Rua da Rosa")
        CinemaFactory(name="Odeon")
        assert ids(anyone.get("/api/cinemas/", {"search": "rosa lumen"})) == [lumen.pk]

    def test_a_whole_hall_fits_in_one_page(self, anyone, hall, vip):
        places = [(row, number) for row in range(25) for number in range(40)]
        Seat.objects.bulk_create(
            Seat(hall=hall, category=vip, row=chr(65 + row), number=number + 1, x=number, y=row)
            for row, number in places
        )
        answer = anyone.get(SEATS, {"hall": hall.pk})
        assert len(ids(answer)) == 1000
        assert answer.json()["next"] is None

    def test_what_was_taken_out_of_its_hall_is_shown_to_staff_only(
        self, anyone, owner_client, staff_client, hall
    ):
        seat = SeatFactory(hall=hall, retired_at=timezone.now())
        for client in anyone, owner_client:
            assert ids(client.get(SEATS)) == []
            assert client.get(f"{SEATS}{seat.pk}/").status_code == 404
        assert ids(staff_client.get(SEATS)) == [seat.pk]
        assert staff_client.get(f"{SEATS}{seat.pk}/").json()["retired_at"]

    @pytest.mark.parametrize(
        ("address", "factory", "queries"),
        [
            (SEATS, SeatFactory, 2),
            ("/api/halls/", HallFactory, 2),
            ("/api/cinemas/", CinemaFactory, 2),
            (
                "/api/seat_categories/",
                lambda: SeatCategoryFactory(name=f"C{SeatCategory.objects.count()}"),
                2,
            ),
        ],
    )
    def test_the_number_of_queries_does_not_grow_with_rows(
        self, anyone, address, factory, queries, django_assert_num_queries
    ):
        for count in (2, 18):
            for _ in range(count):
                factory()
            with django_assert_num_queries(queries + 1):
                assert len(ids(anyone.get(address))) in {2, 20}

    def test_nothing_new_is_a_304(self, anyone, hall):
        for address in (SEATS, "/api/halls/", "/api/cinemas/", f"/api/halls/{hall.pk}/"):
            first = anyone.get(address)
            again = anyone.get(address, headers={"If-None-Match": first["ETag"]})
            assert again.status_code == 304


class TestStaffBuild:
    def test_a_cinema_with_a_hall_and_a_seat(self, staff_client):
        body = {"name": "Odeon", "slug": "odeon", "time_zone": "Asia/Tokyo"}
        cinema = staff_client.post("/api/cinemas/", body).json()
        hall = staff_client.post("/api/halls/", {"name": "1", "cinema": cinema["id"]}).json()
        assert hall["cinema"]["slug"] == "odeon"
        category = staff_client.post("/api/seat_categories/", {"name": "Sofa"}).json()
        answer = staff_client.post(SEATS, self.seat(hall["id"], category["id"]))
        assert answer.status_code == 201, answer.content
        assert answer.json()["label"] == "A1"

    def seat(self, hall_id, category_id, **facts):
        place = {"row": "A", "number": 1, "x": 0, "y": 0, "kind": "standard"}
        return place | {"hall": hall_id, "category": category_id} | facts

    @pytest.mark.parametrize("other", [{"x": 5}, {"number": 2}])
    def test_no_two_seats_share_a_label_or_a_place(self, staff_client, hall, vip, other):
        SeatFactory(hall=hall, number=1, x=0)
        answer = staff_client.post(SEATS, self.seat(hall.pk, vip.pk, **other))
        assert answer.status_code == 400, answer.content

    def test_the_label_of_a_retired_seat_is_free(self, staff_client, hall, vip):
        SeatFactory(hall=hall, number=1, x=0, retired_at=timezone.now())
        answer = staff_client.post(SEATS, self.seat(hall.pk, vip.pk))
        assert answer.status_code == 201, answer.content

    def test_a_seat_that_comes_back_is_the_one_that_was_sold(self, staff_client, sold, vip):
        staff_client.delete(f"{SEATS}{sold.pk}/")
        body = self.seat(sold.hall_id, vip.pk, row=sold.row, number=sold.number, x=77)
        answer = staff_client.post(SEATS, body)
        assert (answer.status_code, answer.json()["id"]) == (201, sold.pk)
        assert (answer.json()["x"], answer.json()["retired_at"]) == (77, None)
        assert sold.tickets.live().exists()

    def test_a_seat_stays_the_kind_of_place_that_somebody_has(self, staff_client, sold):
        url = f"{SEATS}{sold.pk}/"
        answer = staff_client.patch(url, {"kind": "wheelchair"})
        assert (answer.status_code, error_of(answer)["code"]) == (409, "kind_was_sold")
        assert sold.tickets.get().reservation.code in error_of(answer)["detail"]
        assert staff_client.patch(url, {"kind": sold.kind, "x": 70}).status_code == 200
        now = timezone.now()
        ShowTime.objects.update(starts_at=now - timedelta(hours=2), ends_at=now)
        assert staff_client.patch(url, {"kind": "wheelchair"}).status_code == 200

    def test_no_other_seat_takes_the_name_of_one_that_was_sold(self, staff_client, sold):
        other = SeatFactory(hall=sold.hall, row="Z", number=9, x=77)
        staff_client.delete(f"{SEATS}{sold.pk}/")
        body = {"row": sold.row, "number": sold.number}
        answer = staff_client.patch(f"{SEATS}{other.pk}/", body)
        assert (answer.status_code, error_of(answer)["code"]) == (409, "label_was_sold")

    def test_no_two_halls_of_a_cinema_share_a_name(self, staff_client, hall):
        body = {"name": hall.name, "cinema": hall.cinema_id}
        assert staff_client.post("/api/halls/", body).status_code == 400

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", 7, None])
    def test_a_cinema_has_a_time_zone_that_there_is(self, staff_client, zone):
        body = {"name": "Odeon", "slug": "odeon", "time_zone": zone}
        answer = staff_client.post("/api/cinemas/", body)
        assert answer.status_code == 400
        assert error_of(answer)["attr"] == "time_zone"

    def test_a_seat_stays_in_its_hall(self, staff_client, hall):
        seat = SeatFactory()
        answer = staff_client.patch(f"{SEATS}{seat.pk}/", {"hall": hall.pk})
        assert (answer.status_code, error_of(answer)["code"]) == (400, "hall_fixed")

    def test_a_seat_that_tickets_name_keeps_its_name(self, staff_client, sold, vip):
        address = f"{SEATS}{sold.pk}/"
        answer = staff_client.patch(address, {"number": 99})
        assert (answer.status_code, error_of(answer)["code"]) == (409, "seat_in_use")
        assert staff_client.patch(address, {"category": vip.pk}).status_code == 200

    def test_a_seat_that_was_never_sold_is_deleted(self, staff_client):
        seat = SeatFactory()
        assert staff_client.delete(f"{SEATS}{seat.pk}/").status_code == 204
        assert not Seat.objects.exists()

    def test_a_seat_that_was_sold_is_retired(self, staff_client, anyone, sold):
        for _ in range(2):
            assert staff_client.delete(f"{SEATS}{sold.pk}/").status_code == 204
        assert Seat.objects.get(pk=sold.pk).retired_at
        assert sold.tickets.live().exists()
        assert anyone.get(f"{SEATS}{sold.pk}/").status_code == 404

    def test_each_change_of_its_seats_makes_a_new_version_of_a_plan(self, staff_client, hall, vip):
        seat = staff_client.post(SEATS, self.seat(hall.pk, vip.pk)).json()
        assert plan_version(hall) == 2
        staff_client.patch(f"{SEATS}{seat['id']}/", {"x": 3})
        assert plan_version(hall) == 3
        staff_client.patch(f"{SEATS}{seat['id']}/", {"x": -3})
        assert plan_version(hall) == 3
        staff_client.delete(f"{SEATS}{seat['id']}/")
        assert plan_version(hall) == 4

    @pytest.mark.parametrize(
        ("address", "row", "used_by"),
        [
            ("cinemas", lambda: HallFactory().cinema, "halls"),
            ("halls", lambda: ShowTimeFactory().hall, "shows"),
            ("seat_categories", lambda: SeatFactory().category, "seats"),
        ],
    )
    def test_what_is_in_use_can_not_be_deleted(self, staff_client, address, row, used_by):
        answer = staff_client.delete(f"/api/{address}/{row().pk}/")
        assert answer.status_code == 409
        assert error_of(answer)["code"] == "in_use"
        assert error_of(answer)["used_by"] == used_by

    def test_an_empty_hall_goes_with_its_seats(self, staff_client):
        seat = SeatFactory()
        assert staff_client.delete(f"/api/halls/{seat.hall_id}/").status_code == 204
        assert not Seat.objects.exists()

    @pytest.mark.parametrize(
        "address", ["cinemas", "halls", "seats", "seat_categories", "genres", "ticket_types"]
    )
    def test_nobody_else_writes(self, anyone, owner_client, address):
        usher = client_of(UserFactory(is_staff=True))
        for client, status in (anyone, 401), (owner_client, 403), (usher, 403):
            for method in (client.put, client.patch, client.delete):
                assert method(f"/api/{address}/1/", {}).status_code == status
            assert client.post(f"/api/{address}/", {}).status_code == status
        assert not Cinema.objects.exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_seat_is_sold_or_deleted_but_never_both(owner):
    TicketType.objects.get_or_create(is_default=True, defaults={"name": "Adult"})
    show, seats = show_with_seats(8)
    retiring = [partial(venue.retire_seat, seat_id=s.pk, at=timezone.now()) for s in seats]
    holding = [partial(held, UserFactory(), show, [seat]) for seat in seats]
    results = at_once([task for pair in zip(retiring, holding, strict=True) for task in pair])
    names = {type(result).__name__ for result in results}
    assert names <= {"NoneType", "Reservation", "UnknownSeats"}
    left = {seat.pk: seat.retired_at for seat in Seat.objects.all()}
    assert all(left.values())
    assert {pk for seat in seats for pk in seat.tickets.values_list("seat", flat=True)} == set(
        left
    )


class TestPlacesThatAreSold:
    """Tickets name the cinema and its local time."""

    @pytest.fixture
    def show(self, owner):
        show, seats = show_with_seats(1)
        held(owner, show, seats)
        return show

    def test_a_hall_does_not_move_to_another_cinema(self, show, staff_client):
        elsewhere = CinemaFactory()
        url = f"/api/halls/{show.hall_id}/"
        answer = staff_client.patch(url, {"cinema": elsewhere.pk})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "place_fixed")
        assert staff_client.patch(url, {"name": "Blue Hall"}).status_code == 200

    def test_a_cinema_keeps_its_time_zone(self, show, staff_client):
        url = f"/api/cinemas/{show.hall.cinema_id}/"
        answer = staff_client.patch(url, {"time_zone": "Asia/Tokyo"})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "place_fixed")
        assert staff_client.patch(url, {"address": "Next door"}).status_code == 200

    def test_before_anything_is_sold_both_may_change(self, staff_client):
        show = ShowTimeFactory()
        hall, cinema = f"/api/halls/{show.hall_id}/", f"/api/cinemas/{show.hall.cinema_id}/"
        assert staff_client.patch(cinema, {"time_zone": "Asia/Tokyo"}).status_code == 200
        assert staff_client.patch(hall, {"cinema": CinemaFactory().pk}).status_code == 200
