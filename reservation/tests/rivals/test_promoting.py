"""Who uses a promo code, and a rival for its last use: at another show, with another lock."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError
from django.utils import timezone

from cinema_reservation.tests.racing import at_once
from cinema_reservation.tests.rivals import BEFORE_COMMIT, Moment, at
from reservation import booking, errors, promoting, promotions
from reservation.models import Promotion, Reservation
from reservation.promo_errors import PromoCodeUnknown, PromoCodeUsedUp, PromoCodeUsedUpByYou
from reservation.tests.factories import PromotionFactory, held, show_with_seats
from reservation.tests.rivals.scene import (
    CONFIRMED,
    DAY,
    EXPIRED,
    HELD,
    INSERTED,
    NOW,
    end_of,
    just_before_the_end_of,
    one_writer_at_a_time,
    state_of,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

TO_BE_LOCKED = Moment(promotions, "_lock")
LOCKED = Moment(promotions, "_lock", after=True)
COUNTED = Moment(promotions, "_count", after=True)
TAKEN_BACK = Moment(promotions, "claim_again", after=True)
while_using = at(LOCKED, COUNTED, INSERTED, BEFORE_COMMIT)


@pytest.fixture
def once():
    return PromotionFactory(limit=1)


@pytest.fixture
def using(once):
    """The owner's hold that uses it, of one show …"""

    def use(user, *, code=once.code, at=NOW):
        return held(user, *here, at=at, promo_code=code)

    here = show_with_seats(1)
    return use


@pytest.fixture
def elsewhere(once):
    """… and the same of another, which nobody else wants."""
    there = show_with_seats(2)

    def use(user, *, code=once.code, at=NOW):
        return held(user, *there, at=at, promo_code=code)

    return use


def uses(at=NOW):
    return Reservation.objects.exclude(promotion=None).living(at).count()


class TestTheLastUse:
    @while_using
    def test_is_whose_who_came_first(self, owner, stranger, using, elsewhere, let_in, moment):
        rival = let_in(moment, partial(elsewhere, stranger))
        using(owner)
        assert isinstance(rival.outcome, PromoCodeUsedUp)
        assert rival.waited
        assert uses() == 1

    @while_using
    def test_of_one_customer_is_used_at_one_show(
        self, owner, once, using, elsewhere, let_in, moment
    ):
        Promotion.objects.update(limit=None, limit_per_user=1)
        rival = let_in(moment, partial(elsewhere, owner))
        using(owner)
        assert isinstance(rival.outcome, PromoCodeUsedUpByYou)
        assert rival.waited
        assert uses() == 1

    def test_is_whose_who_locks_it_first(self, owner, stranger, using, elsewhere, let_in):
        rival = let_in(TO_BE_LOCKED, partial(elsewhere, stranger))
        if one_writer_at_a_time():
            using(owner)
            assert isinstance(rival.outcome, PromoCodeUsedUp)
        else:
            with pytest.raises(PromoCodeUsedUp):
                using(owner)
        assert rival.waited is one_writer_at_a_time()
        assert uses() == 1

    @at(INSERTED, BEFORE_COMMIT)
    def test_keeps_nobody_waiting_of_a_code_without_limits(
        self, owner, stranger, using, elsewhere, let_in, moment
    ):
        Promotion.objects.update(limit=None)
        rival = let_in(moment, partial(elsewhere, stranger))
        using(owner)
        assert isinstance(rival.outcome, Reservation)
        assert rival.waited is one_writer_at_a_time()

    @while_using
    def test_is_free_once_it_was_given_back_and_not_before(
        self, owner, stranger, using, elsewhere, let_in, moment
    ):
        """Cancelling needs no lock of it: at worst somebody is refused a moment too long."""
        Promotion.objects.update(limit=2)
        mine = using(owner)
        rival = let_in(moment, partial(booking.cancel, reservation_id=mine.pk, at=NOW))
        elsewhere(stranger)
        assert rival.outcome.pk == mine.pk
        assert uses() == 1


