"""A hall gets another plan: nobody loses a seat, and every version stays what it was."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reservation import (
    booking,
    edition,
    errors,
    facts,
    plan_entry,
    plan_history,
    plans,
    programme,
    venue,
)
from reservation.models import Hall, HallPlan, Seat, SeatCategory, Ticket
from reservation.plan_entry import InvalidPlan
from reservation.plans import PlanConflicts
from reservation.rules import plan as rules
from reservation.rules.plan import Plan, PlannedSeat
from reservation.tests.factories import (
    HallFactory,
    SeatCategoryFactory,
    ShowTimeFactory,
    confirmed,
    held,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()
DAY = timedelta(days=1)
TEXT = "A SSS\nB SWC"


@pytest.fixture(autouse=True)
def _categories(db):
    SeatCategoryFactory(name="Standard")
    SeatCategoryFactory(name="VIP", surcharge=400)


@pytest.fixture
def hall():
    hall = HallFactory()
    change(hall, TEXT)
    return hall


def change(hall, text, **how):
    return plans.change_plan(hall_id=hall.pk, plan=rules.parse(text), **({"at": NOW} | how))


def plan_of(hall) -> Plan:
    return plan_history.present(hall.pk).plan


def version_of(hall) -> int:
    return Hall.objects.get(pk=hall.pk).plan_version


def seat_of(hall, label) -> Seat:
    return next(seat for seat in Seat.objects.in_use().filter(hall=hall) if seat.label == label)


def show_in(hall, **facts_of_show):
    return ShowTimeFactory(hall=hall, **facts_of_show)


def conflicts_of(hall, text, **how):
    with pytest.raises(PlanConflicts) as refused:
        change(hall, text, **how)
    return refused.value


class TestChanging:
    def test_an_empty_hall_is_built(self, hall):
        assert plan_of(hall) == rules.parse(TEXT)
        assert version_of(hall) == 2

    def test_a_seat_stays_the_same_while_its_row_and_number_do(self, hall):
        before = {seat.label: seat.pk for seat in Seat.objects.all()}
        told = change(hall, "A _VWS\nB SWC")
        assert [was.label for was, _ in told.changed] == ["A1", "A2", "A3"]
        assert {seat.label: seat.pk for seat in Seat.objects.all()} == before
        assert plan_of(hall) == rules.parse("A _VWS\nB SWC")

    def test_seats_swap_places(self, hall):
        change(hall, "A SSS : 3-1\nB SWC : 2 1 3")
        assert plan_of(hall) == rules.parse("A SSS : 3-1\nB SWC : 2 1 3")

    def test_the_same_plan_makes_no_version(self, hall):
        assert not change(hall, TEXT)
        assert version_of(hall) == 2

    def test_a_seat_that_comes_back_is_the_one_that_went(self, hall, owner):
        show = show_in(hall, starts_at=NOW - 2 * DAY, sales_close_at=NOW + DAY)
        seat = seat_of(hall, "A3")
        reservation = confirmed(owner, show, [seat], at=NOW - 3 * DAY)
        change(hall, "A SS\nB SWC")
        assert Seat.objects.get(pk=seat.pk).retired_at == NOW
        change(hall, "A SS V\nB SWC")
        assert seat_of(hall, "A3").pk == seat.pk
        assert seat_of(hall, "A3").category.name == "VIP"
        assert reservation.tickets.get().seat_id == seat.pk

    def test_it_makes_an_edition_so_that_nobody_sells_by_the_old_plan(self, hall, owner):
        show = show_in(hall)
        gone = seat_of(hall, "A3")
        held(owner, show, [seat_of(hall, "A1")])
        before = edition.current()
        change(hall, "A SS\nB SWC")
        assert edition.current() != before
        with pytest.raises(errors.UnknownSeats):
            held(owner, show, [gone])

    def test_a_category_that_there_is_not_is_named_and_nothing_changes(self, hall):
        with pytest.raises(InvalidPlan) as refused:
            change(hall, "Z = Sofa\nA SSZ\nB SWC")
        (problem,) = refused.value.problems
        assert 'Seat A3 is of category "Sofa"' in problem.sentence
        assert "Standard, VIP" in problem.sentence
        assert plan_of(hall) == rules.parse(TEXT)

    def test_whoever_looked_at_an_older_version_looks_again(self, hall):
        change(hall, "A SS\nB SWC", based_on=2)
        with pytest.raises(programme.ChangedMeanwhile):
            change(hall, "A S\nB SWC", based_on=2)
        assert plan_of(hall) == rules.parse("A SS\nB SWC")

    def test_a_hall_that_is_gone_is_a_refusal(self):
        with pytest.raises(programme.ChangedMeanwhile):
            plans.change_plan(hall_id=2**40, plan=rules.parse("A S"), at=NOW)

    def test_a_thousand_seats_take_few_statements(self):
        hall = HallFactory()
        rows = [chr(65 + row) for row in range(25)]
        first = "\n".join(f"{row} {'S' * 40}" for row in rows)
        other = "\n".join(f"{row} _{'V' * 39} : 2-" for row in rows)
        for text, most in ((first, 40), (other, 50), (first, 50)):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                change(hall, text)
            assert len(asked) <= most, len(asked)
        assert plan_of(hall) == rules.parse(first)
        assert Seat.objects.count() == 1000


class TestConflicts:
    def test_a_seat_that_was_sold_is_never_taken_away(self, hall, owner):
        show = show_in(hall)
        seat = seat_of(hall, "A3")
        reservation = confirmed(owner, show, [seat])
        refused = conflicts_of(hall, "A SS\nB SWC")
        (told,) = refused.facts["conflicts"]
        assert told["seat"] == {"id": seat.pk, "label": "A3"}
        assert told["showtime"]["id"] == show.pk
        assert told["reservation"] == reservation.code
        assert f"cancel reservation {reservation.code}" in told["what_to_do"]
        assert plan_of(hall) == rules.parse(TEXT)
        assert version_of(hall) == 2

    def test_nor_one_that_is_held_until_the_hold_is_dead(self, hall, owner):
        reservation = held(owner, show_in(hall), [seat_of(hall, "A3")], at=NOW)
        last = reservation.expires_at - timedelta(microseconds=1)
        refused = conflicts_of(hall, "A SS\nB SWC", at=last)
        assert "Wait until the hold" in refused.facts["conflicts"][0]["what_to_do"]
        assert change(hall, "A SS\nB SWC", at=reservation.expires_at)

    def test_who_pays_for_a_dead_hold_of_a_seat_that_is_gone_does_not_get_it(self, hall, owner):
        reservation = held(owner, show_in(hall), [seat_of(hall, "A3")], at=NOW)
        after = reservation.expires_at
        change(hall, "A SS\nB SWC", at=after)
        with pytest.raises(errors.SeatsTaken) as refused:
            booking.confirm(reservation_id=reservation.pk, at=after)
        assert refused.value.facts["seats"][0]["label"] == "A3"
        assert not Ticket.objects.live().exists()

    def test_a_dead_hold_that_was_tidied_up_gets_no_seat_that_is_gone(self, hall, owner):
        reservation = held(owner, show_in(hall), [seat_of(hall, "A3")], at=NOW)
        booking.expire(reservation_id=reservation.pk, at=reservation.expires_at)
        change(hall, "A SS\nB SWC", at=reservation.expires_at)
        with pytest.raises(errors.SeatsTaken):
            booking.confirm(reservation_id=reservation.pk, at=reservation.expires_at)

    def test_a_sold_seat_may_move_and_change_its_category_but_not_its_kind(self, hall, owner):
        reservation = confirmed(owner, show_in(hall), [seat_of(hall, "A3")])
        price = reservation.tickets.get().price
        change(hall, "A SS_V\nB SWC")
        assert reservation.tickets.get().price == price
        refused = conflicts_of(hall, "A SS_L\nB SWC")
        assert [conflict.seat.label for conflict in refused.conflicts] == ["A3"]

    @pytest.mark.parametrize("is_over", [True, False])
    def test_shows_that_are_over_or_cancelled_stand_in_no_plans_way(self, hall, owner, is_over):
        show = show_in(hall)
        seat = seat_of(hall, "A3")
        confirmed(owner, show, [seat])
        if not is_over:
            programme.cancel(show_id=show.pk, at=NOW)
        change(hall, "A SS\nB SWC", at=show.ends_at if is_over else NOW)
        assert Seat.objects.get(pk=seat.pk).retired_at
        assert Ticket.objects.live().get().seat_id == seat.pk

    def test_seats_of_other_halls_are_none_of_its_business(self, hall, owner):
        other = HallFactory()
        change(other, TEXT)
        confirmed(owner, show_in(other), [seat_of(other, "A3")])
        change(hall, "A SS\nB SWC")
        assert plan_of(other) == rules.parse(TEXT)

    def test_many_are_told_up_to_a_limit(self, hall, owner, monkeypatch):
        monkeypatch.setattr(plans, "MOST_CONFLICTS_TOLD", 1)
        confirmed(owner, show_in(hall), [seat_of(hall, "A2"), seat_of(hall, "A3")])
        refused = conflicts_of(hall, "A S\nB SWC")
        assert len(refused.facts["conflicts"]) == 1
        assert refused.facts["left_out"] == 1

    def test_a_preview_tells_all_that_and_changes_nothing(self, hall, owner):
        confirmed(owner, show_in(hall), [seat_of(hall, "A3")])
        plan = rules.parse("A SV SS : 1 2 8 9\nB SWC")
        change_told, conflicts = plans.preview(hall_id=hall.pk, plan=plan, at=NOW)
        assert [seat.label for seat in change_told.added] == ["A8", "A9"]
        assert [seat.label for seat in change_told.removed] == ["A3"]
        assert [now.category for _, now in change_told.changed] == ["VIP"]
        assert [conflict.seat.label for conflict in conflicts] == ["A3"]
        assert plan_of(hall) == rules.parse(TEXT)


class TestHistory:
    def test_every_version_stays_what_it_was(self, hall, staff):
        change(hall, "A VV\nB SWC", by=staff.pk, note="Sofas")
        hall.refresh_from_db()
        assert plan_history.find(hall, 2).plan == rules.parse(TEXT)
        assert plan_history.find(hall, 3).plan == rules.parse("A VV\nB SWC")
        assert plan_history.find(hall, 4) is None
        kept = HallPlan.objects.get(hall=hall, version=3)
        assert (kept.created_by, kept.note, kept.created_at) == (staff, "Sofas", NOW)
        assert rules.parse(kept.text) == rules.parse("A VV\nB SWC")

    def test_a_single_seat_makes_versions_too(self, hall):
        seat = seat_of(hall, "A3")
        venue.change_seat(seat_id=seat.pk, changes={"x": 7}, at=NOW)
        venue.retire_seat(seat_id=seat.pk, at=NOW)
        venue.add_seat(Seat(hall=hall, row="A", number=9, x=9, y=0, category=seat.category))
        hall.refresh_from_db()
        versions = [plan_history.find(hall, version) for version in (2, 3, 4, 5)]
        assert [len(version.seats) for version in versions] == [6, 6, 5, 6]
        assert [version.seats[2]["x"] for version in versions[:2]] == [2, 7]

    def test_what_was_built_without_the_verbs_is_kept_before_it_changes(self):
        hall = HallFactory()
        category = SeatCategory.objects.get(name="Standard")
        Seat.objects.create(hall=hall, row="A", number=1, x=0, y=0, category=category)
        change(hall, "A SS")
        hall.refresh_from_db()
        assert plan_history.find(hall, 1).plan == rules.parse("A S")

    def test_a_version_that_is_left_while_it_is_read_is_what_it_was(self, monkeypatch):
        hall = HallFactory()
        category = SeatCategory.objects.get(name="Standard")
        Seat.objects.create(hall=hall, row="A", number=1, x=0, y=0, category=category)
        look, times = plan_history.present, []

        def after_a_colleague(hall_id):
            times.append(hall_id)
            if len(times) == 1:
                change(hall, "A SS")
            return look(hall_id)

        monkeypatch.setattr(plan_history, "present", after_a_colleague)
        assert plan_history.find(hall, 1).plan == rules.parse("A S")

    @pytest.mark.parametrize("changes", [{"name": "Loge"}, {"colour": "#123456"}])
    def test_another_look_of_a_category_is_another_version_of_its_halls_plans(self, hall, changes):
        elsewhere = HallFactory()
        change(elsewhere, "A V")
        vip = SeatCategory.objects.get(name="VIP")
        venue.change_category(category_id=vip.pk, changes=changes, at=NOW)
        assert (version_of(hall), version_of(elsewhere)) == (2, 3)
        elsewhere.refresh_from_db()
        assert plan_history.find(elsewhere, 2).categories[0]["name"] == "VIP"
        assert changes.items() <= plan_history.find(elsewhere, 3).categories[0].items()

    def test_another_surcharge_is_not(self, hall):
        standard = SeatCategory.objects.get(name="Standard")
        venue.change_category(category_id=standard.pk, changes={"surcharge": 9}, at=NOW)
        assert version_of(hall) == 2
        assert SeatCategory.objects.get(pk=standard.pk).surcharge == 9


class TestReading:
    def test_letters_and_json_are_told_apart(self):
        plan = rules.parse(TEXT)
        assert plan_entry.read(TEXT) == plan
        assert plan_entry.read("\n " + json.dumps(rules.to_json(plan))) == plan

    def test_a_category_that_there_is_not_is_found_in_the_text(self):
        with pytest.raises(InvalidPlan) as refused:
            plan_entry.read("A SZ\r\nZ = Sofa, wheelchair\r\nB S")
        (problem,) = refused.value.facts["problems"]
        assert (problem["line"], problem["column"]) == (2, 4)
        assert "Sofa" in problem["detail"]

    @pytest.mark.parametrize(
        ("text", "line", "column"),
        [
            ("A SS\nB S?S", 2, 4),
            ('{"seats": [\n  {"row": }]}', 2, 11),
            ('{"seats": ' + "[" * 100_000, 0, 0),
            ('{"seats": ' + "9" * 5000 + "}", 0, 0),
            ("", 0, 0),
            ("\ud800", 1, 1),
            ("A \0S", 1, 3),
        ],
    )
    def test_what_is_no_plan_says_where(self, text, line, column):
        with pytest.raises(InvalidPlan) as refused:
            plan_entry.read(text)
        first = refused.value.facts["problems"][0]
        assert (first["line"], first["column"]) == (line, column)


@st.composite
def small_plans(draw):
    labels = st.tuples(st.sampled_from("AB"), st.integers(1, 4))
    spots = st.tuples(st.integers(0, 3), st.integers(0, 2))
    meanings = st.tuples(
        st.sampled_from(["Standard", "VIP"]), st.sampled_from(["standard", "wheelchair"])
    )
    pairs = st.lists(
        st.tuples(labels, spots),
        min_size=1,
        max_size=8,
        unique_by=(lambda p: p[0], lambda p: p[1]),
    )
    return Plan(tuple(PlannedSeat(*label, *spot, *draw(meanings)) for label, spot in draw(pairs)))


YEAR_OF_MINUTES = 365 * 24 * 60


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(small_plans(), min_size=1, max_size=5), data=st.data())
def test_after_any_plans_the_hall_is_as_the_last_says_and_who_bought_has_the_seat(
    history, data, owner
):
    facts.forget_all()
    hall = HallFactory()
    plans.change_plan(hall_id=hall.pk, plan=history[0], at=NOW)
    seats = list(Seat.objects.filter(hall=hall).order_by("pk"))
    sold = data.draw(st.lists(st.sampled_from(seats), unique=True, max_size=2))
    # Whoever they are for: here they are seats like others.
    with override_settings(ACCESSIBLE_RELEASE_MINUTES=YEAR_OF_MINUTES):
        if sold:
            confirmed(owner, show_in(hall), sold)
    expected = history[0]
    for plan in history[1:]:
        kinds = {seat.label: seat.kind for seat in plan.seats}
        keeps_all = all(kinds.get(seat.label) == seat.kind for seat in sold)
        try:
            plans.change_plan(hall_id=hall.pk, plan=plan, at=NOW)
            expected = plan
            assert keeps_all
        except PlanConflicts:
            assert not keeps_all
        assert plan_of(hall) == expected
        in_use = set(Seat.objects.in_use().values_list("pk", flat=True))
        assert {seat.pk for seat in sold} <= in_use
