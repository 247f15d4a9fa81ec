"""Exchanges and money: whatever happens, paid - refunded = amount due in the end."""

from datetime import timedelta

import pytest
import time_machine
from post_office.models import Email

from payments import checkout, rounds, settlement
from payments.asking import Asked, MoneyMissing
from payments.models import Payment, PaymentState, Refund, RefundReason
from payments.status import standing
from payments.tests.books import assert_settled, balance
from payments.tests.moments import MINUTE, NOW
from payments.tests.rows import state_of
from reservation import booking, errors, exchanging, programme, waivers
from reservation.choosing import Wish
from reservation.models import Exchange, ReservationState, Ticket
from reservation.sale import SeatChoice
from reservation.tests.factories import SeatFactory, confirmed, show_with_seats

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("it_is_now")]

CONFIRMED = ReservationState.CONFIRMED


@pytest.fixture
def free(place):
    """Two more seats of the show."""
    return [SeatFactory(hall=place[0].hall, number=number) for number in (3, 4)]


@pytest.fixture
def dear():
    """Two seats of another show, for 15.00 each."""
    return show_with_seats(2, price=1500, starts_at=NOW + timedelta(days=3))


@pytest.fixture
def cheap():
    """The same, for 10.00 each."""
    return show_with_seats(2, price=1000, starts_at=NOW + timedelta(days=3))


def exchange(reservation, seats, *, show=None, at=NOW):
    return exchanging.exchange(
        reservation_id=reservation.pk,
        wish=Wish([SeatChoice(seat.pk) for seat in seats]),
        show_id=show.pk if show else None,
        at=at,
    )


@pytest.fixture
def waiting(reservation, paid, dear):
    """What was paid for, 25.00, is to become 30.00."""
    return exchange(reservation, dear[1], show=dear[0])


def open_page(reservation, at=NOW):
    return checkout.open_checkout(reservation_id=reservation.pk, at=at)


@pytest.fixture
def difference(reservation, waiting):
    """The open page for it."""
    return open_page(reservation)


def pay(stripe, page, at=NOW):
    stripe.pay(page.session_id)
    return checkout.sync(page.session_id, at=at)


def show_of(reservation):
    reservation.refresh_from_db()
    live = Ticket.objects.live().filter(reservation=reservation)
    assert {ticket.showtime for ticket in live} == {reservation.showtime}
    return reservation.showtime


def refunds():
    return list(Refund.objects.order_by("pk").values_list("amount", "reason"))


def work(at):
    with time_machine.travel(at):
        rounds.all_rounds(at=at)


class TestCheaper:
    def test_goes_back_by_the_equation(self, stripe, reservation, paid, cheap):
        exchange(reservation, cheap[1], show=cheap[0])
        work(NOW)
        assert refunds() == [(500, RefundReason.EXCHANGED)]
        assert_settled(stripe, reservation)

    def test_the_customer_reads_why(self, reservation, paid, cheap):
        exchange(reservation, cheap[1], show=cheap[0])
        work(NOW)
        mail = Email.objects.get(subject__startswith="5.00 USD is on its way")
        assert "cost less than those that you had before" in mail.message

    def test_less_what_was_given_up_before(self, stripe, reservation, paid, cheap):
        waivers.waive(
            reservation_id=reservation.pk, amount=700, reason="Cold", staff_id=None, at=NOW
        )
        work(NOW)
        exchange(reservation, cheap[1], show=cheap[0])
        work(NOW)
        assert refunds() == [(700, RefundReason.GOODWILL), (500, RefundReason.EXCHANGED)]
        assert_settled(stripe, reservation)

    def test_and_then_cancelled(self, stripe, reservation, paid, cheap):
        exchange(reservation, cheap[1], show=cheap[0])
        work(NOW)
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        work(NOW)
        assert refunds() == [(500, RefundReason.EXCHANGED), (2000, RefundReason.CANCELLED)]
        assert_settled(stripe, reservation)

    def test_paid_twice_after_it_is_called_so(self, stripe, reservation, paid, cheap):
        exchange(reservation, cheap[1], show=cheap[0])
        work(NOW)
        reservation.refresh_from_db()
        page = checkout._insert(Asked(reservation, 2000, NOW), NOW + 40 * MINUTE, NOW)
        checkout.finish_creating(page)
        pay(stripe, page)
        assert refunds()[1:] == [(2000, RefundReason.PAID_TWICE)]
        assert_settled(stripe, reservation)