class TestTheUseOfADeadHold:
    """The owner's hold is dead, and the stranger takes its use at that instant."""

    @while_using
    @pytest.mark.parametrize("when", [just_before_the_end_of, end_of])
    def test_is_not_its_owner_s_who_pays_too_late(
        self, owner, stranger, using, elsewhere, let_in, moment, when
    ):
        mine = using(owner)
        rival = let_in(moment, partial(booking.confirm, **when(mine)))
        elsewhere(stranger, at=mine.expires_at)
        assert isinstance(rival.outcome, PromoCodeUsedUp)
        assert state_of(mine) == HELD
        assert uses(mine.expires_at) == 1
        assert rival.waited

    @at(COUNTED, BEFORE_COMMIT)
    def test_is_not_kept_by_whoever_prolongs_the_hold(
        self, owner, stranger, using, elsewhere, let_in, moment
    ):
        mine = using(owner)
        more = just_before_the_end_of(mine) | {"until": NOW + DAY}
        rival = let_in(moment, partial(booking.extend, **more))
        elsewhere(stranger, at=mine.expires_at)
        assert isinstance(rival.outcome, errors.HoldExpired)
        assert uses(mine.expires_at) == 1
        assert rival.waited

    def test_is_not_kept_by_a_bank_either(self, owner, stranger, using, elsewhere):
        mine = using(owner)
        elsewhere(stranger, at=mine.expires_at)
        booking.await_payment(**just_before_the_end_of(mine))
        assert Reservation.objects.get(pk=mine.pk).expires_at == mine.expires_at

    def test_is_its_owner_s_whom_a_slow_clock_lets_pay_first(
        self, owner, stranger, using, elsewhere, let_in
    ):
        mine = using(owner)
        pay = partial(booking.confirm, **just_before_the_end_of(mine))
        rival = let_in(TO_BE_LOCKED, pay)
        if one_writer_at_a_time():
            elsewhere(stranger, at=mine.expires_at)
            assert isinstance(rival.outcome, PromoCodeUsedUp)
        else:
            with pytest.raises(PromoCodeUsedUp):
                elsewhere(stranger, at=mine.expires_at)
            assert rival.outcome.state == CONFIRMED
        assert uses(mine.expires_at) == 1

    @at(COUNTED, TAKEN_BACK, BEFORE_COMMIT)
    def test_that_is_taken_back_is_nobody_else_s(
        self, owner, stranger, using, elsewhere, let_in, moment
    ):
        mine = using(owner)
        rival = let_in(moment, partial(elsewhere, stranger, at=mine.expires_at))
        assert booking.confirm(**end_of(mine)).state == CONFIRMED
        assert isinstance(rival.outcome, PromoCodeUsedUp)
        assert rival.waited
        assert uses(mine.expires_at) == 1

    def test_is_lost_with_its_seats_though_these_are_free(self, owner, stranger, using, elsewhere):
        mine = using(owner)
        booking.expire(**end_of(mine))
        elsewhere(stranger, at=mine.expires_at)
        with pytest.raises(PromoCodeUsedUp):
            booking.confirm(**end_of(mine))
        assert state_of(mine) == EXPIRED
        assert not mine.tickets.live().exists()


class TestStaff:
    def change(self, promotion, **fields):
        mine = Promotion.objects.get(pk=promotion.pk)
        for name, value in fields.items():
            setattr(mine, name, value)
        promoting.change(mine, fields)

    @while_using
    def test_who_switch_it_off_wait_for_its_user_who_keeps_it(
        self, owner, once, using, let_in, moment
    ):
        rival = let_in(moment, partial(self.change, once, is_active=False, percentage=90))
        mine = using(owner)
        assert rival.outcome is None
        assert rival.waited
        assert Reservation.objects.get(pk=mine.pk).total == 1000
        assert Promotion.objects.get().counted_at == NOW

    @at(Moment(promoting, "_lock", after=True), BEFORE_COMMIT)
    def test_are_heeded_by_whoever_waited_for_them(self, owner, once, using, let_in, moment):
        rival = let_in(moment, partial(using, owner))
        self.change(once, is_active=False)
        assert isinstance(rival.outcome, PromoCodeUnknown)
        assert rival.waited

    @while_using
    def test_who_delete_it_learn_of_whoever_is_about_to_use_it(
        self, owner, once, using, let_in, moment
    ):
        rival = let_in(moment, partial(promoting.remove, promotion_id=once.pk))
        mine = using(owner)
        assert isinstance(rival.outcome, promoting.PromotionWasUsed)
        assert rival.waited
        assert mine.promotion == once

    def test_who_delete_one_without_limits_leave_nobody_with_what_is_gone(
        self, owner, once, using, let_in
    ):
        """Nobody locks it: the database refuses the sale at its end, which is answered by 503."""
        Promotion.objects.update(limit=None)
        rival = let_in(INSERTED, partial(promoting.remove, promotion_id=once.pk))
        if one_writer_at_a_time():
            using(owner)
            assert isinstance(rival.outcome, promoting.PromotionWasUsed)
        else:
            with pytest.raises(IntegrityError):
                using(owner)
            assert rival.outcome is None
            assert not Reservation.objects.exists()


def test_without_the_lock_it_is_used_once_too_often(
    owner, stranger, using, elsewhere, let_in, monkeypatch
):
    """The control: it is the lock that keeps the second one out, and not luck."""
    if one_writer_at_a_time():
        pytest.skip("SQLite has no locks on rows that could be taken away.")
    monkeypatch.setattr(promotions, "_lock", lambda promotion: promotion)
    rival = let_in(COUNTED, partial(elsewhere, stranger))
    using(owner)
    assert isinstance(rival.outcome, Reservation)
    assert uses() == 2


def test_fifty_at_different_shows_use_it_as_often_as_it_may_be(owner, stranger, third):
    """And staff change it meanwhile: nobody waits for somebody who waits for them."""
    promotion = PromotionFactory(limit=7, limit_per_user=3)
    places = [show_with_seats(5) for _ in range(10)]
    people = [owner, stranger, third]
    tasks = [
        partial(held, people[n % 3], show, [seat], promo_code=promotion.code)
        for n, (show, seat) in enumerate((show, seat) for show, seats in places for seat in seats)
    ]
    changes = [partial(TestStaff().change, promotion, name=f"Name {n}") for n in range(5)]
    results = at_once(tasks + changes)
    made = [result for result in results if isinstance(result, Reservation)]
    refused = [r for r in results if isinstance(r, PromoCodeUsedUp | PromoCodeUsedUpByYou)]
    assert (len(made), len(refused)) == (7, 43)
    assert max(sum(r.user_id == user.pk for r in made) for user in people) <= 3
    assert Promotion.objects.get().name.startswith("Name")
    assert uses(timezone.now() + timedelta(seconds=1)) == 7
