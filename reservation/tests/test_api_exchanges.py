"""Exchanges over the API: asked for, looked at beforehand, dropped; and what is no request."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from reservation.models import Exchange, IdempotentRequest, Reservation, SeatBlock, Ticket
from reservation.tests.factories import confirmed, held, show_with_seats
from reservation.tests.test_api_choosing import refused

pytestmark = pytest.mark.django_db

URL = "/api/reservation/"
HOUR = timedelta(hours=1)


@pytest.fixture
def place():
    return show_with_seats(6, starts_at=timezone.now() + 48 * HOUR)


@pytest.fixture
def seats(place):
    return [seat.pk for seat in place[1]]


@pytest.fixture
def paid(owner, place):
    """Two seats for 25.00."""
    return confirmed(owner, place[0], place[1][:2])


def url_of(reservation, more=""):
    return f"{URL}{reservation.pk}/exchange/{more}"


def labels(body):
    return [seat["label"] for seat in body["seats"]]


class TestExchange:
    def test_for_as_much_is_made_at_once(self, owner_client, paid, seats):
        answer = owner_client.post(url_of(paid), {"seats": seats[2:4]})
        body = answer.json()
        assert (answer.status_code, body["exchange"]) == (200, None)
        assert (body["code"], labels(body)) == (paid.code, ["A3", "A4"])
        assert len(body["tickets"]) == 2

    def test_for_more_waits_to_be_paid(self, owner_client, paid, seats):
        answer = owner_client.post(url_of(paid), {"seats": seats[1:4]})
        body = answer.json()
        assert (answer.status_code, labels(body)) == (202, ["A1", "A2"])
        waits = body["exchange"]
        assert labels(waits) == ["A2", "A3", "A4"]
        assert waits["to_pay"] == {"amount": 1250, "currency": "usd"}
        assert waits["total"] == {"amount": 3750, "currency": "usd"}
        assert waits["showtime"]["id"] == paid.showtime_id
        assert owner_client.get(f"{URL}{paid.pk}/").json()["exchange"] == waits

    def test_of_the_show(self, owner_client, paid):
        show, others = show_with_seats(2)
        body = {"showtime": show.pk, "seats": [seat.pk for seat in others]}
        assert owner_client.post(url_of(paid), body).json()["showtime"]["id"] == show.pk

    def test_for_the_best_and_for_whom(self, owner_client, paid):
        body = {"best_available": {"count": 2, "ticket_types": [1, 1]}}
        type_id = paid.tickets.first().ticket_type_id
        body["best_available"]["ticket_types"] = [type_id, type_id]
        assert owner_client.post(url_of(paid), body).status_code == 200

    def test_is_seen_as_one_reservation(self, owner_client, paid, seats):
        owner_client.post(url_of(paid), {"seats": seats[1:4]})
        assert [row["id"] for row in owner_client.get(URL).json()["results"]] == [paid.pk]
        replacement = Exchange.objects.get().replacement_id
        for path in (f"{URL}{replacement}/", f"/api/payment-status/{replacement}/"):
            assert owner_client.get(path).status_code == 404

    def test_is_not_told_any_more_once_it_lapsed(self, owner_client, paid, seats):
        owner_client.post(url_of(paid), {"seats": seats[1:4]})
        Reservation.objects.filter(pk=Exchange.objects.get().replacement_id).update(
            expires_at=timezone.now()
        )
        assert owner_client.get(f"{URL}{paid.pk}/").json()["exchange"] is None

    def test_seats_of_others_are_named(self, owner_client, paid, place, seats, stranger):
        held(stranger, place[0], place[1][2:3])
        answer = owner_client.post(url_of(paid), {"seats": seats[1:3]})
        assert [s["label"] for s in refused(answer, 409, "seats_taken")["seats"]] == ["A3"]

    def test_of_a_hold_is_refused(self, owner, owner_client, place, seats):
        hold = held(owner, place[0], place[1][:2])
        refused(owner_client.post(url_of(hold), {"seats": seats[2:4]}), 409, "not_confirmed")

    @pytest.mark.parametrize("more", ["", "quote/"])
    def test_of_another_s_is_of_none(self, stranger_client, anyone, paid, seats, more):
        answer = stranger_client.post(url_of(paid, more), {"seats": seats[2:4]})
        assert answer.status_code == 404
        assert anyone.post(url_of(paid, more), {"seats": seats[2:4]}).status_code == 401
        assert not Exchange.objects.exists()

    @pytest.mark.parametrize("count", [1, 3])
    def test_is_listed_with_the_same_queries(
        self, owner_client, owner, place, paid, seats, count, django_assert_num_queries
    ):
        show, others = show_with_seats(8)
        for n in range(count - 1):
            other = confirmed(owner, show, [others[n]])
            owner_client.post(url_of(other), {"seats": [others[n].pk, others[n + 4].pk]})
        owner_client.post(url_of(paid), {"seats": seats[1:4]})
        with django_assert_num_queries(6):
            told = owner_client.get(URL).json()["results"]
        assert all(row["exchange"] for row in told)


class TestQuote:
    def test_is_what_it_comes_to(self, owner_client, paid, seats):
        for wish in (seats[:1], seats[2:4], seats[1:4], seats[:2]):
            quote = owner_client.post(url_of(paid, "quote/"), {"seats": wish}).json()
            made = owner_client.post(url_of(paid), {"seats": wish}).json()
            after = made["exchange"] or made
            assert (quote["total"], quote["seats"]) == (after["total"], after["seats"])
            if made["exchange"]:
                assert quote["to_pay"] == after["to_pay"]
                owner_client.delete(url_of(paid))

    def test_leaves_nothing_behind(self, owner_client, paid, seats):
        owner_client.post(url_of(paid), {"seats": seats[1:4]})
        quote = owner_client.post(url_of(paid, "quote/"), {"seats": seats[:1]}).json()
        assert (quote["refund"]["amount"], quote["to_pay"]["amount"]) == (1250, 0)
        exchange = Exchange.objects.get()
        assert exchange.is_living_at(timezone.now())
        assert paid.tickets.live().count() == 2

    def test_is_refused_for_the_same_reasons(self, owner_client, paid):
        refused(
            owner_client.post(url_of(paid, "quote/"), {"seats": [2**62]}), 400, "unknown_seats"
        )


class TestDrop:
    def test_frees_what_was_held(self, owner_client, paid, seats):
        owner_client.post(url_of(paid), {"seats": seats[1:4]})
        for _ in range(2):
            assert owner_client.delete(url_of(paid)).status_code == 204
        assert Ticket.objects.live().count() == 2
        assert owner_client.get(f"{URL}{paid.pk}/").json()["exchange"] is None

    def test_of_another_s_is_of_none(self, owner_client, stranger_client, paid, seats):
        owner_client.post(url_of(paid), {"seats": seats[1:4]})
        assert stranger_client.delete(url_of(paid)).status_code == 404
        assert Ticket.objects.live().count() == 4


class TestIdempotency:
    def ask(self, client, reservation, body, key="one"):
        return client.post(url_of(reservation), body, headers={"Idempotency-Key": key})

    @pytest.mark.parametrize(("count", "status"), [(2, 200), (3, 202)])
    def test_the_same_key_gives_the_same_answer(self, owner_client, paid, seats, count, status):
        first = self.ask(owner_client, paid, {"best_available": {"count": count}})
        again = self.ask(owner_client, paid, {"best_available": {"count": count}})
        assert (first.status_code, again.status_code) == (status, status)
        assert first.json() == again.json()
        assert again.headers["Idempotent-Replayed"] == "true"
        assert Exchange.objects.count() == 1

    def test_for_another_body_or_reservation_it_is_refused(
        self, owner, owner_client, place, paid, seats
    ):
        other = confirmed(owner, place[0], place[1][4:5])
        body = {"seats": seats[2:4]}
        self.ask(owner_client, paid, body)
        reused = "idempotency_key_reused"
        refused(self.ask(owner_client, paid, {"seats": seats[:2]}), 422, reused)
        refused(self.ask(owner_client, other, body), 422, reused)
        hold = {"showtime": place[0].pk} | body
        headers = {"Idempotency-Key": "two"}
        owner_client.post(url_of(paid), hold, headers=headers)
        refused(owner_client.post(URL, hold, headers=headers), 422, reused)

    def test_what_was_refused_may_be_tried_again(self, owner_client, place, paid, seats):
        block = SeatBlock.objects.create(
            showtime=place[0], seat=place[1][2], kind="house", created_at=timezone.now()
        )
        assert self.ask(owner_client, paid, {"seats": seats[2:4]}).status_code == 409
        assert not IdempotentRequest.objects.exists()
        block.delete()
        assert self.ask(owner_client, paid, {"seats": seats[2:4]}).status_code == 200


WRONG = [
    None,
    [],
    "x",
    7,
    {},
    {"seats": []},
    {"seats": {}},
    {"seats": [None]},
    {"seats": [1.5]},
    {"seats": ["\x00"]},
    {"seats": [2**64]},
    {"seats": [1, 1]},
    {"seats": [[1]]},
    {"seats": [1], "showtime": None},
    {"seats": [1], "showtime": 2**63},
    {"seats": [1], "showtime": [1]},
    {"seats": [1], "best_available": {"count": 1}},
    {"best_available": {"count": 10**9}},
    {"tickets": [{"seat": 1}]},
    {"tickets": [{"seat": 1, "ticket_type": "\ud800"}]},
    {"seats": [1], "wheelchair_need": {}},
]


@pytest.mark.parametrize("more", ["", "quote/"])
def test_what_is_no_request_is_a_4xx_in_json(owner_client, paid, more):
    for body in WRONG:
        answer = owner_client.post(
            url_of(paid, more), json.dumps(body), content_type="application/json"
        )
        assert answer.status_code == 400, body
        assert answer.json()["errors"], body
    assert not Exchange.objects.exists()


@pytest.mark.parametrize("pk", ["0", "9" * 19, str(2**63), "9" * 40, "x", "%00"])
def test_an_id_that_can_be_none_is_a_404(owner_client, pk):
    for more in ("", "quote/"):
        answer = owner_client.post(f"{URL}{pk}/exchange/{more}", {"seats": [1]})
        assert answer.status_code == 404
        assert answer.json()["errors"]