class TestDearer:
    def test_asks_for_the_difference(self, reservation, difference, waiting):
        assert (difference.amount, difference.exchange) == (500, waiting)
        waiting.replacement.refresh_from_db()
        assert waiting.replacement.expires_at == NOW + 45 * MINUTE
        assert standing(reservation, at=NOW).checkout_url == difference.checkout_url

    def test_asked_again_is_the_same_page(self, reservation, difference):
        assert open_page(reservation) == difference

    def test_takes_effect_when_it_is_paid(self, stripe, reservation, difference, dear):
        assert show_of(reservation) != dear[0]
        pay(stripe, difference)
        assert show_of(reservation) == dear[0]
        assert reservation.total == 3000
        work(NOW)
        assert not refunds()
        assert_settled(stripe, reservation)

    def test_the_worker_leaves_its_page_open(self, difference):
        work(NOW + 10 * MINUTE)
        assert state_of(difference) == PaymentState.OPEN

    def test_with_a_seat_that_is_kept(self, stripe, reservation, paid, place, free):
        exchange(reservation, [place[1][1], *free])
        page = open_page(reservation)
        assert page.amount == 1250
        pay(stripe, page)
        labels = [t.seat.label for t in reservation.tickets.live().order_by("seat__number")]
        assert labels == ["A2", "A3", "A4"]
        assert_settled(stripe, reservation)

    def test_paid_before_what_was_given_up_went_back(self, stripe, reservation, difference, dear):
        waivers.waive(
            reservation_id=reservation.pk, amount=700, reason="Cold", staff_id=None, at=NOW
        )
        pay(stripe, difference)
        work(NOW)
        assert show_of(reservation) == dear[0]
        assert sum(amount for amount, _ in refunds()) == 700
        assert {reason for _, reason in refunds()} == {RefundReason.GOODWILL}
        assert_settled(stripe, reservation)

    def test_of_what_was_free(self, stripe, owner, dear):
        show, seats = show_with_seats(1, price=0)
        reservation = confirmed(owner, show, seats, at=NOW)
        exchange(reservation, dear[1][:1], show=dear[0])
        pay(stripe, open_page(reservation))
        assert show_of(reservation) == dear[0]
        assert_settled(stripe, reservation)

    def test_paid_twice_goes_back_once(self, stripe, reservation, difference, waiting, dear):
        pay(stripe, difference)
        asked = Asked(reservation, 500, NOW, waiting)
        second = checkout._insert(asked, NOW + 40 * MINUTE, NOW)
        checkout.finish_creating(second)
        pay(stripe, second)
        assert refunds() == [(500, RefundReason.PAID_TWICE)]
        assert_settled(stripe, reservation)

    def test_a_second_payment_of_the_old_seats_makes_none(self, stripe, reservation, waiting):
        second = checkout._insert(Asked(reservation, 2500, NOW), NOW + 40 * MINUTE, NOW)
        checkout.finish_creating(second)
        pay(stripe, second)
        assert state_of(waiting) == "waiting"
        assert refunds() == [(2500, RefundReason.PAID_TWICE)]
        assert_settled(stripe, reservation)


class TestNotPaid:
    def test_the_old_seats_stay_and_nothing_is_owed(self, stripe, reservation, difference, place):
        stripe.advance(60 * 60)
        work(NOW + 60 * MINUTE)
        assert state_of(difference) == PaymentState.EXPIRED
        assert show_of(reservation) == place[0]
        assert_settled(stripe, reservation)

    def test_what_lapsed_has_no_page(self, reservation, difference, waiting):
        waiting.replacement.refresh_from_db()
        with pytest.raises(errors.ExchangeLapsed):
            open_page(reservation, at=waiting.replacement.expires_at)

    def test_the_page_of_what_was_dropped_is_closed(self, stripe, reservation, difference):
        exchanging.drop(reservation_id=reservation.pk, at=NOW)
        assert standing(reservation, at=NOW).checkout_url == ""
        work(NOW + 10 * MINUTE)
        assert state_of(difference) == PaymentState.EXPIRED
        assert_settled(stripe, reservation)

    def test_another_wish_has_another_page(self, stripe, reservation, difference, dear, place):
        SeatFactory(hall=dear[0].hall, number=3)
        exchange(reservation, [*dear[1], dear[0].hall.seats.get(number=3)], show=dear[0])
        other = open_page(reservation)
        assert (other.amount, state_of(difference)) == (2000, PaymentState.EXPIRED)
        pay(stripe, other)
        assert reservation.tickets.live().count() == 3
        assert_settled(stripe, reservation)

    def test_nothing_is_asked_where_money_is_missing(self, stripe, reservation, paid, waiting):
        stripe.refund_in_dashboard(paid.payment_intent_id)
        settlement.import_from_stripe(paid, at=NOW)
        with pytest.raises(MoneyMissing):
            open_page(reservation)


