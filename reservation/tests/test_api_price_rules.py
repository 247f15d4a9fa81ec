"""Price rules as staff keep them, and as everybody meets them in prices."""

from datetime import datetime, time, timedelta
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.utils import timezone

from conftest import client_of
from reservation.models import PriceRule, TicketType
from reservation.tests.factories import CinemaFactory, held, show_with_seats

pytestmark = pytest.mark.django_db

RULES = "/api/price_rules/"


def error_of(answer):
    (error,) = answer.json()["errors"]
    return error


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def a_rule(cinema, **fields):
    return PriceRule.objects.create(cinema=cinema, **({"name": "Rule", "amount": -250} | fields))


@pytest.fixture
def place():
    return show_with_seats(4)


@pytest.fixture
def cinema(place):
    return place[0].hall.cinema


class TestStaff:
    def test_keep_them(self, staff_client, anyone, cinema):
        body = {"cinema": cinema.pk, "name": "Matinee", "to_time": "17:00", "amount": -250}
        made = staff_client.post(RULES, body | {"weekdays": [0, 4]})
        assert made.status_code == 201, made.content
        address = f"{RULES}{made.json()['id']}/"
        assert anyone.get(address).json() == made.json() | {
            "weekdays": [0, 4],
            "from_time": "00:00:00",
            "to_time": "17:00:00",
            "percentage": None,
            "priority": 0,
            "is_active": True,
        }
        changed = staff_client.patch(address, {"amount": None, "percentage": -20})
        assert (changed.json()["amount"], changed.json()["percentage"]) == (None, -20)
        assert staff_client.delete(address).status_code == 204
        assert not PriceRule.objects.exists()

    def test_see_those_that_are_switched_off_and_nobody_else_does(
        self, staff_client, anyone, owner_client, cinema
    ):
        on, off = a_rule(cinema), a_rule(cinema, is_active=False)
        assert ids(staff_client.get(RULES)) == [on.pk, off.pk]
        for client in anyone, owner_client:
            assert ids(client.get(RULES)) == [on.pk]
            assert client.get(f"{RULES}{off.pk}/").status_code == 404

    def test_look_for_those_of_a_cinema(self, anyone, cinema):
        rule, other = a_rule(cinema), a_rule(CinemaFactory())
        assert ids(anyone.get(RULES, {"cinema": cinema.pk})) == [rule.pk]
        assert ids(anyone.get(RULES, {"cinema": other.cinema_id})) == [other.pk]
        assert anyone.get(RULES, {"cinema": "x"}).status_code == 400

    def test_need_the_right_for_it(self, anyone, owner_client, stranger, cinema):
        rule = a_rule(cinema)
        body = {"cinema": cinema.pk, "name": "Free", "percentage": -100}
        for client, status in ((anyone, 401), (owner_client, 403)):
            assert client.post(RULES, body).status_code == status
            assert client.delete(f"{RULES}{rule.pk}/").status_code == status
        stranger.is_staff = True
        stranger.save()
        assert client_of(stranger).post(RULES, body).status_code == 403
        stranger.user_permissions.add(Permission.objects.get(codename="add_pricerule"))
        stranger = type(stranger).objects.get(pk=stranger.pk)
        assert client_of(stranger).post(RULES, body).status_code == 201
        assert client_of(stranger).delete(f"{RULES}{rule.pk}/").status_code == 403

    @pytest.mark.parametrize(
        ("attr", "value"),
        [
            *(("weekdays", junk) for junk in ("x", 7, None, {})),
            ("from_time", "25:00"),
            ("to_time", "17:00+02:00"),
            ("to_time", 17),
            ("to_time", None),
            ("valid_from", "x"),
            ("valid_until", [1]),
            ("amount", 5_000_000),
            ("amount", -5_000_000),
            ("amount", 2**64),
            ("amount", 1.5),
            ("amount", True),
            ("amount", []),
            ("percentage", -101),
            ("percentage", 501),
            ("percentage", 2**63),
            ("priority", 1001),
            ("priority", -(2**63)),
            ("name", "x" * 61),
            ("name", None),
            ("name", {}),
            ("cinema", 2**63),
            ("cinema", "x"),
            ("cinema", []),
            ("is_active", "maybe"),
        ],
    )
    def test_junk_is_a_400_that_names_the_field(self, staff_client, cinema, attr, value):
        body = {"cinema": cinema.pk, "name": "Odd", "amount": 100}
        if attr == "percentage":
            del body["amount"]
        answer = staff_client.post(RULES, body | {attr: value})
        assert (answer.status_code, error_of(answer)["attr"]) == (400, attr)

    @pytest.mark.parametrize("days", [[7], [-1], [True], [1.5], ["Monday"], [None], [[1]], [1, 1]])
    def test_days_that_are_none_or_come_twice_are_a_400(self, staff_client, cinema, days):
        body = {"cinema": cinema.pk, "name": "Odd", "amount": 100, "weekdays": days}
        answer = staff_client.post(RULES, body)
        assert (answer.status_code, error_of(answer)["attr"].split(".")[0]) == (400, "weekdays")

    def test_an_amount_or_a_percentage_and_not_both(self, staff_client, cinema):
        for change in ({}, {"amount": 1, "percentage": 1}, {"amount": None, "percentage": None}):
            answer = staff_client.post(RULES, {"cinema": cinema.pk, "name": "Odd"} | change)
            assert answer.status_code == 400
            assert "amount or a percentage" in error_of(answer)["detail"]
        rule = a_rule(cinema)
        assert staff_client.patch(f"{RULES}{rule.pk}/", {"percentage": 5}).status_code == 400

    def test_the_last_day_is_not_before_the_first(self, staff_client, cinema):
        days = {"valid_from": "2027-03-02", "valid_until": "2027-03-01"}
        body = {"cinema": cinema.pk, "name": "Odd", "amount": 1}
        answer = staff_client.post(RULES, body | days)
        assert (answer.status_code, "before the first" in error_of(answer)["detail"]) == (
            400,
            True,
        )
        days["valid_until"] = days["valid_from"]
        assert staff_client.post(RULES, body | days).status_code == 201

    def test_the_number_of_queries_does_not_grow_with_rows(
        self, anyone, cinema, django_assert_num_queries
    ):
        for count in (2, 20):
            while PriceRule.objects.count() < count:
                a_rule(cinema)
            with django_assert_num_queries(3):
                assert len(ids(anyone.get(RULES))) == count


