"""Other seats, or another show, for what was paid: one at a time, and whatever comes between."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from post_office.models import Email

from reservation import booking, claims, errors, exchanging, house_seats, programme, waivers
from reservation.choosing import BestAvailable, Wish
from reservation.models import (
    BlockKind,
    Channel,
    Exchange,
    Reservation,
    Ticket,
    TicketType,
)
from reservation.rules import cancellation
from reservation.rules.exchange import Cheaper, Dearer, Even, difference, is_open
from reservation.sale import SeatChoice
from reservation.tests.factories import (
    PromotionFactory,
    SeatCategoryFactory,
    SeatFactory,
    confirmed,
    held,
    show_with_seats,
)
from reservation.tests.rivals.scene import assert_all_is_legal

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HOUR, MINUTE, INSTANT = timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1)
MADE, WAITING, DROPPED = "made", "waiting", "dropped"


@pytest.fixture
def place():
    """A show with four seats for 12.50, and a fifth that costs 5.00 more."""
    show, seats = show_with_seats(4, starts_at=NOW + 48 * HOUR)
    vip = SeatCategoryFactory(name="VIP", surcharge=500)
    return show, [*seats, SeatFactory(hall=show.hall, number=5, category=vip)]


@pytest.fixture
def seats(place):
    return place[1]


@pytest.fixture
def paid(owner, place):
    """The first two seats, paid for: 25.00."""
    show, seats = place
    return confirmed(owner, show, seats[:2], at=NOW)


def exchange(reservation, seats, *, show=None, at=NOW, ticket_type=None):
    choices = [SeatChoice(seat.pk, ticket_type) for seat in seats]
    return exchanging.exchange(
        reservation_id=reservation.pk,
        wish=Wish(choices),
        show_id=show.pk if show else None,
        at=at,
    )


def make(made, *, at=NOW):
    return exchanging.make(exchange_id=made.pk, at=at)


def seats_of(reservation):
    live = reservation.tickets.live().order_by("seat__number")
    return [ticket.seat.label for ticket in live]


def taken(show, at=NOW):
    tickets = Ticket.objects.taking_seats(at).filter(showtime=show)
    return sorted(ticket.seat.label for ticket in tickets.select_related("seat"))


def priced(price, **show):
    """Another show, of two seats for that price."""
    return show_with_seats(2, price=price, starts_at=NOW + 72 * HOUR, **show)


class TestAtOnce:
    def test_other_seats_for_the_same_price_are_theirs(self, place, paid, seats):
        made = exchange(paid, seats[2:4])
        paid.refresh_from_db()
        assert (made.state, made.difference, made.made_at) == (MADE, 0, NOW)
        assert (paid.state, seats_of(paid)) == ("confirmed", ["A3", "A4"])
        assert taken(place[0]) == ["A3", "A4"]
        assert_all_is_legal()

    def test_what_was_given_up_is_kept_as_it_was(self, paid, seats):
        before = list(paid.tickets.values("pk", "seat", "price"))
        made = exchange(paid, seats[2:4])
        old = Reservation.objects.get(pk=made.replacement_id)
        assert (old.channel, old.state, old.total) == (Channel.EXCHANGE, "cancelled", 2500)
        assert list(old.tickets.values("pk", "seat", "price")) == before
        assert not old.tickets.live().exists()

    def test_some_seats_may_be_kept(self, place, paid, seats):
        exchange(paid, seats[1:3])
        assert seats_of(paid) == ["A2", "A3"]
        assert taken(place[0]) == ["A2", "A3"]
        assert_all_is_legal()

    def test_fewer_seats_cost_less(self, paid, seats):
        made = exchange(paid, seats[:1])
        paid.refresh_from_db()
        assert (made.state, made.difference, paid.total) == (MADE, -1250, 1250)
        assert list(Reservation.objects.unsettled(NOW)) == [paid]
        assert_all_is_legal()

    def test_the_same_seats_may_be_for_others(self, paid, seats):
        child = TicketType.objects.create(name="Child", percentage=60)
        made = exchange(paid, seats[:2], ticket_type=child.pk)
        assert (made.state, made.difference) == (MADE, -1000)
        assert set(paid.tickets.values_list("ticket_type", "price")) == {(child.pk, 750)}
        assert_all_is_legal()

    def test_another_show_is_sold_under_its_own_promise(self, place, paid):
        show, others = priced(1250, cancellation_policy=[])
        exchange(paid, others, show=show)
        paid.refresh_from_db()
        assert (paid.showtime, paid.cancellation_policy) == (show, [])
        assert (taken(place[0]), taken(show)) == ([], ["A1", "A2"])
        assert_all_is_legal()

    def test_the_same_show_keeps_its_promise(self, place, paid, seats):
        promised = paid.cancellation_policy
        place[0].cancellation_policy = []
        place[0].save()
        exchange(paid, seats[2:4])
        paid.refresh_from_db()
        assert paid.cancellation_policy == promised != []

    def test_both_shows_are_known_to_have_changed(self, place, paid):
        show, others = priced(1250)
        versions = [s.seats_version for s in (place[0], show)]
        place[0].refresh_from_db()
        versions[0] = place[0].seats_version
        exchange(paid, others, show=show)
        for one, before in zip((place[0], show), versions, strict=True):
            one.refresh_from_db()
            assert one.seats_version > before

    def test_the_best_seats_may_be_one_s_own(self, paid):
        wish = Wish(best=BestAvailable(4))
        made = exchanging.exchange(reservation_id=paid.pk, wish=wish, at=NOW)
        assert make(made) == paid
        assert seats_of(paid) == ["A1", "A2", "A3", "A4"]

    def test_the_customer_reads_of_the_new_seats(self, paid, seats):
        exchange(paid, seats[2:4])
        mail = Email.objects.get(subject__startswith="Your new seats for")
        assert paid.code in mail.subject
        assert "Seats A3, A4" in mail.message

    def test_the_very_seats_that_one_has_change_nothing(self, paid, seats):
        assert exchange(paid, seats[1::-1]) is None
        assert not Exchange.objects.exists()

    def test_there_and_back_again(self, paid, seats):
        exchange(paid, seats[2:4])
        exchange(paid, seats[:2])
        assert seats_of(paid) == ["A1", "A2"]
        assert Exchange.objects.filter(state=MADE).count() == 2
        assert_all_is_legal()


class TestDearer:
    def test_waits_with_both_kept(self, place, paid, seats):
        made = exchange(paid, seats[3:])
        paid.refresh_from_db()
        assert (made.state, made.difference) == (WAITING, 500)
        assert made.replacement.expires_at == NOW + 10 * MINUTE
        assert (paid.total, seats_of(paid)) == (2500, ["A1", "A2"])
        assert taken(place[0]) == ["A1", "A2", "A4", "A5"]

    def test_what_is_held_is_another_s_at_the_very_instant_at_which_it_lapses(
        self, place, paid, seats, stranger
    ):
        end = exchange(paid, seats[3:]).replacement.expires_at
        with pytest.raises(errors.SeatsTaken):
            held(stranger, place[0], seats[4:], at=end - INSTANT)
        assert held(stranger, place[0], seats[4:], at=end)
        assert taken(place[0], end) == ["A1", "A2", "A5"]

    def test_is_made_all_of_it(self, place, paid, seats):
        make(exchange(paid, seats[3:]))
        paid.refresh_from_db()
        assert (paid.total, seats_of(paid)) == (3000, ["A4", "A5"])
        assert taken(place[0]) == ["A4", "A5"]
        assert_all_is_legal()

    def test_with_some_seats_kept(self, place, paid, seats):
        made = exchange(paid, seats[1:4])
        assert taken(place[0]) == ["A1", "A2", "A3", "A4"]
        make(made)
        assert taken(place[0]) == ["A2", "A3", "A4"]
        assert_all_is_legal()

    def test_is_not_made_twice(self, paid, seats):
        made = exchange(paid, seats[3:])
        make(made)
        with pytest.raises(errors.ExchangeLapsed):
            make(made)

    def test_late_is_made_where_its_seats_are_free(self, paid, seats):
        made = exchange(paid, seats[3:])
        late = made.replacement.expires_at
        booking.expire(reservation_id=made.replacement_id, at=late)
        make(made, at=late)
        assert seats_of(paid) == ["A4", "A5"]
        assert_all_is_legal()

    @pytest.mark.parametrize("is_tidy", [True, False])
    def test_late_is_refused_where_one_is_sold(self, place, paid, seats, stranger, is_tidy):
        made = exchange(paid, seats[3:])
        late = made.replacement.expires_at
        if is_tidy:
            booking.expire(reservation_id=made.replacement_id, at=late)
        confirmed(stranger, place[0], seats[4:], at=late)
        with pytest.raises(errors.SeatsTaken):
            make(made, at=late)
        assert seats_of(paid) == ["A1", "A2"]
        assert_all_is_legal()

    def test_late_is_refused_where_the_house_keeps_one(self, place, paid, seats):
        made = exchange(paid, seats[3:])
        late = made.replacement.expires_at
        house_seats.block(
            show_id=place[0].pk, seat_ids=[seats[4].pk], kind=BlockKind.HOUSE, reason="", at=late
        )
        with pytest.raises(errors.SeatsTaken):
            make(made, at=late)

    def test_is_refused_once_a_show_begins(self, place, paid, seats):
        made = exchange(paid, seats[3:])
        with pytest.raises(errors.ExchangeAfterStart):
            make(made, at=place[0].starts_at)

    @pytest.mark.parametrize("which", [0, 1])
    def test_is_refused_once_either_show_is_cancelled(self, place, paid, which):
        show, others = priced(2000)
        made = exchange(paid, others, show=show)
        programme.cancel(show_id=(place[0], show)[which].pk, at=NOW)
        with pytest.raises(errors.ShowCancelled):
            make(made)

    def test_is_refused_once_the_house_took_what_was_held(self, paid, seats):
        made = exchange(paid, seats[3:])
        booking.cancel_by_house(reservation_id=made.replacement_id, at=NOW)
        with pytest.raises(errors.ReservationCancelled):
            make(made)
        assert not Email.objects.filter(subject__contains="had to be cancelled").exists()

    def test_is_refused_once_somebody_sits_there(self, paid, seats):
        made = exchange(paid, seats[3:])
        paid.tickets.update(admitted_at=NOW)
        with pytest.raises(errors.AlreadyAdmitted):
            make(made)

    def test_asked_again_is_the_same(self, paid, seats):
        first = exchange(paid, seats[3:])
        assert exchange(paid, seats[3:], at=NOW + MINUTE) == first
        assert Exchange.objects.count() == 1

    def test_asked_again_after_it_lapsed_is_another(self, paid, seats):
        first = exchange(paid, seats[3:])
        second = exchange(paid, seats[3:], at=first.replacement.expires_at)
        first.refresh_from_db()
        assert (first.state, second.state) == (DROPPED, WAITING)

    def test_gives_way_to_another_wish(self, place, paid, seats):
        first = exchange(paid, seats[3:])
        exchange(paid, seats[2:])
        first.refresh_from_db()
        assert first.state == DROPPED
        assert taken(place[0]) == ["A1", "A2", "A3", "A4", "A5"]
        exchange(paid, [seats[0], seats[4]])
        assert taken(place[0]) == ["A1", "A2", "A5"]

    def test_there_is_one_at_most(self, paid, seats):
        made = exchange(paid, seats[3:])
        other = confirmed(None, *priced(1000), at=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            Exchange.objects.create(
                reservation=made.reservation, replacement=other, difference=1, created_at=NOW
            )

    def test_dropped_frees_its_seats_and_keeps_the_old(self, place, paid, seats):
        made = exchange(paid, seats[3:])
        for _ in range(2):
            exchanging.drop(reservation_id=paid.pk, at=NOW)
        made.refresh_from_db()
        assert (made.state, taken(place[0])) == (DROPPED, ["A1", "A2"])

    @pytest.mark.parametrize("cancel", [booking.cancel, booking.cancel_by_house])
    def test_ends_with_its_reservation(self, place, paid, seats, cancel):
        made = exchange(paid, seats[3:])
        cancel(reservation_id=paid.pk, at=NOW)
        made.refresh_from_db()
        assert (made.state, taken(place[0])) == (DROPPED, [])
        with pytest.raises(errors.ExchangeLapsed):
            make(made)

    def test_frees_a_cancelled_show_for_good(self, paid):
        show, others = priced(2000)
        exchange(paid, others, show=show)
        programme.cancel(show_id=show.pk, at=NOW)
        booking.cancel(reservation_id=paid.pk, at=NOW)
        show.refresh_from_db()
        assert show.cleared_at == NOW


class TestProlong:
    def prolong(self, reservation, minutes, at=NOW):
        return exchanging.prolong(
            reservation_id=reservation.pk, until=NOW + minutes * MINUTE, at=at
        )

    def test_once(self, paid, seats):
        exchange(paid, seats[1:4])
        assert self.prolong(paid, 45).replacement.expires_at == NOW + 45 * MINUTE
        assert self.prolong(paid, 90).replacement.expires_at == NOW + 45 * MINUTE

    def test_nothing_that_is_past_its_time(self, paid, seats):
        end = exchange(paid, seats[3:]).replacement.expires_at
        with pytest.raises(errors.ExchangeLapsed):
            self.prolong(paid, 45, at=end)

    def test_nothing_that_lost_a_seat(self, place, paid, seats, stranger):
        end = exchange(paid, seats[3:]).replacement.expires_at
        held(stranger, place[0], seats[4:], at=end)
        with pytest.raises(errors.ExchangeLapsed):
            self.prolong(paid, 45, at=end - INSTANT)

    def test_nothing_of_a_cancelled_show(self, place, paid, seats):
        exchange(paid, seats[3:])
        programme.cancel(show_id=place[0].pk, at=NOW)
        with pytest.raises(errors.ShowCancelled):
            self.prolong(paid, 45)

    def test_nothing_where_none_waits(self, paid):
        with pytest.raises(errors.AlreadyConfirmed):
            self.prolong(paid, 45)


class TestRefused:
    def test_what_is_not_paid_for(self, owner, place, seats):
        hold = held(owner, place[0], seats[:2], at=NOW)
        with pytest.raises(errors.NotConfirmed):
            exchange(hold, seats[2:4])
        with pytest.raises(errors.HoldExpired):
            exchange(hold, seats[2:4], at=hold.expires_at)

    def test_what_was_cancelled(self, paid, seats):
        booking.cancel(reservation_id=paid.pk, at=NOW)
        with pytest.raises(errors.ReservationCancelled):
            exchange(paid, seats[2:4])

    def test_what_was_used_at_the_door(self, paid, seats):
        Ticket.objects.filter(pk=paid.tickets.first().pk).update(admitted_at=NOW)
        with pytest.raises(errors.AlreadyAdmitted):
            exchange(paid, seats[2:4])

    def test_a_show_that_has_begun(self, place, paid, seats):
        place[0].sales_close_at = place[0].starts_at + HOUR
        place[0].save()
        with pytest.raises(errors.ExchangeAfterStart):
            exchange(paid, seats[2:4], at=place[0].starts_at)

    def test_a_show_that_was_cancelled(self, place, paid):
        show, others = priced(1250)
        programme.cancel(show_id=place[0].pk, at=NOW)
        with pytest.raises(errors.ShowCancelled):
            exchange(paid, others, show=show)

    def test_seats_of_others_and_of_the_house(self, place, paid, seats, stranger):
        held(stranger, place[0], seats[2:3], at=NOW)
        with pytest.raises(errors.SeatsTaken):
            exchange(paid, seats[1:3])
        assert seats_of(paid) == ["A1", "A2"]

    def test_after_sales_closed(self, place, paid, seats):
        place[0].sales_close_at = NOW + HOUR
        place[0].save()
        with pytest.raises(errors.SalesClosed):
            exchange(paid, seats[2:4], at=NOW + HOUR)

    def test_too_small_a_difference(self, paid, settings):
        settings.MINIMUM_CHARGE = 50
        show, others = priced(1274)
        with pytest.raises(errors.DifferenceTooSmall, match=r"0\.48 USD .* 0\.50 USD"):
            exchange(paid, others, show=show)
        show, others = priced(1275)
        assert exchange(paid, others, show=show).difference == 50

    def test_less_than_was_given_back(self, paid, seats):
        waivers.waive(reservation_id=paid.pk, amount=1300, reason="Cold", staff_id=None, at=NOW)
        with pytest.raises(errors.WorthLessThanGivenBack, match=r"13\.00 USD"):
            exchange(paid, seats[:1])
        assert exchange(paid, seats[2:4]).difference == 0

    def test_more_seats_than_one_may_have(self, paid, seats, settings):
        settings.MAX_SEATS_PER_SHOW = 2
        exchange(paid, seats[2:4])
        with pytest.raises(errors.TooManySeatsOfShow):
            exchange(paid, seats[:3])
        settings.MAX_SEATS_PER_RESERVATION = 2
        with pytest.raises(errors.TooManySeats):
            exchange(paid, seats[:3])

    def test_leaves_no_lonely_seat_but_counts_its_own_as_free(self, owner):
        show, seats = show_with_seats(6, forbids_lonely_seats=True, starts_at=NOW + 48 * HOUR)
        paid = confirmed(owner, show, seats[:2], at=NOW)
        with pytest.raises(errors.LonelySeats):
            exchange(paid, seats[3:5])
        assert exchange(paid, seats[2:4]).state == MADE


class TestTheFeeIsNoOnesToGoAround:
    POLICY = (
        {"hours_before": 24, "refund_percent": 100},
        {"hours_before": 2, "refund_percent": 50},
    )

    @pytest.fixture
    def promised(self, owner):
        show, seats = show_with_seats(
            4, starts_at=NOW + 24 * HOUR, cancellation_policy=list(self.POLICY)
        )
        return confirmed(owner, show, seats[:2], at=NOW), seats

    def test_all_is_possible_until_cancelling_costs(self, promised):
        paid, seats = promised
        assert exchange(paid, seats[:1]).difference == -1250

    def test_then_nothing_cheaper(self, promised):
        paid, seats = promised
        with pytest.raises(errors.ExchangeClosed):
            exchange(paid, seats[:1], at=NOW + INSTANT)

    @pytest.mark.parametrize("price", [1000, 1250, 2000])
    def test_and_no_other_show(self, promised, price):
        show, others = priced(price)
        with pytest.raises(errors.ExchangeClosed):
            exchange(promised[0], others, show=show, at=NOW + INSTANT)

    def test_but_other_seats_of_the_show(self, promised):
        paid, seats = promised
        assert exchange(paid, seats[2:], at=NOW + INSTANT).state == MADE
        assert exchange(paid, seats[:3], at=NOW + INSTANT).state == WAITING

    @given(
        old=st.integers(0, 10**5),
        new=st.integers(0, 10**5),
        percents=st.tuples(st.integers(1, 100), st.integers(1, 100)),
        asked=st.integers(0, 50),
        later=st.integers(0, 50),
        same_show=st.booleans(),
    )
    def test_whoever_exchanges_and_cancels_gets_no_more_back_than_who_cancels(
        self, old, new, percents, asked, later, same_show
    ):
        policy = [
            {"hours_before": 24, "refund_percent": max(percents)},
            {"hours_before": 2, "refund_percent": min(percents)},
        ]

        def back(total, hours, terms):
            at = NOW + hours * HOUR
            starts_at = NOW + 50 * HOUR
            fee = cancellation.cancellation_fee(
                total=total, policy=terms, starts_at=starts_at, at=at
            )
            return total - fee

        change = difference(old_total=old, waived=0, new_total=new)
        fee = old - back(old, asked, policy)
        if not is_open(change=change, same_show=same_show, cancelling_costs=fee):
            return
        # The best that can be promised, where it is another show.
        terms = policy if same_show else [{"hours_before": 0, "refund_percent": 100}]
        moved = {Dearer: -1, Cheaper: 1, Even: 0}[type(change)] * abs(new - old)
        after = moved + back(new, asked + later, terms)
        at_once = back(old, asked, policy)
        assert after <= at_once


@pytest.mark.parametrize("count", [1, 3])
class TestStatements:
    @pytest.fixture(autouse=True)
    def _facts_are_known(self, paid, seats):
        """As they are in a house that sells."""
        exchange(paid, seats[2:4])

    def test_of_one_that_waits(self, paid, seats, count, django_assert_num_queries):
        with django_assert_num_queries(16):
            exchange(paid, [seats[4], *seats[: count + 1]])

    def test_of_one_that_is_made(self, paid, seats, count, django_assert_num_queries):
        with django_assert_num_queries(28):
            exchange(paid, [seats[0], seats[count]])


def test_shows_are_locked_in_one_order(paid, monkeypatch):
    show, others = priced(1250)
    before = list(paid.showtime.hall.seats.order_by("number"))
    old, locked, lock = paid.showtime, [], claims.lock_show
    monkeypatch.setattr(claims, "lock_show", lambda pk: locked.append(pk) or lock(pk))
    exchange(paid, others, show=show)
    exchange(paid, before[:2], show=old)
    assert locked == [old.pk, show.pk] * 2


class TestWithAPromoCode:
    """Two seats for 25.00, less 20 %: 20.00."""

    @pytest.fixture
    def promotion(self):
        return PromotionFactory(code="SUMMER-26", percentage=20, limit=1, limit_per_user=1)

    @pytest.fixture
    def cheaper(self, owner, place, promotion):
        show, seats = place
        return confirmed(owner, show, seats[:2], at=NOW, promo_code=promotion.code)

    def test_other_seats_are_cheaper_too_though_its_one_use_is_taken(
        self, cheaper, promotion, seats
    ):
        exchange(cheaper, seats[2:4])
        cheaper.refresh_from_db()
        assert (cheaper.total, cheaper.promotion) == (2000, promotion)
        assert sum(ticket.price for ticket in cheaper.tickets.live()) == 2000

    def test_what_waits_is_no_second_use(self, cheaper, promotion, seats, stranger):
        promotion.limit = 2
        promotion.save()
        waiting = exchange(cheaper, seats[3:5])
        assert (waiting.difference, waiting.replacement.promotion) == (400, promotion)
        other = held(stranger, *priced(1000), promo_code=promotion.code)
        assert other.promotion == promotion

    def test_where_it_is_not_good_the_seats_cost_what_they_cost(self, cheaper, promotion, place):
        promotion.shows.add(place[0])
        show, others = priced(1250)
        waiting = exchange(cheaper, others, show=show)
        assert (waiting.difference, waiting.replacement.promotion) == (500, None)
        make(waiting)
        cheaper.refresh_from_db()
        assert (cheaper.total, cheaper.promotion) == (2500, None)
        assert_all_is_legal()

    def test_once_it_is_dropped_the_use_is_anothers(self, cheaper, promotion, place, stranger):
        promotion.shows.add(place[0])
        show, others = priced(1250)
        make(exchange(cheaper, others, show=show))
        assert held(stranger, *place[:1], place[1][:1], promo_code=promotion.code)
