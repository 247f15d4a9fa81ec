"""Small guards, each with the test that misses it. For rivals at once see the race tests."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reservation import booking, claims, errors, idempotency, programme
from reservation.models import IdempotentRequest, Reservation, ReservationState
from reservation.tests.factories import ShowTimeFactory, confirmed, held, show_with_seats

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HOUR, MINUTE, INSTANT = timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1)
HELD, EXPIRED = ReservationState.HELD, ReservationState.EXPIRED


@pytest.fixture
def place():
    return show_with_seats(2)


@pytest.fixture
def hold(owner, place):
    return held(owner, *place, at=NOW)


def facts_of(reservation):
    """All that a verb could have changed."""
    tickets = list(reservation.tickets.values_list("pk", "released_at"))
    return Reservation.objects.filter(pk=reservation.pk).values().get(), tickets


class TestInstants:
    """A hold ends at one instant, for every question about it."""

    def test_until_the_microsecond_before_its_end_a_hold_is_alive(self, hold):
        at = hold.expires_at - INSTANT
        rows = Reservation.objects.all()
        assert hold.state_at(at) == HELD
        assert list(rows.holding(at)) == list(rows.in_state(HELD, at)) == [hold]
        assert not rows.overdue(at).exists()
        assert not rows.in_state(EXPIRED, at).exists()

    def test_from_the_instant_of_its_end_a_hold_is_dead(self, hold):
        at = hold.expires_at
        rows = Reservation.objects.all()
        assert hold.state_at(at) == EXPIRED
        assert list(rows.overdue(at)) == list(rows.in_state(EXPIRED, at)) == [hold]
        assert not rows.holding(at).exists()
        assert not rows.in_state(HELD, at).exists()

    def test_only_holds_end_with_time(self, hold):
        booking.confirm(reservation_id=hold.pk, at=NOW)
        later = hold.expires_at + HOUR
        rows = Reservation.objects.all()
        assert list(rows.in_state(ReservationState.CONFIRMED, later)) == [hold]
        assert not rows.overdue(later).exists()
        assert not rows.in_state(EXPIRED, later).exists()

    def test_what_was_ended_stays_expired_before_its_time_too(self, hold):
        booking.end_unsold(reservation_id=hold.pk, at=NOW)
        assert list(Reservation.objects.in_state(EXPIRED, NOW - HOUR)) == [hold]
        assert not Reservation.objects.holding(NOW - HOUR).exists()

    def test_money_is_looked_at_from_its_instant_on(self, hold):
        booking.settle_from(hold, NOW)
        assert list(Reservation.objects.unsettled(NOW)) == [hold]
        assert not Reservation.objects.unsettled(NOW - INSTANT).exists()

    def test_a_hold_is_not_cancelled_at_the_instant_of_its_end(self, hold):
        with pytest.raises(errors.HoldExpired):
            booking.cancel(reservation_id=hold.pk, at=hold.expires_at)
        booking.cancel(reservation_id=hold.pk, at=hold.expires_at - INSTANT)


class TestHold:
    def test_of_no_seats_is_refused(self, owner, place):
        with pytest.raises(errors.NoSeats):
            held(owner, place[0], [], at=NOW)
        assert not Reservation.objects.exists()

    def test_a_seat_is_sold_anew_for_every_show(self, hold, stranger, place):
        show, seats = place
        next_show = ShowTimeFactory(hall=show.hall, starts_at=show.hall_free_at)
        assert held(stranger, next_show, seats, at=NOW).tickets.live().count() == 2
        assert hold.tickets.live().count() == 2


class TestExtend:
    def test_is_refused_for_a_cancelled_show(self, hold):
        programme.cancel(show_id=hold.showtime_id, at=NOW)
        before = facts_of(hold)
        with pytest.raises(errors.ShowCancelled):
            booking.extend(reservation_id=hold.pk, until=NOW + HOUR, at=NOW)
        assert facts_of(hold) == before

    def test_never_shortens_a_hold(self, hold):
        extended = booking.extend(reservation_id=hold.pk, until=hold.expires_at - MINUTE, at=NOW)
        assert (extended.expires_at, extended.extended_at) == (hold.expires_at, None)

    def test_what_lasts_longer_anyway_can_still_be_extended_later(self, hold):
        booking.extend(reservation_id=hold.pk, until=hold.expires_at, at=NOW)
        extended = booking.extend(reservation_id=hold.pk, until=NOW + HOUR, at=NOW)
        assert extended.expires_at == NOW + HOUR

    def test_is_refused_once_a_seat_was_lost_whatever_the_clock_says(self, hold, stranger, place):
        show, seats = place
        held(stranger, show, seats[:1], at=hold.expires_at)
        with pytest.raises(errors.HoldExpired):
            booking.extend(reservation_id=hold.pk, until=NOW + HOUR, at=NOW)

    @pytest.mark.parametrize(
        ("end", "refusal"),
        [
            (booking.confirm, errors.AlreadyConfirmed),
            (booking.cancel, errors.ReservationCancelled),
            (booking.end_unsold, errors.HoldExpired),
        ],
    )
    def test_is_refused_with_the_reason(self, hold, end, refusal):
        end(reservation_id=hold.pk, at=NOW)
        with pytest.raises(refusal):
            booking.extend(reservation_id=hold.pk, until=NOW + HOUR, at=NOW)


class TestClaimAgain:
    def test_the_loser_by_constraint_gets_the_polite_answer(
        self, hold, stranger, place, monkeypatch
    ):
        _, seats = place
        late = hold.expires_at
        held(stranger, *place, at=late)
        monkeypatch.setattr(claims, "free_or_refuse", lambda *_: None)
        with pytest.raises(errors.SeatsTaken) as refusal:
            booking.confirm(reservation_id=hold.pk, at=late)
        named = [{"id": seat.pk, "label": seat.label} for seat in seats]
        assert refusal.value.facts["seats"] == named

    def test_a_seat_that_was_lost_is_not_confirmed_whatever_the_clock_says(
        self, hold, stranger, place
    ):
        show, seats = place
        rival = held(stranger, show, seats[:1], at=hold.expires_at)
        with pytest.raises(errors.SeatsTaken):
            booking.confirm(reservation_id=hold.pk, at=hold.expires_at - MINUTE)
        assert rival.tickets.live().count() == 1

    @pytest.mark.parametrize("before_the_end", [MINUTE, 0 * MINUTE])
    def test_only_what_was_lost_is_taken_back(self, hold, stranger, place, before_the_end):
        show, seats = place
        late = hold.expires_at
        rival = held(stranger, show, seats[:1], at=late)
        booking.cancel(reservation_id=rival.pk, at=late)
        booking.confirm(reservation_id=hold.pk, at=late - before_the_end)
        assert hold.tickets.live().count() == 2
        assert not rival.tickets.live().exists()


class TestRelease:
    def test_a_ticket_that_was_released_before_keeps_its_time(self, hold, stranger, place):
        show, seats = place
        late = hold.expires_at
        held(stranger, show, seats[:1], at=late)
        booking.expire(reservation_id=hold.pk, at=late + HOUR)
        released = hold.tickets.order_by("seat__number").values_list("released_at", flat=True)
        assert list(released) == [late, late + HOUR]

    def test_what_has_expired_is_not_expired_again(self, hold):
        assert booking.expire(reservation_id=hold.pk, at=hold.expires_at)
        before = facts_of(hold)
        assert not booking.expire(reservation_id=hold.pk, at=hold.expires_at + HOUR)
        assert facts_of(hold) == before

    def test_an_expired_hold_never_ends_later_than_it_did(self, hold):
        booking.expire(reservation_id=hold.pk, at=hold.expires_at + HOUR)
        assert Reservation.objects.get().expires_at == hold.expires_at

    def test_a_hold_that_is_ended_early_is_dead_at_once(self, hold):
        booking.end_unsold(reservation_id=hold.pk, at=NOW)
        assert Reservation.objects.get().expires_at == NOW


class TestAwaitPayment:
    def test_keeps_a_living_hold_until_its_show_begins(self, hold):
        booking.await_payment(reservation_id=hold.pk, at=NOW)
        assert Reservation.objects.get().expires_at == hold.showtime.starts_at

    def test_never_shortens_a_hold(self, owner):
        show, seats = show_with_seats(1, starts_at=NOW + MINUTE)
        hold = held(owner, show, seats, at=NOW)
        booking.await_payment(reservation_id=hold.pk, at=NOW)
        assert Reservation.objects.get().expires_at == hold.expires_at

    @pytest.mark.parametrize("end", [booking.confirm, booking.cancel, booking.end_unsold])
    def test_leaves_what_is_no_hold_as_it_is(self, hold, end):
        end(reservation_id=hold.pk, at=NOW)
        before = facts_of(hold)
        booking.await_payment(reservation_id=hold.pk, at=NOW)
        assert facts_of(hold) == before

    def test_never_revives_a_dead_hold(self, hold):
        before = facts_of(hold)
        booking.await_payment(reservation_id=hold.pk, at=hold.expires_at)
        assert facts_of(hold) == before

    def test_never_revives_a_hold_that_lost_a_seat(self, hold, stranger, place):
        show, seats = place
        held(stranger, show, seats[:1], at=hold.expires_at)
        before = facts_of(hold)
        booking.await_payment(reservation_id=hold.pk, at=hold.expires_at - MINUTE)
        assert facts_of(hold) == before


class TestEndUnsold:
    @pytest.mark.parametrize("end", [booking.confirm, booking.cancel])
    def test_leaves_what_is_no_hold_as_it_is(self, hold, end):
        end(reservation_id=hold.pk, at=NOW)
        before = facts_of(hold)
        booking.end_unsold(reservation_id=hold.pk, at=NOW + MINUTE)
        assert facts_of(hold) == before

    def test_ends_once(self, hold):
        booking.end_unsold(reservation_id=hold.pk, at=NOW + MINUTE)
        before = facts_of(hold)
        booking.end_unsold(reservation_id=hold.pk, at=NOW)
        assert facts_of(hold) == before


class TestCancel:
    def test_the_house_leaves_what_the_customer_cancelled_as_it_is(self, owner, place):
        reservation = confirmed(owner, *place, at=NOW)
        booking.cancel(reservation_id=reservation.pk, at=reservation.showtime.starts_at - MINUTE)
        before = facts_of(reservation)
        assert before[0]["cancellation_fee"] > 0
        booking.cancel_by_house(reservation_id=reservation.pk, at=NOW)
        assert facts_of(reservation) == before

    def test_makes_the_money_to_be_looked_at(self, hold):
        booking.cancel(reservation_id=hold.pk, at=NOW)
        assert list(Reservation.objects.unsettled(NOW)) == [hold]

    def test_has_no_fee_where_there_is_nothing_to_cancel(self, hold):
        booking.cancel(reservation_id=hold.pk, at=NOW)
        hold.refresh_from_db()
        with pytest.raises(errors.ReservationCancelled):
            booking.cancellation_fee(hold, at=NOW)


class TestIdempotency:
    def answer(self, user, text, *, fingerprint="same"):
        return idempotency.answer_once(
            user_id=user.pk, key="key", fingerprint=fingerprint, at=NOW, ask=lambda: text
        )

    def test_each_user_gets_back_their_own_answer(self, owner, stranger):
        assert self.answer(owner, "theirs") == ("theirs", False)
        assert self.answer(stranger, "others'") == ("others'", False)
        assert self.answer(owner, "") == ("theirs", True)
        assert self.answer(stranger, "") == ("others'", True)

    def test_each_key_gets_back_its_own_answer(self, owner):
        for key in ("one", "two", "one", "two"):
            answer, _ = idempotency.answer_once(
                user_id=owner.pk, key=key, fingerprint=key, at=NOW, ask=lambda key=key: key
            )
            assert answer == key
        assert IdempotentRequest.objects.count() == 2

    def test_another_body_is_refused_whoever_else_used_the_key(self, owner, stranger):
        self.answer(owner, "", fingerprint="this")
        self.answer(stranger, "", fingerprint="that")
        with pytest.raises(errors.IdempotencyKeyReused):
            self.answer(stranger, "", fingerprint="this")

    def test_without_its_answer_there_is_no_booking(self, owner, place):
        def book_and_break():
            held(owner, *place, at=NOW)
            raise ValueError("no answer")

        with pytest.raises(ValueError, match="no answer"):
            idempotency.answer_once(
                user_id=owner.pk, key="key", fingerprint="", at=NOW, ask=book_and_break
            )
        assert not Reservation.objects.exists()
        assert not IdempotentRequest.objects.exists()

    def test_keys_are_kept_for_a_day(self, owner):
        self.answer(owner, "kept")
        assert idempotency.forget_old(at=NOW + idempotency.KEPT_FOR - INSTANT) == 0
        assert self.answer(owner, "") == ("kept", True)
        assert idempotency.forget_old(at=NOW + idempotency.KEPT_FOR) == 1