class TestConstraints:
    """What no form lets through, whoever writes."""

    @pytest.mark.parametrize(
        "wrong",
        [
            {"amount": None},
            {"percentage": 10},
            {"valid_from": "2027-03-02", "valid_until": "2027-03-01"},
        ],
    )
    def test_the_database_refuses(self, cinema, wrong):
        with pytest.raises(IntegrityError), transaction.atomic():
            a_rule(cinema, **wrong)


def told(client, show, seat):
    """What every reader says that this seat costs, and the show."""
    address = f"/api/show_times/{show.pk}/"
    prices = client.get(f"{address}availability/").json()["prices"]
    free = client.get(f"/api/available-seats/?showtime={show.pk}").json()["results"]
    shows = client.get(f"/api/showtime/{show.movie_id}/").json()["results"]
    shows += client.get("/api/show_times/").json()["results"] + [client.get(address).json()]
    drawn = ElementTree.fromstring(client.get(f"{address}seat_map.svg").content)
    titles = [node.text for node in drawn.iter("{http://www.w3.org/2000/svg}title")]
    (on_the_map,) = [text for text in titles if f"Seat {seat.label}," in text]
    quote = client.post(f"{address}quote/", {"seats": [seat.pk]}).json()
    return {
        *(price["price"]["amount"] for price in prices),
        *(one["price"]["amount"] for one in free if one["id"] == seat.pk),
        *(one["price"]["amount"] for one in shows if one["id"] == show.pk),
        round(float(on_the_map.split(", ")[-1].split()[0]) * 100),
        quote["total"]["amount"],
    }


