"""Holding, looking and cancelling as clients do it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from reservation import booking, facts, holding
from reservation.api.quotes import QuoteRequestSerializer
from reservation.api.reservation_serializers import HoldSerializer
from reservation.models import IdempotentRequest, Reservation, SeatCategory, TicketType
from reservation.sale import SeatChoice
from reservation.tests.factories import SeatFactory, confirmed, held, show_with_seats

pytestmark = pytest.mark.django_db

URL = "/api/reservation/"


@pytest.fixture
def show_and_seats():
    return show_with_seats(4)


@pytest.fixture
def body(show_and_seats):
    show, seats = show_and_seats
    return {"showtime": show.pk, "seats": [seats[0].pk, seats[1].pk]}


def error_of(answer):
    return answer.json()["errors"][0]


class TestHold:
    def test_answers_with_all_that_a_client_shows(self, owner_client, body):
        answer = owner_client.post(URL, body)
        assert answer.status_code == 201
        told = answer.json()
        assert told["state"] == "held"
        assert len(told["code"]) == 10
        assert [seat["label"] for seat in told["seats"]] == ["A1", "A2"]
        assert told["seats"][0]["price"] == {"amount": 1250, "currency": "usd"}
        assert told["total"] == {"amount": 2500, "currency": "usd"}
        assert told["server_time"] < told["expires_at"]
        assert told["tickets"] == []
        assert told["showtime"]["id"] == body["showtime"]

    def test_people_may_be_named_per_seat(self, owner_client, show_and_seats):
        show, seats = show_and_seats
        child = TicketType.objects.create(name="Child", percentage=70)
        tickets = [{"seat": seats[0].pk, "ticket_type": child.pk}]
        told = owner_client.post(URL, {"showtime": show.pk, "tickets": tickets}).json()
        assert told["total"]["amount"] == 875
        assert told["seats"][0]["ticket_type"] == "Child"

    def test_taken_seats_are_named(self, owner_client, stranger_client, body):
        owner_client.post(URL, body)
        answer = stranger_client.post(URL, body)
        assert answer.status_code == 409
        assert error_of(answer)["code"] == "seats_taken"
        assert [seat["label"] for seat in error_of(answer)["seats"]] == ["A1", "A2"]

    def test_needs_a_login(self, anyone, body):
        answer = anyone.post(URL, body)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_too_many_holds_are_throttled(self, owner_client, body, settings):
        settings.RATE_LIMITS = settings.RATE_LIMITS | {"hold_account": (2, 60)}
        with time_machine.travel(1_800_000_000, tick=False):
            for _ in range(2):
                assert owner_client.post(URL, {}).status_code == 400
            answer = owner_client.post(URL, body)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 60

    def test_costs_a_fixed_number_of_queries(
        self, owner_client, show_and_seats, django_assert_num_queries
    ):
        show, seats = show_and_seats
        facts.of(show)
        for wish in (seats[:1], seats[1:]):
            with django_assert_num_queries(9):  # the login, 7 of `hold`, a test's savepoint
                ids = [seat.pk for seat in wish]
                owner_client.post(URL, {"showtime": show.pk, "seats": ids})

    WRONG = (
        None,
        [],
        "text",
        7,
        {},
        {"showtime": 1},
        {"seats": [1]},
    )

    @pytest.mark.parametrize("wrong", WRONG)
    def test_bodies_of_the_wrong_form_are_400(self, owner_client, wrong):
        assert owner_client.post(URL, wrong, format="json").status_code == 400

    @pytest.mark.parametrize(
        "wrong",
        [None, "", "x", "1.5", 7.9, True, -1, 0, 2**63, 10**400, [], [[1]], {}, "\x00"],
    )
    def test_values_of_the_wrong_form_are_400(self, owner_client, body, wrong):
        wrongs = (
            {"showtime": wrong},
            {"seats": wrong},
            {"seats": [wrong]},
            {"seats": None, "tickets": wrong},
            {"tickets": [wrong]},
            {"tickets": [{"seat": wrong, "ticket_type": 1}]},
        )
        for change in wrongs:
            asked = {key: value for key, value in (body | change).items() if value is not None}
            if asked == body:
                continue
            answer = owner_client.post(URL, asked)
            assert answer.status_code == 400, change
            assert answer.json()["errors"][0]["code"]
        assert not Reservation.objects.exists()

    def test_a_seat_named_twice_or_in_two_ways_is_400(self, owner_client, body):
        twice = body | {"seats": body["seats"][:1] * 2}
        assert error_of(owner_client.post(URL, twice))["code"] == "duplicate_seats"
        both = body | {"tickets": [{"seat": body["seats"][0], "ticket_type": 1}]}
        assert error_of(owner_client.post(URL, both))["code"] == "seats_or_tickets"

    @pytest.mark.parametrize(
        ("change", "code", "attr"),
        [
            ({"showtime": 2**62}, "unknown_showtime", "showtime"),
            ({"seats": [2**62]}, "unknown_seats", "seats"),
            ({"seats": list(range(1, 12))}, "too_many_seats", "seats"),
        ],
    )
    def test_unknown_and_too_many_things_are_named(self, owner_client, body, change, code, attr):
        answer = owner_client.post(URL, body | change)
        assert answer.status_code == 400
        assert (error_of(answer)["code"], error_of(answer)["attr"]) == (code, attr)


class TestIdempotency:
    def ask(self, client, body, key="my-key"):
        return client.post(URL, body, headers={"Idempotency-Key": key})

    def test_the_second_answer_is_the_first(self, owner_client, body):
        first, second = self.ask(owner_client, body), self.ask(owner_client, body)
        assert first.status_code == second.status_code == 201
        assert first.content == second.content
        assert second.headers["Idempotent-Replayed"] == "true"
        assert Reservation.objects.count() == 1

    def test_a_key_costs_two_statements(
        self, owner_client, show_and_seats, body, django_assert_num_queries
    ):
        facts.of(show_and_seats[0])
        with django_assert_num_queries(11):  # of which 9 are those of a hold without a key
            assert self.ask(owner_client, body).status_code == 201

    def test_it_is_the_same_body_in_any_order_and_spacing(self, owner_client, body):
        self.ask(owner_client, body)
        turned = dict(reversed(body.items()))
        assert self.ask(owner_client, turned).status_code == 201

    def test_another_body_is_422(self, owner_client, body):
        self.ask(owner_client, body)
        answer = self.ask(owner_client, body | {"seats": body["seats"][:1]})
        assert (answer.status_code, error_of(answer)["code"]) == (422, "idempotency_key_reused")

    def test_a_refused_request_may_be_tried_again(self, owner_client, stranger, body):
        other = holding.hold(
            user_id=stranger.pk,
            show_id=body["showtime"],
            choices=[SeatChoice(body["seats"][0])],
            at=timezone.now(),
        )
        assert self.ask(owner_client, body).status_code == 409
        booking.cancel(reservation_id=other.pk, at=timezone.now())
        assert self.ask(owner_client, body).status_code == 201

    def test_keys_are_each_user_s_own(self, owner_client, stranger_client, show_and_seats):
        show, seats = show_and_seats
        for client, seat in ((owner_client, seats[0]), (stranger_client, seats[1])):
            answer = self.ask(client, {"showtime": show.pk, "seats": [seat.pk]})
            assert answer.status_code == 201
        assert Reservation.objects.count() == 2

    @pytest.mark.parametrize("key", ["", "x" * 256, "clé", "tab\tkey"])
    def test_keys_that_are_none_are_400(self, owner_client, body, key):
        assert self.ask(owner_client, body, key).status_code == 400
        assert not IdempotentRequest.objects.exists()


class TestLook:
    def test_shows_one_s_own_newest_first(self, owner, owner_client, stranger, show_and_seats):
        show, seats = show_and_seats
        held(stranger, show, seats[:1])
        first = held(owner, show, seats[1:2], at=timezone.now() - timedelta(minutes=1))
        second = confirmed(owner, show, seats[2:3])
        told = owner_client.get(URL).json()
        assert told["count"] == 2
        assert [one["id"] for one in told["results"]] == [second.pk, first.pk]
        assert [ticket["seat"] for ticket in told["results"][0]["tickets"]] == ["A3"]

    @pytest.mark.parametrize("method", ["get", "delete"])
    def test_another_s_id_answers_like_one_that_does_not_exist(
        self, owner, stranger_client, staff_client, show_and_seats, method
    ):
        show, seats = show_and_seats
        reservation = held(owner, show, seats)
        for client in (stranger_client, staff_client):
            theirs = getattr(client, method)(f"{URL}{reservation.pk}/")
            nobodys = getattr(client, method)(f"{URL}{reservation.pk + 1000}/")
            assert theirs.status_code == nobodys.status_code == 404
            assert theirs.json() == nobodys.json()
        reservation.refresh_from_db()
        assert reservation.state == "held"

    def test_a_dead_hold_is_expired_for_its_owner_too(self, owner, owner_client, show_and_seats):
        show, seats = show_and_seats
        reservation = held(owner, show, seats, at=timezone.now() - timedelta(minutes=10))
        assert owner_client.get(f"{URL}{reservation.pk}/").json()["state"] == "expired"
        assert owner_client.get(f"{URL}?state=expired").json()["count"] == 1
        assert owner_client.get(f"{URL}?state=held").json()["count"] == 0

    @pytest.mark.parametrize("query", ["state=paid", "page=0", "page=x", "page_size=-1"])
    def test_malformed_questions_are_400(self, owner_client, query):
        assert owner_client.get(f"{URL}?{query}").status_code == 400

    def test_a_page_past_the_last_is_404(self, owner_client):
        assert owner_client.get(f"{URL}?page=2").status_code == 404

    def test_costs_the_same_queries_for_any_number_of_rows(
        self, owner, owner_client, django_assert_num_queries, settings
    ):
        settings.MAX_HOLDS_PER_SHOW = 20
        show, seats = show_with_seats(20)
        for count in (1, 10):
            for _ in range(count):
                held(owner, show, [seats.pop()])
            with django_assert_num_queries(4):
                owner_client.get(URL)

    def test_is_not_stored_on_the_way(self, owner_client):
        assert "no-store" in owner_client.get(URL).headers["Cache-Control"]


class TestCancel:
    @pytest.mark.parametrize("count", [1, 10])
    def test_releasing_a_hold_costs_a_fixed_number_of_queries(
        self, owner, owner_client, count, django_assert_num_queries
    ):
        show, seats = show_with_seats(10)
        reservation = held(owner, show, seats[:count])
        # Whether it is their own, the lock, four changes, and a test's savepoint.
        with django_assert_num_queries(8):
            assert owner_client.delete(f"{URL}{reservation.pk}/").status_code == 204

    def test_a_hold_s_seats_are_free_at_once(
        self, owner, owner_client, stranger_client, show_and_seats, body
    ):
        pk = owner_client.post(URL, body).json()["id"]
        assert owner_client.delete(f"{URL}{pk}/").status_code == 204
        assert stranger_client.post(URL, body).status_code == 201

    def test_a_quote_tells_what_it_would_cost(self, owner, owner_client, show_and_seats):
        show, seats = show_and_seats
        reservation = confirmed(owner, show, seats[:1])
        url = f"{URL}{reservation.pk}/cancel/"
        quote = owner_client.get(url).json()
        assert (quote["fee"]["amount"], quote["refund"]["amount"]) == (0, 1250)
        with time_machine.travel(show.starts_at - timedelta(hours=1)):
            quote = owner_client.get(url).json()
            assert (quote["fee"]["amount"], quote["refund"]["amount"]) == (1250, 0)
            told = owner_client.post(url).json()
        assert told["state"] == "cancelled"
        assert told["cancellation_fee"]["amount"] == 1250

    def test_a_hold_is_quoted_for_nothing(self, owner, owner_client, show_and_seats):
        reservation = held(owner, *show_and_seats)
        quote = owner_client.get(f"{URL}{reservation.pk}/cancel/").json()
        assert (quote["fee"]["amount"], quote["refund"]["amount"]) == (0, 0)

    def test_again_changes_nothing(self, owner_client, body):
        pk = owner_client.post(URL, body).json()["id"]
        for _ in range(2):
            assert owner_client.post(f"{URL}{pk}/cancel/").status_code == 200
        assert owner_client.delete(f"{URL}{pk}/").status_code == 204

    def test_what_expired_can_t_be_cancelled(self, owner, owner_client, show_and_seats):
        show, seats = show_and_seats
        reservation = held(owner, show, seats, at=timezone.now() - timedelta(hours=1))
        answer = owner_client.post(f"{URL}{reservation.pk}/cancel/")
        assert (answer.status_code, error_of(answer)["code"]) == (409, "hold_expired")

    def test_nothing_else_can_be_changed(self, owner_client, body):
        pk = owner_client.post(URL, body).json()["id"]
        for method in (owner_client.put, owner_client.patch):
            assert method(f"{URL}{pk}/", {"state": "confirmed"}).status_code == 405

    @pytest.mark.parametrize("pk", ["0", "9" * 19, "9" * 30, "abc", "-1", "1.5"])
    def test_ids_that_are_none_answer_404(self, owner_client, pk):
        for path in (f"{URL}{pk}/", f"{URL}{pk}/cancel/"):
            assert owner_client.get(path).status_code == 404


class TestAvailableSeats:
    def ask(self, client, show, **headers):
        return client.get(f"/api/available-seats/?showtime={show.pk}", headers=headers)

    def labels(self, client, show):
        return [seat["label"] for seat in self.ask(client, show).json()["results"]]

    def test_tells_free_seats_with_their_prices(self, anyone, owner, show_and_seats):
        show, seats = show_and_seats
        vip = SeatCategory.objects.create(name="VIP", surcharge=400)
        SeatFactory(hall=show.hall, category=vip, row="B", number=1, y=1)
        held(owner, show, seats[:2])
        confirmed(owner, show, seats[2:3])
        told = self.ask(anyone, show).json()
        assert told["count"] == 2
        assert [(s["label"], s["category"], s["price"]["amount"]) for s in told["results"]] == [
            ("A4", "Standard", 1250),
            ("B1", "VIP", 1650),
        ]

    def test_a_dead_hold_s_seats_are_free_at_its_instant(self, anyone, owner, show_and_seats):
        show, seats = show_and_seats
        hold = held(owner, show, seats)
        with time_machine.travel(hold.expires_at - timedelta(seconds=1), tick=False):
            assert self.labels(anyone, show) == []
        with time_machine.travel(hold.expires_at, tick=False):
            assert self.labels(anyone, show) == ["A1", "A2", "A3", "A4"]

    def test_nothing_is_free_once_sales_have_closed(self, anyone, show_and_seats):
        show, _ = show_and_seats
        with time_machine.travel(show.sales_close_at, tick=False):
            assert self.labels(anyone, show) == []

    def test_retired_seats_are_not_offered(self, anyone, show_and_seats):
        show, seats = show_and_seats
        seats[0].retired_at = timezone.now()
        seats[0].save()
        assert self.labels(anyone, show) == ["A2", "A3", "A4"]

    def test_answers_304_until_something_changes(self, anyone, owner, show_and_seats):
        show, seats = show_and_seats
        etag = self.ask(anyone, show).headers["ETag"]
        assert self.ask(anyone, show, **{"If-None-Match": etag}).status_code == 304
        held(owner, show, seats[:1])
        assert self.ask(anyone, show, **{"If-None-Match": etag}).status_code == 200

    @pytest.mark.parametrize("count", [2, 200])
    def test_costs_the_same_queries_for_any_hall(self, anyone, count, django_assert_num_queries):
        show, _ = show_with_seats(count)
        with django_assert_num_queries(8):  # two ask for house seats and rules, once per edition
            assert self.ask(anyone, show).json()["count"] == count

    @pytest.mark.parametrize(
        "query",
        ["", "showtime=", "showtime=x", "showtime=1.5", "showtime=%00", "showtime=-1"]
        + [f"showtime={2**63}", f"showtime={10**400}", "showtime[]=1", "showtime=1&page=x"],
    )
    def test_malformed_questions_are_400(self, anyone, query, show_and_seats):
        show, _ = show_and_seats
        query = query.replace("showtime=1&", f"showtime={show.pk}&")
        assert anyone.get(f"/api/available-seats/?{query}").status_code == 400

    def test_an_unknown_show_is_404(self, anyone):
        assert anyone.get(f"/api/available-seats/?showtime={2**62}").status_code == 404


def test_fields_are_made_once_and_what_was_sent_is_everybodys_own():
    one, other = HoldSerializer(data={"showtime": 1, "seats": [1]}), HoldSerializer(data={})
    assert one.fields is other.fields
    assert (one.is_valid(), other.is_valid()) == (True, False)
    assert (dict(one.errors), set(other.errors)) == ({}, {"showtime"})
    assert "showtime" not in QuoteRequestSerializer(data={}).fields
