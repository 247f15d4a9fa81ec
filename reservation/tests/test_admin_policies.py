"""Cancellation policies at the desk: typed as lines, shown in words, promised from now on."""

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from reservation.admin.policies import PolicyField, policy_written
from reservation.models import Cinema, Reservation, ShowTime
from reservation.rules.cancellation import check_policy
from reservation.tests import factories
from users.tests.factories import UserFactory

STEPS = [
    {"hours_before": 48, "refund_percent": 100},
    {"hours_before": 0.5, "refund_percent": 25},
]


def steps(*pairs):
    return [{"hours_before": hours, "refund_percent": percent} for hours, percent in pairs]


HUNDREDTHS = st.integers(0, 876_000).map(lambda number: number / 100)


class TestLines:
    @pytest.mark.parametrize(
        ("text", "policy"),
        [
            (None, None),
            ("", None),
            (" \r\n\n ", None),
            ("none", []),
            (" None \n", []),
            ("24 hours: 100 %", steps((24, 100))),
            ("24 hours: 100 %\r\n2 hours: 50 %\r\n", steps((24, 100), (2, 50))),
            ("\n2h:50%\n\n  24 H : 100", steps((2, 50), (24, 100))),
            ("1 hour: 1 %", steps((1, 1))),
            ("0.5 hours: 10 %", steps((0.5, 10))),
            ("24.0 hours: 10 %", steps((24, 10))),
            ("0 hours: 10 %", steps((0, 10))),
            ("8760 hours: 100 %", steps((8760, 100))),
        ],
    )
    def test_are_read(self, text, policy):
        assert PolicyField().clean(text) == policy

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("24", "Line 1: write hours and percent, such as “24 hours: 100 %”"),
            ("24 hours: 100 %\n\ntwo hours: 50 %", "Line 3: write hours and percent"),
            ("none\n24 hours: 100 %", "Line 1: write hours and percent"),
            ("2 days: 100 %", "Line 1: write hours"),
            ("-1 hours: 100 %", "Line 1: write hours"),
            ("nan hours: 100 %", "Line 1: write hours"),
            ("1e3 hours: 100 %", "Line 1: write hours"),
            ("٢ hours: 100 %", "Line 1: write hours"),
            ("24 hours: 12.5 %", "Line 1: write hours"),
            ("24 hours: " + "9" * 4400, "Line 1: write hours"),
            ("9" * 4400 + ": 5", "Line 1: give at most 8760 hours"),
            ("8760.5 hours: 5 %", "Line 1: give at most 8760 hours"),
            ("24 hours: 101 %", "Line 1: give 1 to 100 %"),
            ("24 hours: 50 %\n2 hours: 0 %", "Line 2: give 1 to 100 %. Leave out a step with 0 %"),
            ("24 hours: 50 %\n24 hours: 60 %", "24 hours are named twice"),
            ("24 hours: 50 %\n2 hours: 50 %", "Whoever cancels earlier must get back more"),
            ("\n".join(f"{hour}: {hour + 1}" for hour in range(11)), "at most 10 steps"),
            ("24 hours: 50 %" + " " * 5000 + "x", "at most 5000 characters"),
            ("24 hours\x00: 50 %", "Null characters"),
        ],
    )
    def test_that_are_no_policy_are_refused_with_what_to_do(self, text, words):
        with pytest.raises(ValidationError) as refusal:
            PolicyField().clean(text)
        assert words in " ".join(refusal.value.messages)

    @given(st.dictionaries(st.integers(0, 8760) | HUNDREDTHS, st.integers(1, 100), max_size=10))
    def test_that_are_shown_are_what_was_promised(self, promised):
        percents = sorted(set(promised.values()))
        policy = steps(*zip(sorted(promised), percents, strict=False))
        check_policy(policy)
        field = PolicyField()
        for kept in (policy, policy[::-1], None):
            assert field.clean(field.prepare_value(kept)) == kept
            assert not field.has_changed(kept, field.prepare_value(kept))

    def test_none_and_nothing_differ(self):
        field = PolicyField()
        assert field.has_changed([], "")
        assert field.has_changed(None, "none")
        assert field.has_changed(STEPS, "junk")


def test_words_for_people():
    assert policy_written(STEPS[::-1]) == (
        "100 % back until 48 hours before the show; "
        "25 % back until 0.5 hours before the show; nothing later"
    )
    assert policy_written(steps((1, 5))) == "5 % back until 1 hour before the show; nothing later"
    assert policy_written([]) == "nothing back at any time"


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture(params=["cinema", "showtime"])
def row(request, db):
    show = factories.ShowTimeFactory()
    return show if request.param == "showtime" else show.hall.cinema