class TestReaders:
    def test_all_tell_of_a_change_at_once_and_the_next_hold_takes_it(
        self, anyone, owner, staff_client, place, cinema
    ):
        show, seats = place
        assert told(anyone, show, seats[3]) == {1250}
        rule = a_rule(cinema)
        assert told(anyone, show, seats[3]) == {1000}
        assert held(owner, show, seats[:1]).total == 1000
        change = {"amount": None, "percentage": 10}
        assert staff_client.patch(f"{RULES}{rule.pk}/", change).status_code == 200
        assert told(anyone, show, seats[3]) == {1375}
        assert held(owner, show, seats[1:2]).total == 1375
        rule.delete()
        assert told(anyone, show, seats[3]) == {1250}
        assert held(None, show, seats[2:3]).total == 1250

    def test_shows_name_the_rules_and_their_base_price(self, anyone, staff_client, place, cinema):
        show, _ = place
        a_rule(cinema, name="Then a tenth", percentage=-10, amount=None, priority=2)
        a_rule(cinema, name="First less", amount=-250, priority=1)
        a_rule(cinema, name="Off", is_active=False)
        for client in anyone, staff_client:
            one = client.get(f"/api/show_times/{show.pk}/").json()
            assert [one["base_price"]["amount"], one["price"]["amount"]] == [1250, 900]
            assert one["price_rules"] == [
                {"name": "First less", "change": {"amount": -250, "currency": "usd"}},
                {"name": "Then a tenth", "change": {"amount": -100, "currency": "usd"}},
            ]

    def test_what_staff_write_is_the_base_price_and_answered_with_the_rules(
        self, staff_client, place, cinema
    ):
        address, rule = f"/api/show_times/{place[0].pk}/", a_rule(cinema)
        for base, change in ((2000, -250), (1500, 400)):
            rule.amount = change
            rule.save()
            one = staff_client.patch(address, {"price": base}).json()
            assert [one["base_price"]["amount"], one["price"]["amount"]] == [base, base + change]

    def test_a_rule_of_another_cinema_does_nothing(self, anyone, place):
        show, seats = place
        a_rule(CinemaFactory())
        assert told(anyone, show, seats[0]) == {1250}

    def test_a_cinema_takes_its_rules_along(self, staff_client):
        rule = a_rule(CinemaFactory())
        assert staff_client.delete(f"/api/cinemas/{rule.cinema_id}/").status_code == 204
        assert not PriceRule.objects.exists()

    def test_many_cinemas_cost_a_list_no_more_queries(self, anyone, django_assert_num_queries):
        for count in (2, 6):
            for _ in range(count):
                a_rule(show_with_seats(1)[0].hall.cinema)
            with django_assert_num_queries(7):
                shows = anyone.get("/api/show_times/").json()["results"]
            assert {one["price"]["amount"] for one in shows} == {1000}


class TestClocks:
    """Nine in the evening in Lisbon, on the day before and the day after its clocks go back."""

    @pytest.mark.parametrize("day", ["2027-10-30T20:30+00:00", "2027-10-31T21:30+00:00"])
    def test_windows_are_read_by_the_cinemas_clock(self, owner, day):
        show, seats = show_with_seats(1, starts_at=datetime.fromisoformat(day))
        evening = {"from_time": time(21), "to_time": time(22), "weekdays": [5, 6]}
        a_rule(show.hall.cinema, name="Evening", amount=100, **evening)
        a_rule(show.hall.cinema, name="Earlier", amount=7, to_time=time(21))
        reservation = held(owner, show, seats, at=show.starts_at - timedelta(days=1))
        assert reservation.total == 1350
        assert reservation.price_rules == [{"name": "Evening", "change": 100}]

    def test_a_cinema_that_sets_its_clocks_sells_by_them(self, anyone, owner):
        at = (timezone.now() + timedelta(days=30)).replace(hour=22, minute=30, second=0)
        show, seats = show_with_seats(1, starts_at=at, sales_close_at=at)
        cinema = show.hall.cinema
        a_rule(cinema, amount=-250, from_time=time(3), to_time=time(5))
        assert told(anyone, show, seats[0]) == {1250}
        cinema.time_zone = "Asia/Kathmandu"  # 5:45 later
        cinema.save()
        assert told(anyone, show, seats[0]) == {1000}


def test_another_ticket_type_of_a_kept_show_is_told(anyone, place, cinema):
    a_rule(cinema)
    TicketType.objects.create(name="Half", percentage=50)
    show, _ = place
    prices = anyone.get(f"/api/show_times/{show.pk}/availability/").json()["prices"]
    assert {one["price"]["amount"] for one in prices} == {1000, 500}
