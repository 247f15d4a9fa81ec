"""What the house cancels at the desk: why, who did it, and what goes back."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from reservation import booking, programme, waivers
from reservation.models import Reservation
from reservation.tests import factories

pytestmark = pytest.mark.django_db

RESERVATIONS = reverse("admin:reservation_reservation_changelist")
SHOWS = reverse("admin:reservation_showtime_changelist")
NOW = timezone.now()


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def place():
    return factories.show_with_seats(4)


@pytest.fixture
def paid(owner, place) -> list[Reservation]:
    """Two reservations of one show, of two seats for 25.00 each."""
    show, seats = place
    return [factories.confirmed(owner, show, pair, at=NOW) for pair in (seats[:2], seats[2:])]


def page_of(row, page="change"):
    return reverse(f"admin:reservation_{row._meta.model_name}_{page}", args=[row.pk])


def cancel(desk, *rows, **entry):
    of_shows = rows[0]._meta.model_name == "showtime"
    form = {"action": "cancel_shows" if of_shows else "cancel_by_house", "confirmed": "yes"}
    form["_selected_action"] = [row.pk for row in rows]
    return desk.post(SHOWS if of_shows else RESERVATIONS, form | entry, follow=True)


def said(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def reasons() -> set[str]:
    return set(Reservation.objects.values_list("cancellation_reason", flat=True))


def mails() -> list[str]:
    """The cancellations among them."""
    found = Email.objects.filter(subject__contains="had to be cancelled")
    return list(found.order_by("pk").values_list("message", flat=True))


class TestReservations:
    def test_the_reason_is_kept_shown_noted_and_told(self, desk, paid):
        cancel(desk, *paid, reason="The projector <broke>")
        assert reasons() == {"The projector <broke>"}
        for reservation in paid:
            page = desk.get(page_of(reservation)).content.decode()
            assert "The projector &lt;broke&gt;" in page
            history = desk.get(page_of(reservation, "history")).content.decode()
            assert "Cancelled by the house: The projector &lt;broke&gt;" in history
            assert "stella" in history
        assert len(mails()) == 2
        assert all("The projector <broke>" in mail for mail in mails())

    def test_without_a_reason_it_is_cancelled_and_noted_all_the_same(self, desk, paid):
        cancel(desk, paid[0], reason="  ")
        history = desk.get(page_of(paid[0], "history")).content.decode()
        assert "Cancelled by the house." in history
        assert "had to cancel this reservation.\n\n  Film" in mails()[0]

    @pytest.mark.parametrize(
        ("reason", "words"), [("x" * 201, "at most 200 characters"), ("\x00", "Null characters")]
    )
    def test_a_reason_that_can_not_be_kept_is_asked_for_again(self, desk, paid, reason, words):
        answer = cancel(desk, *paid, reason=reason)
        assert words in answer.content.decode()
        assert not Reservation.objects.filter(state="cancelled").exists()
        assert cancel(desk, *paid, reason="x" * 200).status_code == 200
        assert reasons() == {"x" * 200}

    def test_asking_shows_what_goes_back_and_asks_why(self, desk, paid):
        one, other = paid
        waivers.waive(reservation_id=one.pk, amount=700, reason="Loud", staff_id=None, at=NOW)
        booking.cancel(reservation_id=other.pk, at=NOW)
        form = {"action": "cancel_by_house", "_selected_action": [one.pk, other.pk]}
        for answer in (desk.post(RESERVATIONS, form), desk.get(page_of(one, "cancel_this_one"))):
            page = answer.content.decode()
            assert "18.00 USD" in page
            assert "25.00 USD" not in page
            assert 'name="reason"' in page

    def test_what_was_cancelled_before_is_neither_counted_nor_noted(self, desk, paid):
        one, other = paid
        cancel(desk, one, reason="First")
        answer = cancel(desk, one, other, reason="Second")
        assert "Cancelled: 1 reservation." in said(answer)[0]
        one.refresh_from_db()
        assert one.cancellation_reason == "First"
        assert LogEntry.objects.filter(object_id=str(one.pk)).count() == 1
        assert len(mails()) == 2

    def test_nothing_is_noted_that_did_not_happen(self, desk, paid, monkeypatch):
        def breaking(**given):
            raise RuntimeError("the power went")

        monkeypatch.setattr(booking, "cancel_by_house", breaking)
        with pytest.raises(RuntimeError):
            cancel(desk, *paid)
        assert not LogEntry.objects.exists()

    def test_nothing_happens_that_is_not_noted(self, desk, paid, monkeypatch):
        monkeypatch.setattr(LogEntry.objects, "log_actions", lambda **given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cancel(desk, *paid)
        assert not Reservation.objects.filter(state="cancelled").exists()


class TestShows:
    def test_the_reason_is_kept_noted_and_told(self, desk, place, paid):
        show, _ = place
        answer = cancel(desk, show, reason="A burst pipe")
        assert "Cancelled: 1 show, with 2 reservations." in said(answer)[0]
        assert reasons() == {"The show was cancelled: A burst pipe"}
        assert "Cancelled: A burst pipe" in desk.get(page_of(show, "history")).content.decode()
        for reservation in paid:
            history = desk.get(page_of(reservation, "history")).content.decode()
            assert "Cancelled by the house: The show was cancelled: A burst pipe" in history
            assert "stella" in history
        assert len(mails()) == 2
        assert all("The show was cancelled: A burst pipe\n" in mail for mail in mails())

    def test_without_a_reason_customers_still_hear_that_it_was_the_show(self, desk, place, paid):
        cancel(desk, place[0])
        assert reasons() == {"The show was cancelled."}
        assert all("The show was cancelled.\n" in mail for mail in mails())

    def test_the_longest_reason_fits_with_what_is_said_first(self, desk, place, paid):
        answer = cancel(desk, place[0], reason="x" * 177)
        assert "at most 176 characters" in answer.content.decode()
        assert not Reservation.objects.filter(state="cancelled").exists()
        cancel(desk, place[0], reason="x" * 176)
        (reason,) = reasons()
        assert len(reason) == 200

    def test_the_preview_counts_what_was_not_given_back_yet(self, desk, place, paid):
        waivers.waive(reservation_id=paid[0].pk, amount=700, reason="Loud", staff_id=None, at=NOW)
        for page in (
            desk.post(SHOWS, {"action": "cancel_shows", "_selected_action": place[0].pk}),
            desk.get(page_of(place[0], "cancel_this_show")),
        ):
            words = page.content.decode()
            assert "Paid for of these: 2. At most 43.00 USD goes back" in words
            assert 'name="reason"' in words

    def test_the_preview_s_money_is_what_less_is_due_afterwards(self, desk, place, paid):
        waivers.waive(reservation_id=paid[0].pk, amount=2500, reason="", staff_id=None, at=NOW)
        before = sum(row.amount_due for row in Reservation.objects.all())
        cancel(desk, place[0])
        assert before - sum(row.amount_due for row in Reservation.objects.all()) == 2500

    def test_what_is_cancelled_already_is_noted_once(self, desk, place, paid):
        show, _ = place
        for _ in range(2):
            cancel(desk, show, reason="Fog")
        assert LogEntry.objects.filter(content_type__model="showtime").count() == 1
        assert LogEntry.objects.filter(content_type__model="reservation").count() == 2

    def test_a_show_that_was_cancelled_elsewhere_keeps_its_reason(
        self, desk, place, paid, staff_client
    ):
        staff_client.post(f"/api/show_times/{place[0].pk}/cancel/", {"reason": "Frost"})
        cancel(desk, place[0], reason="Fog")
        assert reasons() == {"The show was cancelled: Frost"}

    def test_the_show_s_page_says_why_who_and_when(self, desk, place, staff):
        assert "Cancelled at" not in desk.get(page_of(place[0])).content.decode()
        programme.cancel(show_id=place[0].pk, at=NOW, reason="A <pipe>", staff_id=staff.pk)
        page = desk.get(page_of(place[0])).content.decode()
        assert "Cancelled at" in page
        assert "A &lt;pipe&gt;" in page

    def test_a_worker_that_is_quicker_takes_no_reason_and_no_number_away(
        self, desk, place, paid, monkeypatch
    ):
        verb = programme.cancel

        def then_the_worker_clears(**given):
            show = verb(**given)
            for row in list(Reservation.objects.of_cancelled_shows()):
                booking.cancel_by_house(reservation_id=row.pk, at=NOW)
            return show

        monkeypatch.setattr(programme, "cancel", then_the_worker_clears)
        answer = cancel(desk, place[0], reason="Fog")
        assert "with 2 reservations." in said(answer)[0]
        assert reasons() == {"The show was cancelled: Fog"}
        assert len(mails()) == 2

    def test_dead_holds_are_neither_counted_nor_cancelled(self, desk, place, owner):
        show, seats = place
        dead = factories.held(owner, show, seats, at=NOW - timedelta(days=1))
        assert (
            "Cancelled with it: 0 reservations."
            in desk.get(page_of(show, "cancel_this_show")).content.decode()
        )
        assert "with 0 reservations." in said(cancel(desk, show))[0]
        dead.refresh_from_db()
        assert (dead.state, mails()) == ("held", [])
