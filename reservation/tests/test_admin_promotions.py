"""Promotions at the desk."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reservation.models import Promotion, TicketType
from reservation.tests.factories import (
    PromotionFactory,
    ShowTimeFactory,
    confirmed,
    held,
    show_with_seats,
)

pytestmark = pytest.mark.django_db

LIST = reverse("admin:reservation_promotion_changelist")
ADD = reverse("admin:reservation_promotion_add")
FORM = {
    "code": "summer-26",
    "name": "Summer",
    "is_active": "on",
    "percentage": "",
    "amount": "5.00",
    "limit": "10",
    "limit_per_user": "",
    "least_tickets": "0",
    "least_total": "",
    "weekdays": ["0", "4"],
    "valid_from": "2026-06-01T08:00",
    "valid_until": "",
}


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def page_of(promotion, page="change"):
    return reverse(f"admin:reservation_promotion_{page}", args=[promotion.pk])


def errors_of(response) -> str:
    assert response.status_code == 200
    return str(response.context["adminform"].form.errors)


def sold(user, promotion):
    return held(user, *show_with_seats(1), promo_code=promotion.code)


class TestTheForm:
    def test_makes_a_promotion(self, desk):
        show = ShowTimeFactory()
        scope = {"movies": [show.movie_id], "shows": [show.pk]}
        assert desk.get(ADD).status_code == 200
        answer = desk.post(ADD, FORM | scope)
        assert answer.status_code == 302, errors_of(answer)
        made = Promotion.objects.get()
        assert (made.code, made.amount, made.percentage, made.limit) == (
            "SUMMER-26",
            500,
            None,
            10,
        )
        assert made.weekdays == [0, 4]
        assert made.valid_from == datetime(2026, 6, 1, 8, tzinfo=UTC)
        assert (list(made.movies.all()), list(made.shows.all())) == ([show.movie], [show])

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"code": "a b"}, "letters (A to Z)"),
            ({"code": "TAKEN"}, "already exists"),
            ({"percentage": "20"}, "an amount or a percentage"),
            ({"amount": ""}, "an amount or a percentage"),
            ({"amount": "0"}, "greater than or equal to"),
            ({"shows_from": "2026-02-02", "shows_until": "2026-02-01"}, "before the first"),
            ({"valid_from": "0001-01-01T00:00"}, "Give a year from"),
            ({"valid_until": "2026-06-01T08:00"}, "ends before it begins"),
            ({"limit": "0"}, "greater than or equal to 1"),
            ({"limit": "9" * 30}, "less than or equal to"),
            ({"weekdays": ["7"]}, "not one of the available choices"),
            ({"movies": ["x"]}, "not a valid value"),
            ({"shows": ["999999"]}, "not one of the available choices"),
        ],
    )
    def test_says_what_is_wrong(self, desk, wrong, words):
        PromotionFactory(code="TAKEN")
        assert words in errors_of(desk.post(ADD, FORM | wrong))

    def test_changes_it_and_no_reservation(self, desk, owner):
        promotion = PromotionFactory(code="SUMMER-26")
        mine = sold(owner, promotion)
        page = desk.get(page_of(promotion))
        assert "0 sold and 1 held, of any number" in page.content.decode()
        assert desk.post(page_of(promotion), FORM).status_code == 302
        promotion.refresh_from_db()
        assert (promotion.amount, promotion.percentage) == (500, None)
        mine.refresh_from_db()
        assert mine.total == 1000

    def test_keeps_the_code_of_one_that_was_used(self, desk, owner):
        promotion = PromotionFactory(code="SUMMER-26")
        form = FORM | {"weekdays": [], "valid_from": ""}
        assert desk.post(page_of(promotion), form | {"code": "WINTER"}).status_code == 302
        sold(owner, promotion := Promotion.objects.get())
        assert "keeps its name" in errors_of(desk.post(page_of(promotion), form))
        assert Promotion.objects.get().code == "WINTER"


class TestDeleting:
    def test_is_for_those_that_were_never_used(self, desk, owner):
        unused, used = PromotionFactory(), PromotionFactory()
        unused.cinemas.add(ShowTimeFactory().hall.cinema)
        sold(owner, used)
        assert desk.post(page_of(unused, "delete"), {"post": "yes"}).status_code == 302
        assert (
            "1 reservation" in desk.post(page_of(used, "delete"), {"post": "yes"}).content.decode()
        )
        assert list(Promotion.objects.all()) == [used]

    def test_what_a_promotion_is_for_stays(self, desk):
        """Else a code of one film would be good for all."""
        promotion, show = PromotionFactory(), ShowTimeFactory()
        promotion.shows.add(show)
        url = reverse("admin:reservation_showtime_delete", args=[show.pk])
        assert "1 scopes of promotions" in desk.post(url, {"post": "yes"}).content.decode()
        assert list(promotion.shows.all()) == [show]


class TestTheList:
    def test_tells_uses_in_as_many_queries_for_many(
        self, desk, owner, django_assert_max_num_queries
    ):
        at = timezone.now()
        for number in range(6):
            promotion = PromotionFactory(limit=number + 1)
            confirmed(owner, *show_with_seats(1))
            held(owner, *show_with_seats(1), at=at, promo_code=promotion.code)
        with django_assert_max_num_queries(8):
            page = desk.get(LIST).content.decode()
        assert "0 sold and 1 held, of 6" in page

    def test_is_for_those_who_may_see_it(self, desk, owner, staff):
        staff.is_superuser = False
        staff.save()
        assert desk.get(LIST).status_code == 403

    def test_and_its_pages_are_read_by_whoever_may_only_see_it(self, desk, owner, staff):
        promotion = PromotionFactory(percentage=None, amount=500, weekdays=[0, 4])
        promotion.shows.add(ShowTimeFactory())
        staff.is_superuser = False
        staff.save()
        staff.user_permissions.add(Permission.objects.get(codename="view_promotion"))
        page = desk.get(page_of(promotion)).content.decode()
        assert "5.00 USD" in page
        assert "Monday, Friday" in page
        assert str(promotion.shows.get()) in page
        assert desk.post(page_of(promotion), FORM).status_code == 403

    def test_looks_films_and_shows_up_while_one_types(self, desk):
        show = ShowTimeFactory()
        for field, row in (("movies", show.movie), ("shows", show)):
            asked = {"app_label": "reservation", "model_name": "promotion", "field_name": field}
            found = desk.get(reverse("admin:autocomplete"), asked | {"term": show.movie.title})
            assert [one["text"] for one in found.json()["results"]] == [str(row)]

    def test_of_reservations_names_the_code(self, desk, owner):
        mine = sold(owner, PromotionFactory(code="SUMMER-26"))
        url = reverse("admin:reservation_reservation_change", args=[mine.pk])
        assert "SUMMER-26 (2.50 USD less)" in desk.get(url).content.decode()


def test_a_ticket_type_that_a_code_is_for_stays(desk):
    child = TicketType.objects.create(name="Child", percentage=50)
    PromotionFactory().ticket_types.add(child)
    url = reverse("admin:reservation_tickettype_delete", args=[child.pk])
    desk.post(url, {"post": "yes"})
    assert TicketType.objects.filter(pk=child.pk).exists()