class TestTooLate:
    """Paid at Stripe in time, and heard of after the seats were free for others."""

    @pytest.fixture
    def late(self, stripe, difference, waiting):
        stripe.pay(difference.session_id)
        waiting.replacement.refresh_from_db()
        return waiting.replacement.expires_at

    @pytest.mark.parametrize("is_tidy", [True, False])
    def test_is_made_where_the_seats_are_free(
        self, stripe, reservation, difference, dear, late, waiting, is_tidy
    ):
        if is_tidy:
            booking.expire(reservation_id=waiting.replacement_id, at=late)
        checkout.sync(difference.session_id, at=late)
        assert show_of(reservation) == dear[0]
        assert_settled(stripe, reservation)

    def test_goes_back_where_they_were_resold(
        self, stripe, reservation, difference, dear, place, late, stranger
    ):
        theirs = confirmed(stranger, dear[0], dear[1][:1], at=late)
        checkout.sync(difference.session_id, at=late)
        assert show_of(reservation) == place[0]
        assert reservation.tickets.live().count() == 2
        assert theirs.tickets.live().count() == 1
        assert state_of(Exchange.objects.get()) == "dropped"
        assert refunds() == [(500, RefundReason.NOT_EXCHANGED)]
        assert_settled(stripe, reservation)
        mail = Email.objects.get(subject__startswith="5.00 USD is on its way")
        assert "are as they were" in mail.message

    def test_goes_back_where_it_was_dropped(self, stripe, reservation, difference, place, late):
        exchanging.drop(reservation_id=reservation.pk, at=NOW)
        checkout.sync(difference.session_id, at=NOW)
        assert show_of(reservation) == place[0]
        assert refunds() == [(500, RefundReason.NOT_EXCHANGED)]
        assert_settled(stripe, reservation)

    def test_makes_no_other_wish(self, stripe, reservation, difference, dear, place, late):
        third = SeatFactory(hall=dear[0].hall, number=3)
        other = exchange(reservation, [dear[1][0], third], show=dear[0])
        checkout.sync(difference.session_id, at=NOW)
        assert (show_of(reservation), state_of(other)) == (place[0], "waiting")
        assert refunds() == [(500, RefundReason.NOT_EXCHANGED)]
        assert_settled(stripe, reservation)

    def test_its_page_is_asked_before_another_is_opened(
        self, stripe, reservation, difference, dear, late
    ):
        with pytest.raises(errors.AlreadyConfirmed):
            open_page(reservation, at=NOW + MINUTE)
        assert show_of(reservation) == dear[0]

    @pytest.mark.parametrize("which", [0, 1])
    def test_goes_back_where_either_show_was_cancelled(
        self, stripe, reservation, difference, dear, place, late, which
    ):
        programme.cancel(show_id=(place[0], dear[0])[which].pk, at=NOW)
        checkout.sync(difference.session_id, at=NOW)
        assert refunds() == [(500, RefundReason.NOT_EXCHANGED)]
        work(NOW)
        work(NOW)
        assert balance(stripe) == (0, 2500)[which]
        assert_settled(stripe, reservation)

    @pytest.mark.parametrize("cancel", [booking.cancel, booking.cancel_by_house])
    def test_goes_back_where_the_reservation_was_cancelled(
        self, stripe, reservation, difference, late, cancel
    ):
        cancel(reservation_id=reservation.pk, at=NOW)
        checkout.sync(difference.session_id, at=NOW)
        work(NOW)
        assert sum(amount for amount, _ in refunds()) == 3000
        assert_settled(stripe, reservation)
        assert not Ticket.objects.live().exists()

    def test_is_not_made_where_the_rest_went_back(
        self, stripe, reservation, paid, difference, place, late
    ):
        stripe.refund_in_dashboard(paid.payment_intent_id)
        settlement.import_from_stripe(paid, at=NOW)
        checkout.sync(difference.session_id, at=NOW)
        assert show_of(reservation) == place[0]
        assert state_of(Exchange.objects.get()) == "dropped"


class TestBanks:
    """What Stripe calls delayed: the order is given, and the money takes days."""

    @pytest.fixture
    def ordered(self, stripe, difference):
        stripe.pay(difference.session_id, "later")
        return checkout.sync(difference.session_id, at=NOW)

    def test_the_seats_are_kept_until_the_first_show_begins(self, ordered, waiting, place, dear):
        waiting.replacement.refresh_from_db()
        assert waiting.replacement.expires_at == place[0].starts_at
        assert ordered.state == PaymentState.PROCESSING

    def test_and_theirs_once_it_came(self, stripe, reservation, ordered, dear):
        stripe.settle_later(ordered.session_id)
        checkout.sync(ordered.session_id, at=NOW + 60 * MINUTE)
        assert show_of(reservation) == dear[0]
        assert_settled(stripe, reservation)

    def test_and_free_once_it_failed(self, stripe, reservation, ordered, dear, place):
        stripe.settle_later(ordered.session_id, succeeded=False)
        checkout.sync(ordered.session_id, at=NOW + 60 * MINUTE)
        assert not Ticket.objects.live().filter(showtime=dear[0]).exists()
        assert show_of(reservation) == place[0]
        assert sum(p.amount_received for p in Payment.objects.all()) == reservation.amount_due
        assert (refunds(), reservation.settle_after) == ([], None)
