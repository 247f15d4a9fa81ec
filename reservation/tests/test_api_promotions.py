"""Promotions as staff look after them over the API."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from conftest import client_of
from reservation import exchanging
from reservation.choosing import Wish
from reservation.models import Promotion, TicketType
from reservation.sale import SeatChoice
from reservation.tests.factories import (
    PromotionFactory,
    ShowTimeFactory,
    confirmed,
    held,
    show_with_seats,
)
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

URL = "/api/promotions/"
BODY = {"code": "summer-26", "name": "Summer", "percentage": 20}


def error_of(answer):
    return answer.json()["errors"][0]


def one(promotion):
    return f"{URL}{promotion.pk}/"


class TestWhoMay:
    def test_nobody_but_staff_with_the_rights_for_it(self, anyone, owner_client):
        promotion = PromotionFactory()
        usher = UserFactory(is_staff=True)
        for client, status in ((anyone, 401), (owner_client, 403), (client_of(usher), 403)):
            answers = [
                client.get(URL),
                client.get(one(promotion)),
                client.post(URL, BODY),
                client.patch(one(promotion), {"percentage": 100}),
                client.delete(one(promotion)),
                client.options(URL),
            ]
            assert {answer.status_code for answer in answers} == {status}
        assert Promotion.objects.get().percentage == 20

    def test_each_what_their_rights_let_them(self):
        reader = UserFactory(is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_promotion"))
        promotion = PromotionFactory()
        assert client_of(reader).get(one(promotion)).status_code == 200
        assert client_of(reader).patch(one(promotion), {"name": "x"}).status_code == 403

    def test_a_right_makes_nobody_staff(self, owner):
        owner.user_permissions.add(Permission.objects.get(codename="view_promotion"))
        assert client_of(owner).get(URL).status_code == 403

    def test_no_cache_keeps_it(self, staff_client):
        assert "no-store" in staff_client.get(URL)["Cache-Control"]


class TestWriting:
    def test_makes_and_changes_one(self, staff_client, owner):
        show, seats = show_with_seats(1)
        made = staff_client.post(URL, BODY | {"shows": [show.pk], "limit": 3})
        assert made.status_code == 201, made.content
        told = made.json()
        assert (told["code"], told["shows"], told["sold"], told["held"]) == (
            "SUMMER-26",
            [show.pk],
            0,
            0,
        )
        mine = held(owner, show, seats, promo_code="SUMMER-26")
        change = {"percentage": None, "amount": 1, "shows": [], "code": "Summer-26"}
        answer = staff_client.patch(f"{URL}{told['id']}/", change)
        assert answer.status_code == 200, answer.content
        changed = answer.json()
        assert (changed["amount"], changed["percentage"], changed["shows"]) == (1, None, [])
        assert (changed["limit"], changed["held"]) == (3, 1)
        mine.refresh_from_db()
        assert mine.total == 1000
        assert Promotion.objects.get().counted_at is not None

    def test_tells_a_reservation_once_whose_exchange_waits(self, staff_client, owner):
        """What waits to take its place takes its use over: the limit counts one, too."""
        show, seats = show_with_seats(2)
        promotion = PromotionFactory(limit=2)
        mine = confirmed(owner, show, seats[:1], promo_code=promotion.code)
        wish = Wish([SeatChoice(seat.pk) for seat in seats])
        exchanging.exchange(reservation_id=mine.pk, wish=wish, at=timezone.now())
        told = staff_client.get(one(promotion)).json()
        assert (told["sold"], told["held"]) == (1, 0)

    def test_one_that_was_used_keeps_its_code_and_stays(self, staff_client, owner):
        promotion = PromotionFactory()
        held(owner, *show_with_seats(1), promo_code=promotion.code)
        renamed = staff_client.patch(one(promotion), {"code": "OTHER"})
        assert (renamed.status_code, error_of(renamed)["code"]) == (409, "promo_code_was_used")
        gone = staff_client.delete(one(promotion))
        assert (gone.status_code, error_of(gone)["code"]) == (409, "promotion_was_used")
        assert staff_client.delete(one(PromotionFactory())).status_code == 204
        assert staff_client.patch(one(promotion), {"is_active": False}).status_code == 200

    def test_what_it_is_for_stays(self, staff_client):
        """Else a code of one show would be good for all."""
        promotion, show = PromotionFactory(), ShowTimeFactory()
        child = TicketType.objects.create(name="Child", percentage=50)
        promotion.shows.add(show)
        promotion.ticket_types.add(child)
        for path in (f"/api/show_times/{show.pk}/", f"/api/ticket_types/{child.pk}/"):
            answer = staff_client.delete(path)
            assert (answer.status_code, error_of(answer)["code"]) == (409, "in_use")
        assert list(promotion.shows.all()) == [show]

    @pytest.mark.parametrize(
        ("wrong", "attr"),
        [
            ({"code": "a b"}, "code"),
            ({"code": "Taken"}, "code"),
            ({"code": ["A"]}, "code"),
            ({"code": None}, "code"),
            ({"amount": 5}, "non_field_errors"),
            ({"percentage": None}, "non_field_errors"),
            ({"percentage": 101}, "percentage"),
            ({"percentage": 10**40}, "percentage"),
            ({"percentage": None, "amount": 10**40}, "amount"),
            ({"limit": 0}, "limit"),
            ({"limit": 2**63}, "limit"),
            ({"least_tickets": 10**40}, "least_tickets"),
            ({"weekdays": [7]}, "weekdays"),
            ({"weekdays": {"0": 1}}, "weekdays"),
            ({"weekdays": None}, "weekdays"),
            ({"weekdays": [[0]]}, "weekdays"),
            ({"weekdays": [True]}, "weekdays"),
            ({"movies": 3}, "movies"),
            ({"movies": [2**63]}, "movies"),
            ({"shows": [10**6]}, "shows"),
            ({"valid_from": "0001-01-01T00:00:00+14:00"}, "valid_from"),
            ({"valid_from": []}, "valid_from"),
            ({"shows_from": "2026-13-01"}, "shows_from"),
            ({"shows_from": "2026-02-02", "shows_until": "2026-02-01"}, "non_field_errors"),
            (
                {"valid_from": "2026-02-02T00:00:00Z", "valid_until": "2026-02-02T00:00:00Z"},
                "non_field_errors",
            ),
        ],
    )
    def test_says_what_is_wrong(self, staff_client, wrong, attr):
        PromotionFactory(code="TAKEN")
        answer = staff_client.post(URL, BODY | wrong)
        assert answer.status_code == 400, answer.content
        found = error_of(answer)["attr"]
        assert (found or "non_field_errors") == attr, answer.content
        assert Promotion.objects.count() == 1

    @pytest.mark.parametrize("body", [[], "x", 5, None, {"code": {}}])
    def test_reads_no_junk(self, staff_client, body):
        promotion = PromotionFactory()
        for answer in (
            staff_client.generic("POST", URL, json.dumps(body), "application/json"),
            staff_client.generic("PUT", one(promotion), json.dumps(body), "application/json"),
        ):
            assert answer.status_code == 400

    def test_half_a_change_is_none(self, staff_client):
        promotion = PromotionFactory()
        assert staff_client.patch(one(promotion), {"amount": 5}).status_code == 400
        assert staff_client.get(f"{URL}{2**63}/").status_code == 404
        assert staff_client.get(f"{URL}{10**18}/").status_code == 404


class TestReading:
    def test_a_list_costs_the_same_for_many(self, staff_client, owner, django_assert_num_queries):
        for number in range(4):
            promotion = PromotionFactory(limit=5)
            held(owner, *show_with_seats(1), promo_code=promotion.code)
            promotion.shows.add(ShowTimeFactory())
            # Of how many there are, them, and what they are for.
            with django_assert_num_queries(6):
                rows = staff_client.get(URL).json()["results"]
            assert [row["held"] for row in rows] == [1] * (number + 1)

    def test_finds_and_orders_them(self, staff_client):
        PromotionFactory(code="SUMMER")
        PromotionFactory(code="WINTER", name="Snow")
        for query, codes in (
            ("ordering=-code", ["WINTER", "SUMMER"]),
            ("search=snow", ["WINTER"]),
        ):
            rows = staff_client.get(f"{URL}?{query}").json()["results"]
            assert [row["code"] for row in rows] == codes
