"""Best available, accessible places, lonely seats, limits and opening of sales over the API."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from reservation import facts
from reservation.models import IdempotentRequest, Reservation, SeatKind, Ticket, TicketType
from reservation.tests.factories import (
    SeatCategoryFactory,
    SeatFactory,
    ShowTimeFactory,
    held,
    show_with_seats,
)

pytestmark = pytest.mark.django_db

URL = "/api/reservation/"
HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)


def error_of(answer):
    (error,) = answer.json()["errors"]
    return error


def labels(answer):
    assert answer.status_code == 201, answer.content
    return [seat["label"] for seat in answer.json()["seats"]]


def refused(answer, status, code):
    assert (answer.status_code, error_of(answer)["code"]) == (status, code), answer.content
    return error_of(answer)


@pytest.fixture
def strict():
    return show_with_seats(6, forbids_lonely_seats=True)


@pytest.fixture
def accessible():
    show = ShowTimeFactory()
    kinds = SeatKind.WHEELCHAIR, SeatKind.COMPANION, SeatKind.STANDARD, SeatKind.STANDARD
    return show, [
        SeatFactory(hall=show.hall, number=number, kind=kind)
        for number, kind in enumerate(kinds, start=1)
    ]


class TestBestAvailable:
    def ask(self, client, show, **best):
        return client.post(URL, {"showtime": show.pk, "best_available": best})

    def test_is_held_like_any_seats(self, owner_client):
        show, _ = show_with_seats(5)
        assert labels(self.ask(owner_client, show, count=3)) == ["A2", "A3", "A4"]

    def test_is_of_a_category_and_for_whom_they_are(self, owner_client):
        show, _ = show_with_seats(2)
        vip = SeatCategoryFactory(name="VIP", surcharge=400)
        SeatFactory(hall=show.hall, number=8, category=vip)
        child = TicketType.objects.create(name="Child", percentage=50)
        answer = self.ask(owner_client, show, count=1, category=vip.pk, ticket_types=[child.pk])
        assert labels(answer) == ["A8"]
        assert answer.json()["seats"][0]["ticket_type"] == "Child"

    def test_is_told_when_there_is_not_enough(self, owner_client, stranger):
        show, seats = show_with_seats(3)
        held(stranger, show, seats[:2])
        error = refused(self.ask(owner_client, show, count=2), 409, "not_enough_seats")
        assert error["attr"] == "best_available"
        assert labels(self.ask(owner_client, show, count=1)) == ["A3"]

    @pytest.mark.parametrize("category", [987654, 2**63 - 1])
    def test_of_an_unknown_category_is_never_enough(self, owner_client, category):
        show, _ = show_with_seats(1)
        refused(self.ask(owner_client, show, count=1, category=category), 409, "not_enough_seats")

    def test_of_unknown_ticket_types_is_refused(self, owner_client):
        show, _ = show_with_seats(1)
        answer = self.ask(owner_client, show, count=1, ticket_types=[987654])
        refused(answer, 400, "unknown_ticket_type")

    @pytest.mark.parametrize(
        "best",
        [
            {},
            [],
            None,
            7,
            "2",
            {"count": 0},
            {"count": -1},
            {"count": 101},
            {"count": 2.0},
            {"count": True},
            {"count": "\x00"},
            {"count": None},
            {"count": [2]},
            {"count": {"count": 2}},
            {"count": 10**30},
            {"count": 1, "category": 2**63},
            {"count": 1, "category": "x"},
            {"count": 1, "category": {}},
            {"count": 1, "ticket_types": []},
            {"count": 1, "ticket_types": 1},
            {"count": 1, "ticket_types": [1, 1]},
            {"count": 1, "ticket_types": [None]},
            {"count": 1, "wheelchair_places": 1},
            {"count": 1, "wheelchair_places": 2},
            {"count": 1, "wheelchair_places": "x"},
        ],
    )
    def test_of_the_wrong_form_is_a_400(self, owner_client, best):
        show, _ = show_with_seats(2)
        body = {"showtime": show.pk, "best_available": best}
        assert owner_client.post(URL, body).status_code == 400
        assert not Reservation.objects.exists()

    @pytest.mark.parametrize(
        "also", [{"seats": [1]}, {"tickets": [{"seat": 1, "ticket_type": 1}]}]
    )
    def test_comes_alone(self, owner_client, also):
        body = {"showtime": 1, "best_available": {"count": 1}} | also
        refused(owner_client.post(URL, body), 400, "seats_or_tickets")

    def test_costs_a_fixed_number_of_queries(self, owner_client, django_assert_num_queries):
        show, _ = show_with_seats(12, forbids_lonely_seats=True)
        facts.of(show)
        for count in (1, 8):
            with django_assert_num_queries(9):  # the login, 7 of `hold`, a test's savepoint
                self.ask(owner_client, show, count=count)


class TestAccessiblePlaces:
    def test_are_sold_with_a_stated_need(self, owner_client, accessible):
        show, seats = accessible
        body = {"showtime": show.pk, "seats": [seat.pk for seat in seats[:2]]}
        error = refused(owner_client.post(URL, body), 409, "wheelchair_need_not_stated")
        assert error["seats"] == [{"id": seats[0].pk, "label": "A1"}]
        assert labels(owner_client.post(URL, body | {"wheelchair_need": True})) == ["A1", "A2"]

    def test_of_companions_go_with_a_wheelchair_place(self, owner_client, accessible):
        show, seats = accessible
        body = {"showtime": show.pk, "seats": [seats[1].pk], "wheelchair_need": True}
        refused(owner_client.post(URL, body), 409, "companion_without_wheelchair")

    def test_are_looked_for_where_they_are_needed(self, owner_client, accessible):
        show, _ = accessible
        best = {"showtime": show.pk, "best_available": {"count": 2}}
        assert labels(owner_client.post(URL, best | {"wheelchair_need": True})) == ["A1", "A2"]
        assert labels(owner_client.post(URL, best)) == ["A3", "A4"]

    @pytest.mark.parametrize("need", [None, "perhaps", 7, [], {}])
    def test_need_a_yes_or_no(self, owner_client, accessible, need):
        show, seats = accessible
        body = {"showtime": show.pk, "seats": [seats[2].pk], "wheelchair_need": need}
        assert owner_client.post(URL, body).status_code == 400

    def test_a_show_says_when_they_are_sold_to_everyone(self, anyone, settings):
        show = ShowTimeFactory(hall__cinema__time_zone="UTC")
        settings.ACCESSIBLE_RELEASE_MINUTES = 60
        told = anyone.get(f"/api/show_times/{show.pk}/").json()
        assert told["accessible_released_at"] == (show.starts_at - HOUR).isoformat()


class TestLonelySeats:
    def test_are_refused_with_what_would_do(self, owner_client, strict):
        show, seats = strict
        body = {"showtime": show.pk, "seats": [seats[1].pk, seats[2].pk]}
        error = refused(owner_client.post(URL, body), 409, "lonely_seats")
        assert error["seats"] == [{"id": seats[0].pk, "label": "A1"}]
        assert [seat["label"] for seat in error["instead"]] == ["A1", "A2"]
        assert [seat["label"] for seat in error["add"]] == ["A1"]
        told = body | {"seats": [seat["id"] for seat in error["instead"]]}
        assert labels(owner_client.post(URL, told)) == ["A1", "A2"]

    def test_leave_the_key_of_a_refused_request_free(self, owner_client, strict):
        show, seats = strict
        key = {"Idempotency-Key": "one"}
        body = {"showtime": show.pk, "seats": [seats[1].pk]}
        refused(owner_client.post(URL, body, headers=key), 409, "lonely_seats")
        assert not IdempotentRequest.objects.exists()
        body["seats"] = [seats[0].pk]
        assert labels(owner_client.post(URL, body, headers=key)) == ["A1"]

    @pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}])
    def test_are_left_where_there_is_nothing_else(self, owner_client, headers):
        show, seats = show_with_seats(3, forbids_lonely_seats=True)
        body = {"showtime": show.pk, "seats": [seat.pk for seat in seats[:2]]}
        first = owner_client.post(URL, body, headers=headers)
        assert labels(first) == ["A1", "A2"]
        if headers:
            assert owner_client.post(URL, body, headers=headers).content == first.content
        assert Ticket.objects.count() == 2

    def test_are_switched_on_and_off_by_staff(self, staff_client, owner_client, strict):
        show, seats = strict
        address = f"/api/show_times/{show.pk}/"
        assert staff_client.get(address).json()["forbids_lonely_seats"] is True
        answer = staff_client.patch(address, {"forbids_lonely_seats": False})
        assert answer.json()["forbids_lonely_seats"] is False
        body = {"showtime": show.pk, "seats": [seats[1].pk]}
        assert labels(owner_client.post(URL, body)) == ["A2"]

    @pytest.mark.parametrize("rule", [True, False])
    def test_are_forbidden_at_new_shows_where_the_house_says_so(
        self, staff_client, settings, rule
    ):
        settings.FORBID_LONELY_SEATS = rule
        show = ShowTimeFactory.build()
        known = ShowTimeFactory()
        body = {
            "movie": known.movie_id,
            "hall": known.hall_id,
            "starts_at": (show.starts_at + timedelta(days=3)).isoformat(),
            "price": 1000,
        }
        answer = staff_client.post("/api/show_times/", body)
        assert answer.json()["forbids_lonely_seats"] is rule


class TestSalesOpen:
    def test_at_a_time_that_is_told(self, anyone, owner_client):
        opens = timezone.now() + HOUR
        show, seats = show_with_seats(2, sales_open_at=opens, hall__cinema__time_zone="UTC")
        body = {"showtime": show.pk, "seats": [seats[0].pk]}
        address = f"/api/show_times/{show.pk}/"
        with time_machine.travel(opens - INSTANT, tick=False):
            told = anyone.get(address).json()
            assert (told["on_sale"], told["sales_open_at"]) == (False, opens.isoformat())
            error = refused(owner_client.post(URL, body), 409, "sales_not_open")
            assert error["sales_open_at"] == opens.isoformat().replace("+00:00", "Z")
        with time_machine.travel(opens, tick=False):
            assert anyone.get(address).json()["on_sale"] is True
            assert labels(owner_client.post(URL, body)) == ["A1"]

    def test_later_while_its_seats_are_there_to_be_looked_at(self, anyone):
        show, _ = show_with_seats(2, sales_open_at=timezone.now() + HOUR)
        assert anyone.get(f"/api/available-seats/?showtime={show.pk}").json()["count"] == 2

    def test_before_they_close(self, staff_client):
        show = ShowTimeFactory()
        address = f"/api/show_times/{show.pk}/"
        answer = staff_client.patch(address, {"sales_open_at": show.sales_close_at.isoformat()})
        assert refused(answer, 400, "sales_open_after_close")["attr"] == "sales_open_at"
        earlier = {"sales_open_at": (show.sales_close_at - HOUR).isoformat()}
        assert staff_client.patch(address, earlier).json()["sales_open_at"] is not None
        assert staff_client.patch(address, {"sales_open_at": None}).json()["sales_open_at"] is None

    @pytest.mark.parametrize("moment", ["x", "", 7, [], {}, "2027-01-01", "9999-12-31T23:59:59Z"])
    def test_at_no_moment_that_is_none(self, staff_client, moment):
        show = ShowTimeFactory()
        answer = staff_client.patch(f"/api/show_times/{show.pk}/", {"sales_open_at": moment})
        assert answer.status_code == 400


def test_seats_of_one_show_are_limited_for_each_customer(owner_client, settings):
    settings.MAX_SEATS_PER_SHOW = 2
    show, seats = show_with_seats(4)
    body = {"showtime": show.pk, "seats": [seat.pk for seat in seats[:2]]}
    assert owner_client.post(URL, body).status_code == 201
    error = refused(
        owner_client.post(URL, body | {"seats": [seats[2].pk]}), 409, "too_many_seats_of_show"
    )
    assert (error["limit"], error["taken"]) == (2, 2)
