"""A hall's plan over the API: kept for ever by its version, and written by staff only."""

import json

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from conftest import client_of
from reservation import plan_history, plans, venue
from reservation.models import Hall, HallPlan, Seat
from reservation.rules import plan as rules
from reservation.tests.factories import (
    HallFactory,
    SeatCategoryFactory,
    ShowTimeFactory,
    confirmed,
)
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

TEXT = "A SV\n\nB W C"


@pytest.fixture
def hall():
    SeatCategoryFactory(name="VIP", colour="#c0a040", surcharge=400)
    SeatCategoryFactory(name="Standard")
    hall = HallFactory()
    change(hall, TEXT)
    return hall


def change(hall, text):
    plans.change_plan(hall_id=hall.pk, plan=rules.parse(text), at=timezone.now())
    hall.refresh_from_db()


def address_of(hall, version=None) -> str:
    return f"/api/halls/{hall.pk}/plan/" + ("" if version is None else f"?version={version}")


def send(client: APIClient, hall, text, content_type="text/plain"):
    return client.put(address_of(hall), text, content_type=content_type)


def error_of(answer):
    return answer.json()["errors"][0]


class TestReading:
    def test_a_plan_has_all_that_it_takes_to_draw_it(self, anyone, hall):
        shown = anyone.get(address_of(hall)).json()
        seats = {seat.label: seat for seat in Seat.objects.all()}
        assert (shown["hall"], shown["version"]) == (hall.pk, 2)
        assert (shown["columns"], shown["lines"]) == (3, 3)
        assert [row["label"] for row in shown["rows"]] == ["A", "B"]
        assert shown["rows"][0]["seats"][1] == {
            "id": seats["A2"].pk,
            "number": 2,
            "label": "A2",
            "x": 1,
            "y": 0,
            "category": seats["A2"].category_id,
            "kind": "standard",
        }
        vip = seats["A2"].category
        assert {"id": vip.pk, "name": "VIP", "colour": "#c0a040"} in shown["categories"]
        assert [kind["kind"] for kind in shown["kinds"]] == ["standard", "wheelchair", "companion"]

    def test_a_named_version_is_kept_for_a_year_and_never_changes(self, anyone, hall):
        before = anyone.get(address_of(hall, 2))
        assert before["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Authorization" not in before.get("Vary", "")
        change(hall, "A S\n\nB W C")
        venue.change_category(
            category_id=before.json()["categories"][0]["id"],
            changes={"colour": "#000000"},
            at=timezone.now(),
        )
        after = anyone.get(address_of(hall, 2))
        assert (after.content, after["ETag"]) == (before.content, before["ETag"])
        assert anyone.get(address_of(hall, 3)).json() != before.json()

    def test_without_a_version_it_is_asked_about_each_time(self, anyone, hall):
        before = anyone.get(address_of(hall))
        assert before["Cache-Control"] == "public, no-cache"
        known = {"If-None-Match": before["ETag"]}
        assert anyone.get(address_of(hall), headers=known).status_code == 304
        change(hall, "A SVV\n\nB W C")
        after = anyone.get(address_of(hall), headers=known)
        assert (after.status_code, after.json()["version"]) == (200, 3)

    def test_halls_and_shows_name_the_address(self, anyone, hall):
        show = ShowTimeFactory(hall=hall)
        url = f"http://testserver{address_of(hall, 2)}"
        assert anyone.get(f"/api/halls/{hall.pk}/").json()["plan_url"] == url
        assert anyone.get(f"/api/show_times/{show.pk}/").json()["hall"]["plan_url"] == url
        change(hall, "A S")
        url = f"http://testserver{address_of(hall, 3)}"
        assert anyone.get("/api/halls/").json()["results"][0]["plan_url"] == url
        assert anyone.get("/api/show_times/").json()["results"][0]["hall"]["plan_url"] == url

    @pytest.mark.parametrize("version", [3, 2**31 - 1])
    def test_a_version_that_there_is_not_is_not_found(self, anyone, hall, version):
        assert anyone.get(address_of(hall, version)).status_code == 404

    @pytest.mark.parametrize("version", ["0", "-1", "x", "1.5", "²", "9" * 40, "%00"])
    def test_what_is_no_version_is_refused(self, anyone, hall, version):
        answer = anyone.get(f"/api/halls/{hall.pk}/plan/?version={version}")
        assert answer.status_code == 400
        assert error_of(answer)["attr"] == "version"

    @pytest.mark.parametrize("pk", [10**6, 2**63, int("9" * 40)])
    def test_a_hall_that_there_is_not_is_not_found(self, anyone, hall, pk):
        assert anyone.get(f"/api/halls/{pk}/plan/").status_code == 404

    def test_a_thousand_seats_are_as_many_queries_as_one(
        self, anyone, hall, django_assert_num_queries
    ):
        change(hall, "\n".join(f"{chr(65 + row)} {'S' * 40}" for row in range(25)))
        with django_assert_num_queries(3):
            assert len(anyone.get(address_of(hall)).json()["rows"]) == 25
        with django_assert_num_queries(1):
            anyone.get(address_of(hall))
        with django_assert_num_queries(3):
            anyone.get(address_of(hall, 2))

    def test_whoever_asks_gets_the_same_and_no_token_is_looked_at(self, anyone, hall):
        told = anyone.get(address_of(hall, 2), headers={"Authorization": "Bearer out.of.date"})
        assert told.content == anyone.get(address_of(hall, 2)).content


class TestWriting:
    def test_staff_send_letters(self, staff_client, staff, hall):
        answer = send(staff_client, hall, "A SVV\nB S")
        assert answer.status_code == 200
        assert answer.json()["version"] == 3
        assert plan_history.present(hall.pk).plan == rules.parse("A SVV\nB S")
        assert HallPlan.objects.get(version=3).created_by == staff

    def test_or_json(self, staff_client, hall):
        plan = rules.to_json(rules.parse("A SVV\nB S"))
        answer = send(staff_client, hall, json.dumps(plan), "application/json")
        assert answer.status_code == 200
        assert plan_history.present(hall.pk).plan == rules.parse("A SVV\nB S")

    def test_all_that_is_wrong_is_said_with_its_line_and_column(self, staff_client, hall):
        answer = send(staff_client, hall, "A SQ\n9 S\n")
        assert answer.status_code == 400
        error = error_of(answer)
        assert error["code"] == "invalid_plan"
        places = [(problem["line"], problem["column"]) for problem in error["problems"]]
        assert places == [(1, 4), (2, 1)]
        assert Hall.objects.get(pk=hall.pk).plan_version == 2

    def test_a_plan_that_takes_a_sold_seat_away_is_refused(self, staff_client, hall, owner):
        seat = Seat.objects.get(row="A", number=1)
        reservation = confirmed(owner, ShowTimeFactory(hall=hall), [seat])
        answer = send(staff_client, hall, "B S")
        assert answer.status_code == 409
        error = error_of(answer)
        assert error["code"] == "plan_conflicts"
        assert [conflict["reservation"] for conflict in error["conflicts"]] == [reservation.code]
        assert Seat.objects.in_use().filter(pk=seat.pk).exists()

    def test_customers_and_staff_without_the_right_may_not(self, anyone, owner_client, hall):
        usher = client_of(UserFactory(username="ushi", email="ushi@example.com", is_staff=True))
        statuses = [send(who, hall, "A S").status_code for who in (anyone, owner_client, usher)]
        assert statuses == [401, 403, 403]
        assert Hall.objects.get(pk=hall.pk).plan_version == 2

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b"\xff\xfe", "text/plain"),
            (b"A \x00", "text/plain"),
            (b"", "text/plain"),
            ("A \ud83d".encode("utf-8", "surrogatepass"), "text/plain"),
            (b'{"seats": {}}', "text/plain"),
            (b'{"seats": [' + b"[" * 100_000, "text/plain"),
            (b"[]", "application/json"),
            (b"null", "application/json"),
            (b'"A S"', "application/json"),
            (b'{"seats": null}', "application/json"),
            (b'{"seats": [1, null, [], {"row": "A"}]}', "application/json"),
            (b'{"seats": ' + json.dumps([{"row": 1, "number": "x", "x": 1e300, "y": 2**70,
              "category": [], "kind": {}}]).encode() + b"}", "application/json"),
            (b'{"seats": ' + json.dumps([{"row": "A", "number": 2**70, "x": -1, "y": 2**70,
              "category": "Standard", "kind": "sofa"}]).encode() + b"}", "application/json"),
        ],
    )  # fmt: skip
    def test_junk_is_refused(self, staff_client, hall, body, content_type):
        answer = send(staff_client, hall, body, content_type)
        assert answer.status_code == 400, answer.content
        assert error_of(answer)["code"] in {"invalid_plan", "parse_error"}
        assert Hall.objects.get(pk=hall.pk).plan_version == 2

    def test_what_is_too_large_is_refused(self, staff_client, hall, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20
        assert send(staff_client, hall, "A " + "S" * 30).status_code == 413


class TestWhatAPlanWasMadeOf:
    def put(self, client, hall, *, query="", headers=None):
        return client.put(
            f"{address_of(hall)}{query}", "A S", content_type="text/plain", headers=headers or {}
        )

    def test_a_version_that_a_colleague_left_is_refused(self, staff_client, hall):
        change(hall, "A SVV")
        answer = self.put(staff_client, hall, query="?based_on=2")
        assert (answer.status_code, error_of(answer)["code"]) == (409, "changed_meanwhile")
        assert Hall.objects.get(pk=hall.pk).plan_version == 3
        assert self.put(staff_client, hall, query="?based_on=3").status_code == 200

    @pytest.mark.parametrize("version", ["", "0", "-1", "x", "1.5", "9" * 40, "%00"])
    def test_what_is_no_version_is_refused(self, staff_client, hall, version):
        answer = self.put(staff_client, hall, query=f"?based_on={version}")
        assert (answer.status_code, error_of(answer)["attr"]) == (400, "based_on")

    @pytest.mark.parametrize("query", ["", "?version=2"])
    def test_an_etag_says_it_too(self, anyone, staff_client, hall, query):
        known = {"If-Match": anyone.get(f"{address_of(hall)}{query}").headers["ETag"]}
        change(hall, "A SVV")
        answer = self.put(staff_client, hall, headers=known)
        assert (answer.status_code, error_of(answer)["code"]) == (412, "precondition_failed")
        assert Hall.objects.get(pk=hall.pk).plan_version == 3
        known = {"If-Match": f'"x", {anyone.get(address_of(hall)).headers["ETag"]}'}
        assert self.put(staff_client, hall, headers=known).status_code == 200

    def test_a_change_after_the_etag_was_looked_at_is_noticed(
        self, anyone, staff_client, hall, monkeypatch
    ):
        known = {"If-Match": anyone.get(address_of(hall)).headers["ETag"]}
        make = plans.change_plan

        def after_a_colleague(**how):
            monkeypatch.setattr(plans, "change_plan", make)
            change(hall, "A SVV")
            return make(**how)

        monkeypatch.setattr(plans, "change_plan", after_a_colleague)
        answer = self.put(staff_client, hall, headers=known)
        assert (answer.status_code, error_of(answer)["code"]) == (409, "changed_meanwhile")

    @pytest.mark.parametrize("tag", ["*", "junk", 'W/"x'])
    def test_what_names_no_plan_says_nothing(self, staff_client, hall, tag):
        assert self.put(staff_client, hall, headers={"If-Match": tag}).status_code == 200
