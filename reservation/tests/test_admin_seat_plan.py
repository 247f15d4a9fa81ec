"""A hall's seat plan at the desk."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from reservation import plan_entry, plan_history, plans
from reservation.models import Hall, Seat
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
    plans.change_plan(hall_id=hall.pk, plan=rules.parse(TEXT), at=timezone.now())
    return hall


@pytest.fixture
def desk(staff) -> Client:
    return logged_in(staff)


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def with_rights(*names) -> Client:
    user = UserFactory(username="ushi", email="ushi@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return logged_in(user)


def page_of(hall) -> str:
    return f"/admin/reservation/hall/{hall.pk}/seat-plan/"


def look(desk, hall, **query) -> str:
    answer = desk.get(page_of(hall), query)
    assert answer.status_code == 200
    return answer.content.decode()


def enter(desk, hall, text, button="preview", **form):
    entry = {"text": text, "based_on": 2, "note": "", button: "yes"} | form
    return desk.post(page_of(hall), entry, follow=True)


def plan_of(hall):
    return plan_history.present(hall.pk).plan


def test_the_page_of_a_hall_leads_there_and_shows_the_plan(desk, hall):
    change_page = desk.get(f"/admin/reservation/hall/{hall.pk}/change/").content.decode()
    assert page_of(hall) in change_page
    page = look(desk, hall)
    assert "<svg" in page
    assert "A  SV\n\nB  W_C\n</textarea>" in page
    assert "<td>Wheelchair place</td><td>1</td>" in page.replace("  ", "")


def test_a_hall_without_seats_has_an_empty_plan(desk):
    assert "</textarea>" in look(desk, HallFactory())


def test_the_plan_is_to_be_had_as_json_too(desk, hall):
    answer = desk.get(page_of(hall), {"as": "json"})
    assert plan_entry.read(answer.context["form"].initial["text"]) == rules.parse(TEXT)


def test_a_preview_tells_what_changes_and_saves_nothing(desk, hall):
    answer = enter(desk, hall, "A VV S\n\nB W")
    page = answer.content.decode()
    assert "How it would look" in page
    assert answer.context["change"] == [
        ("Added", 1, "A3"),
        ("Changed", 1, "A1: VIP"),
        ("Taken out", 1, "B2"),
    ]
    assert 'name="save"' in page
    assert plan_of(hall) == rules.parse(TEXT)


def test_saving_applies_and_is_kept_with_who_and_what_for(desk, hall, staff):
    page = enter(desk, hall, "A VV S\n\nB W", "save", note="New sofas").content.decode()
    assert "The plan is saved: 1 seat added, 1 seat changed, 1 seat taken out." in page
    assert plan_of(hall) == rules.parse("A VV S\n\nB W")
    kept = hall.plans.get(version=3)
    assert (kept.note, kept.created_by) == ("New sofas", staff)
    assert "New sofas" in page
    assert "1 seat added" in LogEntry.objects.get().change_message


def test_the_same_plan_again_changes_nothing(desk, hall):
    assert "the hall is like that already" in enter(desk, hall, TEXT).content.decode()
    assert "nothing was changed" in enter(desk, hall, TEXT, "save").content.decode()
    assert Hall.objects.get(pk=hall.pk).plan_version == 2


@pytest.mark.parametrize("button", ["preview", "save"])
def test_mistakes_are_told_with_line_and_column(desk, hall, button):
    page = enter(desk, hall, "A SQ\n9 S", button).content.decode()
    assert "Line 1, column 4: &quot;Q&quot; stands for nothing yet" in page
    assert "Line 2, column 1:" in page
    assert "A SQ" in page
    assert plan_of(hall) == rules.parse(TEXT)


def test_mistakes_in_json_are_told_by_line_or_by_seat(desk, hall):
    assert "Line 2, column 1: Here this is no JSON" in enter(desk, hall, "{\n]").content.decode()
    page = enter(desk, hall, '{"seats": [{"row": "A"}]}').content.decode()
    assert "Seat 1 of the list: A seat is an object" in page


@pytest.mark.parametrize("button", ["preview", "save"])
def test_a_sold_seat_is_told_with_links_and_stays(desk, hall, owner, button):
    seat = Seat.objects.get(row="A", number=2)
    show = ShowTimeFactory(hall=hall)
    reservation = confirmed(owner, show, [seat])
    page = enter(desk, hall, "A S\n\nB W C", button).content.decode()
    assert f"/admin/reservation/reservation/{reservation.pk}/change/" in page
    assert f"/admin/reservation/showtime/{show.pk}/change/" in page
    assert f"cancel reservation {reservation.code}" in page
    assert 'name="save"' not in page
    assert plan_of(hall) == rules.parse(TEXT)


def test_a_colleagues_change_in_between_is_not_undone(desk, hall):
    plans.change_plan(hall_id=hall.pk, plan=rules.parse("A SVV\n\nB W C"), at=timezone.now())
    page = enter(desk, hall, "A S\n\nB W C", "save").content.decode()
    assert "Somebody else changed this" in page
    assert plan_of(hall) == rules.parse("A SVV\n\nB W C")


def test_every_version_is_shown_as_it_was(desk, hall):
    enter(desk, hall, "A S\n\nB W C", "save")
    old = look(desk, hall, version="2")
    assert "Version 2, as the hall was" in old
    assert "A  SV\n" in old
    assert "Seat A2, VIP" in old
    assert "Version 3, as the hall is now" in look(desk, hall)


@pytest.mark.parametrize("version", ["9", "x", "²", "-1", "9" * 40, ""])
def test_a_version_that_there_is_not_is_not_found(desk, hall, version):
    assert desk.get(page_of(hall), {"version": version}).status_code == 404


@pytest.mark.parametrize(
    "form",
    [
        {"text": ""},
        {"text": "A \0"},
        {"based_on": "x"},
        {"based_on": "9" * 40},
        {"note": "x" * 300},
    ],
)
def test_junk_is_refused_in_the_form(desk, hall, form):
    answer = desk.post(page_of(hall), {"text": "A S", "based_on": 2, "save": "yes"} | form)
    assert answer.status_code == 200
    assert plan_of(hall) == rules.parse(TEXT)


def test_nothing_that_staff_type_becomes_markup(desk, hall):
    SeatCategoryFactory(name="<script>x")
    page = enter(desk, hall, "Z = <script>x\nA ZZ").content.decode()
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page


def test_only_who_may_change_halls_gets_there(hall):
    looker = with_rights("view_hall")
    assert (
        page_of(hall)
        not in looker.get(f"/admin/reservation/hall/{hall.pk}/change/").content.decode()
    )
    assert looker.get(page_of(hall)).status_code == 403
    assert enter(looker, hall, "A S", "save").status_code == 403
    assert plan_of(hall) == rules.parse(TEXT)
    changer = logged_in(UserFactory(username="ida", email="ida@example.com", is_staff=True))
    assert changer.get(page_of(hall)).status_code == 403


def test_who_may_change_halls_needs_nothing_else(hall):
    changer = with_rights("view_hall", "change_hall")
    enter(changer, hall, "A S", "save")
    assert plan_of(hall) == rules.parse("A S")


def test_a_long_history_is_one_query(desk, hall, django_assert_max_num_queries):
    for text in ("A S", "A SS", "A SSS", "A SSSS"):
        plans.change_plan(hall_id=hall.pk, plan=rules.parse(text), at=timezone.now())
    with django_assert_max_num_queries(12):
        look(desk, hall)


def test_a_hall_without_shows_goes_with_its_versions(desk, hall):
    url = f"/admin/reservation/hall/{hall.pk}/delete/"
    assert ("hall plans", 2) in list(desk.get(url).context["model_count"])
    assert desk.post(url, {"post": "yes"}).status_code == 302
    assert not Hall.objects.exists()
