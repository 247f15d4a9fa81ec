"""What customers read, as they read it."""

import re

import pytest
from django.db import transaction
from post_office.models import Email

from reservation import booking, programme, waivers
from reservation.tests.factories import confirmed, held, show_with_seats

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    show, seats = show_with_seats(2)
    show.movie.title = "The {{ code }} & <General> {% now 'Y' %}"
    show.movie.save()
    return show, seats


def test_a_confirmation_has_all_that_one_needs_at_the_door(owner, place):
    show, _ = place
    reservation = confirmed(owner, *place)
    mail = Email.objects.get()
    assert mail.to == ["olivia@example.com"]
    assert reservation.code in mail.subject
    local = show.starts_at.astimezone(show.hall.cinema.zone)
    for fact in (reservation.code, "A1, A2", "25.00 USD", show.hall.cinema.name):
        assert fact in mail.message
    assert f"{local:%H:%M}" in mail.message


def test_a_film_s_title_is_text_and_nothing_else(owner, place):
    confirmed(owner, *place)
    mail = Email.objects.get()
    assert "The {{ code }} & <General> {% now 'Y' %}" in mail.message
    assert "The {{ code }} & <General> {% now 'Y' %}" in mail.subject


def test_a_confirmation_is_sent_once(owner, place):
    reservation = confirmed(owner, *place)
    booking.confirm(reservation_id=reservation.pk, at=reservation.confirmed_at)
    assert Email.objects.count() == 1


def test_it_leaves_with_the_booking_or_not_at_all(owner, place):
    reservation = held(owner, *place)
    with transaction.atomic():
        booking.confirm(reservation_id=reservation.pk, at=reservation.created_at)
        assert Email.objects.exists()
        transaction.set_rollback(True)
    assert not Email.objects.exists()


@pytest.mark.parametrize(
    ("verb", "words"),
    [(booking.cancel, "As you wished"), (booking.cancel_by_house, "had to cancel")],
)
def test_a_cancellation_says_whose_wish_it_was(owner, place, verb, words):
    reservation = confirmed(owner, *place)
    verb(reservation_id=reservation.pk, at=reservation.confirmed_at)
    verb(reservation_id=reservation.pk, at=reservation.confirmed_at)
    (_, mail) = Email.objects.order_by("pk")
    assert words in mail.message
    assert re.search(r"goes back to you", mail.message)


def test_letting_a_hold_go_is_worth_no_mail(owner, place):
    reservation = held(owner, *place)
    booking.cancel(reservation_id=reservation.pk, at=reservation.created_at)
    assert not Email.objects.exists()


def test_the_box_office_has_no_address(place):
    confirmed(None, *place)
    assert not Email.objects.exists()


def told_of_cancelling(reservation, verb, **more) -> str:
    verb(reservation_id=reservation.pk, at=reservation.confirmed_at, **more)
    return Email.objects.order_by("pk").last().message


def test_the_house_says_why(owner, place):
    reservation = confirmed(owner, *place)
    words = "Frost {{ code }} & <ice>"
    message = told_of_cancelling(reservation, booking.cancel_by_house, reason=words)
    assert f"had to cancel this reservation.\n\n{words}\n\n  The" in message


def test_who_has_no_reason_still_says_that_the_show_was_cancelled(owner, place):
    reservation = confirmed(owner, *place)
    programme.cancel(show_id=place[0].pk, at=reservation.confirmed_at)
    message = told_of_cancelling(reservation, booking.cancel_by_house)
    assert "\n\nThe show was cancelled.\n\n" in message


def test_without_any_reason_nothing_is_made_up(owner, place):
    message = told_of_cancelling(confirmed(owner, *place), booking.cancel_by_house)
    assert "had to cancel this reservation.\n\n  The" in message
    assert "promised back" not in message


@pytest.mark.parametrize("verb", [booking.cancel, booking.cancel_by_house])
def test_what_was_given_back_before_is_not_promised_again(owner, place, verb):
    reservation = confirmed(owner, *place)
    at = reservation.confirmed_at
    waivers.waive(reservation_id=reservation.pk, amount=700, reason="", staff_id=None, at=at)
    message = told_of_cancelling(reservation, verb)
    assert "This includes the 7.00 USD that you were promised back before." in message


def test_the_fee_that_is_told_is_what_is_kept_in_the_end(owner, place):
    show, seats = place
    show.cancellation_policy = []
    show.save()
    reservation = confirmed(owner, show, seats)
    at = reservation.confirmed_at
    waivers.waive(reservation_id=reservation.pk, amount=700, reason="", staff_id=None, at=at)
    message = told_of_cancelling(reservation, booking.cancel)
    assert "18.00 USD of the 25.00 USD is kept" in message


def test_where_all_is_kept_nothing_is_said_to_go_back(owner, place):
    show, seats = place
    show.cancellation_policy = []
    show.save()
    message = told_of_cancelling(confirmed(owner, show, seats), booking.cancel)
    assert "the 25.00 USD is kept; nothing goes back to you." in message
    assert "what is left" not in message


@pytest.mark.parametrize("has_money", [False, True])
def test_who_loses_a_hold_hears_of_money_only_if_some_was_paid(owner, place, has_money):
    reservation = held(owner, *place)
    at = reservation.created_at
    if has_money:
        booking.settle_from(reservation, at)
    booking.cancel_by_house(reservation_id=reservation.pk, at=at)
    message = Email.objects.get().message
    assert ("paid" in message) == ("USD" in message) == has_money


@pytest.mark.parametrize("was_paid", [False, True])
def test_who_knows_whether_a_hold_was_paid_says_so(owner, place, was_paid):
    reservation = held(owner, *place)
    at = reservation.created_at
    booking.cancel_by_house(reservation_id=reservation.pk, at=at, was_paid=was_paid)
    assert ("paid" in Email.objects.get().message) == was_paid


def test_without_words_of_its_own_a_reservation_takes_its_show_s(owner, place):
    reservation = confirmed(owner, *place)
    programme.cancel(show_id=place[0].pk, at=reservation.confirmed_at, reason="A burst pipe")
    message = told_of_cancelling(reservation, booking.cancel_by_house)
    reservation.refresh_from_db()
    assert reservation.cancellation_reason == "The show was cancelled: A burst pipe"
    assert "\n\nThe show was cancelled: A burst pipe\n\n" in message
