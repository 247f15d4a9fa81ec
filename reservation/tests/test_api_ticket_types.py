"""Ticket types as clients and staff meet them."""

import pytest

from reservation.models import TicketType
from reservation.tests.factories import held, show_with_seats

pytestmark = pytest.mark.django_db

TYPES = "/api/ticket_types/"


def error_of(answer):
    return answer.json()["errors"][0]


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


class TestTicketTypes:
    @pytest.fixture
    def adult(self):
        return TicketType.objects.get()

    @pytest.fixture
    def retired(self):
        return TicketType.objects.create(name="Student", percentage=80, is_active=False)

    def test_are_shown_while_they_are_sold(self, anyone, owner_client, adult, retired):
        told = {"id": adult.pk, "name": "Adult", "percentage": 100}
        assert anyone.get(f"{TYPES}{adult.pk}/").json() == told | {
            "is_default": True,
            "is_active": True,
        }
        for client in anyone, owner_client:
            assert ids(client.get(TYPES)) == [adult.pk]
            assert client.get(f"{TYPES}{retired.pk}/").status_code == 404

    def test_staff_see_all(self, staff_client, adult, retired):
        assert ids(staff_client.get(TYPES)) == [adult.pk, retired.pk]

    def test_a_new_default_takes_it_from_the_present_one(self, staff_client, anyone, adult):
        body = {"name": "Anyone", "percentage": 90, "is_default": True}
        answer = staff_client.post(TYPES, body)
        assert answer.status_code == 201, answer.content
        assert anyone.get(f"{TYPES}{adult.pk}/").json()["is_default"] is False
        back = staff_client.patch(f"{TYPES}{adult.pk}/", {"is_default": True})
        assert back.status_code == 200
        assert list(TicketType.objects.filter(is_default=True)) == [adult]

    def test_there_is_always_one_default_that_is_sold(self, staff_client, adult):
        address = f"{TYPES}{adult.pk}/"
        for answer, status, code in (
            (staff_client.patch(address, {"is_default": False}), 409, "default_ticket_type"),
            (staff_client.delete(address), 409, "default_ticket_type"),
            (staff_client.patch(address, {"is_active": False}), 400, "default_not_on_sale"),
        ):
            assert (answer.status_code, error_of(answer)["code"]) == (status, code)

    def test_one_that_was_sold_is_in_use(self, staff_client, owner, adult):
        show, seats = show_with_seats()
        held(owner, show, seats[:1])
        staff_client.post(TYPES, {"name": "Anyone", "is_default": True})
        answer = staff_client.delete(f"{TYPES}{adult.pk}/")
        assert (answer.status_code, error_of(answer)["code"]) == (409, "in_use")

    @pytest.mark.parametrize("percentage", [101, -1, 7.5, None, "x", [], 2**63, True])
    def test_nobody_pays_more_than_all_or_less_than_nothing(self, staff_client, percentage):
        answer = staff_client.post(TYPES, {"name": "Odd", "percentage": percentage})
        assert (answer.status_code, error_of(answer)["attr"]) == (400, "percentage")

    def test_the_number_of_queries_does_not_grow_with_rows(
        self, anyone, django_assert_num_queries
    ):
        for count in (1, 18):
            for _ in range(count):
                TicketType.objects.create(name=f"T{TicketType.objects.count()}")
            with django_assert_num_queries(3):
                assert len(ids(anyone.get(TYPES))) in {2, 20}