def page_of(row, page="change"):
    return reverse(f"admin:reservation_{row._meta.model_name}_{page}", args=[row.pk])


def form_of(response):
    return response.context["adminform"].form


def entered(desk, row, **changes):
    """What a browser sends for the page as it stands, with these changes."""
    form = form_of(desk.get(page_of(row)))
    sent = {}
    for bound in form:
        widget, value = bound.field.widget, bound.value()
        shown = widget.format_value(bound.field.prepare_value(value))
        sent[bound.name] = (shown[0] if isinstance(shown, list) else shown) or ""
    return sent | changes


def kept(row):
    return type(row).objects.get(pk=row.pk).cancellation_policy


class TestPages:
    @pytest.mark.parametrize("policy", [STEPS, [], None, steps((0.01, 3))])
    def test_saving_an_untouched_page_changes_nothing(self, desk, row, policy):
        row.cancellation_policy = policy
        row.save()
        answer = desk.post(page_of(row), entered(desk, row))
        assert answer.status_code == 302, form_of(answer).errors
        assert kept(row) == policy
        assert "No fields changed" in desk.get(page_of(row, "history")).content.decode()

    @pytest.mark.parametrize(
        ("text", "policy"),
        [("48 hours: 100 %\r\n0.5 hours: 25 %", STEPS), ("none", []), ("", None)],
    )
    def test_another_policy_is_kept_and_noted(self, desk, row, policy, text):
        row.cancellation_policy = steps((3, 3))
        row.save()
        answer = desk.post(page_of(row), entered(desk, row, cancellation_policy=text))
        assert answer.status_code == 302, form_of(answer).errors
        assert kept(row) == policy
        history = desk.get(page_of(row, "history")).content.decode()
        assert "Changed Cancellation policy." in history

    def test_what_is_no_policy_is_told_and_stays_to_be_mended(self, desk, row):
        answer = desk.post(page_of(row), entered(desk, row, cancellation_policy="soon: 5"))
        assert "Line 1: write hours and percent" in str(form_of(answer).errors)
        assert "soon: 5" in answer.content.decode()
        assert kept(row) is None

    def test_seats_that_are_sold_hinder_no_other_policy_and_keep_theirs(self, desk, owner):
        show, seats = factories.show_with_seats(1)
        reservation = factories.held(owner, show, seats)
        before = Reservation.objects.filter(pk=reservation.pk).values().get()
        for row in (show, show.hall.cinema):
            answer = desk.post(page_of(row), entered(desk, row, cancellation_policy="none"))
            assert answer.status_code == 302, form_of(answer).errors
            assert kept(row) == []
        assert Reservation.objects.filter(pk=reservation.pk).values().get() == before

    def test_a_new_show_may_have_its_own(self, desk):
        hall, movie = factories.HallFactory(), factories.MovieFactory()
        show = {"hall": hall.pk, "movie": movie.pk, "starts_at": "2130-06-01T20:00"}
        show |= {"price": "9", "format": "2d", "cancellation_policy": "3 hours: 30 %"}
        add = reverse("admin:reservation_showtime_add")
        assert "the policy of the hall's cinema" in desk.get(add).content.decode().replace(
            "&#x27;", "'"
        )
        assert desk.post(add, show).status_code == 302
        assert ShowTime.objects.get().cancellation_policy == steps((3, 30))

    def test_the_help_names_what_an_empty_field_inherits(self, desk):
        show = factories.ShowTimeFactory(hall__cinema__name="Lumen", cancellation_policy=[])
        house = "100 % back until 2 hours before the show; nothing later"
        for row in (show, show.hall.cinema):
            assert house in form_of(desk.get(page_of(row)))["cancellation_policy"].help_text
        Cinema.objects.update(cancellation_policy=STEPS)
        words = form_of(desk.get(page_of(show)))["cancellation_policy"].help_text
        assert f"Lumen ({policy_written(STEPS)})" in words

    def test_a_show_s_page_tells_what_is_promised_now(self, desk):
        show = factories.ShowTimeFactory(hall__cinema__cancellation_policy=STEPS)
        assert policy_written(STEPS) in desk.get(page_of(show)).content.decode()

    @pytest.mark.parametrize("policy", [STEPS, None])
    def test_who_may_only_look_reads_words(self, row, policy):
        row.cancellation_policy = policy
        row.save()
        clerk = UserFactory(is_staff=True)
        codename = f"view_{row._meta.model_name}"
        clerk.user_permissions.set(Permission.objects.filter(codename=codename))
        client = Client()
        client.force_login(clerk)
        page = client.get(page_of(row)).content.decode()
        words = policy_written(policy or steps((2, 100)))
        assert words in page
        assert "refund_percent" not in page
