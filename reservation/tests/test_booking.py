"""The verbs on reservations, one at a time. For rivals see `test_races.py`."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from reservation import booking, claims, errors, facts, holding, programme
from reservation.models import Reservation, ReservationState, SeatCategory, Ticket, TicketType
from reservation.sale import SeatChoice
from reservation.tests.factories import SeatFactory, confirmed, held, show_with_seats

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LATER = timedelta(minutes=10)


def labels_taken(show, at=NOW):
    tickets = Ticket.objects.taking_seats(at).filter(showtime=show)
    return sorted(ticket.seat.label for ticket in tickets.select_related("seat"))


class TestHold:
    def test_takes_all_seats_until_the_hold_ends(self, owner):
        show, seats = show_with_seats(3)
        reservation = held(owner, show, seats[:2], at=NOW)
        assert reservation.state == ReservationState.HELD
        assert reservation.expires_at == NOW + LATER
        assert labels_taken(show) == ["A1", "A2"]

    def test_takes_none_when_one_is_taken_and_names_it(self, owner, stranger):
        show, seats = show_with_seats(3)
        held(owner, show, [seats[1]], at=NOW)
        with pytest.raises(errors.SeatsTaken) as refusal:
            held(stranger, show, seats, at=NOW)
        assert refusal.value.facts["seats"] == [{"id": seats[1].pk, "label": "A2"}]
        assert labels_taken(show) == ["A2"]
        assert not Reservation.objects.of(stranger.pk).exists()

    def test_one_microsecond_before_its_end_a_hold_still_keeps_its_seats(self, owner, stranger):
        show, seats = show_with_seats(1)
        held(owner, show, seats, at=NOW)
        with pytest.raises(errors.SeatsTaken):
            held(stranger, show, seats, at=NOW + LATER - timedelta(microseconds=1))

    def test_a_hold_is_dead_at_the_instant_of_its_end_without_any_job(self, owner, stranger):
        show, seats = show_with_seats(2)
        dead = held(owner, show, seats, at=NOW)
        held(stranger, show, seats[:1], at=NOW + LATER)
        dead.refresh_from_db()
        assert dead.state == ReservationState.HELD  # nobody tidied it up
        assert dead.state_at(NOW + LATER) == ReservationState.EXPIRED
        assert dead.tickets.live().count() == 1  # the seat that nobody else wanted

    def test_prices_are_promised_once_and_for_all(self, owner):
        show, seats = show_with_seats(1, price=1250)
        vip = SeatCategory.objects.create(name="VIP", surcharge=400)
        seats.append(SeatFactory(hall=show.hall, category=vip, number=9))
        child = TicketType.objects.create(name="Child", percentage=70)
        choices = [SeatChoice(seats[0].pk), SeatChoice(seats[1].pk, child.pk)]
        reservation = holding.hold(user_id=owner.pk, show_id=show.pk, choices=choices, at=NOW)
        assert [ticket.price for ticket in reservation.tickets.all()] == [1250, 1155]
        assert reservation.total == 2405
        show.price = 9999
        show.save()
        TicketType.objects.update(percentage=10)
        SeatCategory.objects.update(surcharge=9999)
        reservation.refresh_from_db()
        assert reservation.total == 2405
        assert sum(ticket.price for ticket in Ticket.objects.all()) == 2405

    def test_the_policy_is_promised_at_the_sale(self, owner, settings):
        show, seats = show_with_seats(1)
        reservation = confirmed(owner, show, seats, at=NOW)
        settings.CANCELLATION_POLICY = []
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        reservation.refresh_from_db()
        assert reservation.cancellation_fee == 0

    @pytest.mark.parametrize("count", [1, 10])
    def test_costs_the_same_queries_for_any_number_of_seats(
        self, owner, count, django_assert_num_queries
    ):
        show, seats = show_with_seats(10)
        facts.of(show)
        with django_assert_num_queries(9):  # 7, and the savepoint that a test adds
            held(owner, show, seats[:count], at=NOW)

    @pytest.mark.parametrize("count", [1, 10])
    def test_what_becomes_of_a_hold_costs_the_same_too(
        self, owner, count, django_assert_num_queries
    ):
        show, seats = show_with_seats(10)
        reservation = held(owner, show, seats[:count], at=NOW)
        # Lock both, look for lost seats, write, and the mail: user, show, seats, mail.
        with django_assert_num_queries(10):
            booking.confirm(reservation_id=reservation.pk, at=NOW)

    def test_seats_of_another_hall_are_refused_by_name(self, owner):
        show, seats = show_with_seats(1)
        _, elsewhere = show_with_seats(1)
        with pytest.raises(errors.UnknownSeats) as refusal:
            held(owner, show, [seats[0], elsewhere[0]], at=NOW)
        assert refusal.value.facts["seats"] == [elsewhere[0].pk]

    def test_retired_seats_are_not_sold(self, owner):
        show, seats = show_with_seats(1)
        seats[0].retired_at = NOW
        seats[0].save()
        with pytest.raises(errors.UnknownSeats):
            held(owner, show, seats, at=NOW)

    def test_ticket_types_off_sale_are_refused(self, owner):
        show, seats = show_with_seats(1)
        gone = TicketType.objects.create(name="Press", percentage=0, is_active=False)
        with pytest.raises(errors.UnknownTicketType):
            holding.hold(
                user_id=owner.pk,
                show_id=show.pk,
                choices=[SeatChoice(seats[0].pk, gone.pk)],
                at=NOW,
            )

    def test_more_seats_than_a_reservation_holds_are_refused(self, owner, settings):
        settings.MAX_SEATS_PER_RESERVATION = 2
        show, seats = show_with_seats(3)
        with pytest.raises(errors.TooManySeats, match="At most 2"):
            held(owner, show, seats, at=NOW)

    def test_a_user_holds_twice_per_show_and_again_when_one_is_over(self, owner, stranger):
        show, seats = show_with_seats(5)
        first = held(owner, show, seats[:1], at=NOW)
        held(owner, show, seats[1:2], at=NOW)
        with pytest.raises(errors.TooManyHolds):
            held(owner, show, seats[2:3], at=NOW)
        held(stranger, show, seats[3:4], at=NOW)
        booking.confirm(reservation_id=first.pk, at=NOW)
        held(owner, show, seats[2:3], at=NOW)

    def test_sales_close_at_their_instant(self, owner):
        show, seats = show_with_seats(2)
        held(owner, show, seats[:1], at=show.sales_close_at - timedelta(microseconds=1))
        with pytest.raises(errors.SalesClosed):
            held(owner, show, seats[1:], at=show.sales_close_at)

    def test_a_cancelled_show_sells_nothing(self, owner):
        show, seats = show_with_seats(1)
        programme.cancel(show_id=show.pk, at=NOW)
        with pytest.raises(errors.ShowCancelled):
            held(owner, show, seats, at=NOW)

    def test_an_unknown_show_is_refused(self, owner):
        with pytest.raises(errors.UnknownShow):
            holding.hold(user_id=owner.pk, show_id=2**62, choices=[SeatChoice(1)], at=NOW)


class TestConstraint:
    def test_a_seat_can_have_one_live_ticket_whatever_the_code_does(self, owner, stranger):
        show, seats = show_with_seats(2)
        theirs = held(owner, show, seats[:1], at=NOW)
        other = held(stranger, show, seats[1:], at=NOW)
        ticket = theirs.tickets.get()
        copy = Ticket(
            reservation=other,
            showtime=show,
            seat=seats[0],
            ticket_type=ticket.ticket_type,
            price=1,
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save()
        ticket.released_at = NOW
        ticket.save()
        copy.save()

    def test_the_loser_by_constraint_gets_the_same_polite_answer(
        self, owner, stranger, monkeypatch
    ):
        show, seats = show_with_seats(1)
        held(owner, show, seats, at=NOW)
        monkeypatch.setattr(claims, "free_or_refuse", lambda *args: None)
        with pytest.raises(errors.SeatsTaken) as refusal:
            held(stranger, show, seats, at=NOW)
        assert refusal.value.facts["seats"] == [{"id": seats[0].pk, "label": "A1"}]


class TestExtend:
    def test_prolongs_a_hold_once(self, owner):
        show, seats = show_with_seats(1)
        reservation = held(owner, show, seats, at=NOW)
        until = NOW + timedelta(minutes=40)
        extended = booking.extend(reservation_id=reservation.pk, until=until, at=NOW)
        assert extended.expires_at == until
        again = booking.extend(reservation_id=reservation.pk, until=until + LATER, at=NOW + LATER)
        assert again.expires_at == until

    def test_never_revives_a_dead_hold(self, owner):
        show, seats = show_with_seats(1)
        reservation = held(owner, show, seats, at=NOW)
        with pytest.raises(errors.HoldExpired):
            booking.extend(reservation_id=reservation.pk, until=NOW + 9 * LATER, at=NOW + LATER)


class TestConfirm:
    def test_keeps_the_seats_for_good(self, owner):
        show, seats = show_with_seats(1)
        reservation = confirmed(owner, show, seats, at=NOW)
        assert reservation.confirmed_at == NOW
        assert labels_taken(show, NOW + 9 * LATER) == ["A1"]

    def test_a_second_time_changes_nothing(self, owner):
        show, seats = show_with_seats(1)
        reservation = confirmed(owner, show, seats, at=NOW)
        again = booking.confirm(reservation_id=reservation.pk, at=NOW + LATER)
        assert again.confirmed_at == NOW

    def test_revives_a_dead_hold_whose_seats_are_free(self, owner):
        show, seats = show_with_seats(2)
        reservation = held(owner, show, seats, at=NOW)
        booking.expire(reservation_id=reservation.pk, at=NOW + LATER)
        assert labels_taken(show) == []
        booking.confirm(reservation_id=reservation.pk, at=NOW + LATER)
        assert labels_taken(show) == ["A1", "A2"]

    def test_revives_all_seats_or_none(self, owner, stranger):
        show, seats = show_with_seats(2)
        reservation = held(owner, show, seats, at=NOW)
        theirs = held(stranger, show, seats[1:], at=NOW + LATER)
        with pytest.raises(errors.SeatsTaken) as refusal:
            booking.confirm(reservation_id=reservation.pk, at=NOW + LATER)
        assert refusal.value.facts["seats"] == [{"id": seats[1].pk, "label": "A2"}]
        assert theirs.tickets.live().count() == 1
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.HELD

    def test_takes_seats_back_from_a_hold_that_is_dead_too(self, owner, stranger):
        show, seats = show_with_seats(1)
        reservation = held(owner, show, seats, at=NOW)
        held(stranger, show, seats, at=NOW + LATER)
        booking.confirm(reservation_id=reservation.pk, at=NOW + 2 * LATER)
        assert reservation.tickets.live().count() == 1

    def test_revives_nothing_once_the_show_has_begun(self, owner):
        show, seats = show_with_seats(1)
        reservation = held(owner, show, seats, at=NOW)
        with pytest.raises(errors.HoldExpired):
            booking.confirm(reservation_id=reservation.pk, at=show.starts_at)

    def test_refuses_what_was_cancelled(self, owner):
        show, seats = show_with_seats(1)
        reservation = held(owner, show, seats, at=NOW)
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        with pytest.raises(errors.ReservationCancelled):
            booking.confirm(reservation_id=reservation.pk, at=NOW)

    def test_refuses_a_cancelled_show(self, owner):
        show, seats = show_with_seats(1)
        reservation = held(owner, show, seats, at=NOW)
        programme.cancel(show_id=show.pk, at=NOW)
        with pytest.raises(errors.ShowCancelled):
            booking.confirm(reservation_id=reservation.pk, at=NOW)


class TestCancel:
    def test_a_hold_costs_nothing_and_frees_its_seats_at_once(self, owner, stranger):
        show, seats = show_with_seats(1)
        reservation = held(owner, show, seats, at=NOW)
        cancelled = booking.cancel(reservation_id=reservation.pk, at=NOW)
        assert (cancelled.state, cancelled.amount_due) == (ReservationState.CANCELLED, 0)
        held(stranger, show, seats, at=NOW)

    @pytest.mark.parametrize(("hours", "fee"), [(3, 0), (2, 0), (1, 1250)])
    def test_a_paid_one_costs_what_was_promised(self, owner, hours, fee):
        show, seats = show_with_seats(1)
        reservation = confirmed(owner, show, seats, at=NOW)
        at = show.starts_at - timedelta(hours=hours)
        assert booking.cancel(reservation_id=reservation.pk, at=at).amount_due == fee

    def test_is_refused_once_the_show_has_begun(self, owner):
        show, seats = show_with_seats(1)
        reservation = confirmed(owner, show, seats, at=NOW)
        with pytest.raises(errors.ShowStarted):
            booking.cancel(reservation_id=reservation.pk, at=show.starts_at)

    def test_a_second_time_changes_nothing(self, owner):
        show, seats = show_with_seats(1)
        reservation = confirmed(owner, show, seats, at=NOW)
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        again = booking.cancel(reservation_id=reservation.pk, at=show.starts_at)
        assert (again.cancelled_at, again.cancellation_fee) == (NOW, 0)

    def test_never_releases_a_seat_that_is_another_s_by_now(self, owner, stranger):
        show, seats = show_with_seats(2)
        reservation = held(owner, show, seats, at=NOW)
        held(stranger, show, seats[:1], at=NOW + LATER)
        with pytest.raises(errors.HoldExpired):
            booking.cancel(reservation_id=reservation.pk, at=NOW + LATER)
        booking.cancel_by_house(reservation_id=reservation.pk, at=NOW + LATER)
        assert labels_taken(show, NOW + LATER) == ["A1"]

    def test_by_the_house_keeps_nothing(self, owner):
        show, seats = show_with_seats(1)
        reservation = confirmed(owner, show, seats, at=NOW)
        at = show.starts_at + timedelta(hours=1)
        assert booking.cancel_by_house(reservation_id=reservation.pk, at=at).amount_due == 0


class TestExpire:
    def test_tidies_up_a_dead_hold(self, owner):
        show, seats = show_with_seats(1)
        reservation = held(owner, show, seats, at=NOW)
        assert booking.expire(reservation_id=reservation.pk, at=NOW + LATER)
        reservation.refresh_from_db()
        assert (reservation.state, reservation.amount_due) == (ReservationState.EXPIRED, 0)
        assert not reservation.tickets.live().exists()

    def test_leaves_living_holds_and_paid_seats_alone(self, owner, stranger):
        show, seats = show_with_seats(2)
        living = held(owner, show, seats[:1], at=NOW)
        paid = confirmed(stranger, show, seats[1:], at=NOW)
        assert not booking.expire(reservation_id=living.pk, at=NOW)
        assert not booking.expire(reservation_id=paid.pk, at=NOW + LATER)
        assert labels_taken(show) == ["A1", "A2"]

    def test_leaves_the_new_owner_s_seat_alone(self, owner, stranger):
        show, seats = show_with_seats(1)
        dead = held(owner, show, seats, at=NOW)
        theirs = held(stranger, show, seats, at=NOW + LATER)
        booking.expire(reservation_id=dead.pk, at=NOW + LATER)
        assert theirs.tickets.live().count() == 1


class TestNothingSoldDisappears:
    def test_shows_seats_films_and_people_with_reservations_can_t_be_deleted(self, owner):
        show, seats = show_with_seats(1)
        held(owner, show, seats, at=NOW)
        for thing in (show, seats[0], show.movie, show.hall, owner):
            with pytest.raises(ProtectedError):
                thing.delete()
