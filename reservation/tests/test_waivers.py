"""Money that staff give up beyond the promise: what is due, once, whoever asks at once."""

import time
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cinema_reservation.tests.racing import at_once
from reservation import booking, waivers
from reservation.models import Reservation, TicketType, Waiver
from reservation.tests.factories import confirmed, held, show_with_seats

NOW = timezone.now()
SECOND = timedelta(seconds=1)


@pytest.fixture
def paid(owner) -> Reservation:
    """Two seats for 25.00."""
    show, seats = show_with_seats(2)
    return confirmed(owner, show, seats, at=NOW)


def waive(reservation, amount, *, at=NOW, staff_id=None):
    return waivers.waive(
        reservation_id=reservation.pk, amount=amount, reason="Cold", staff_id=staff_id, at=at
    )


@pytest.mark.django_db
class TestWaive:
    def test_less_is_due_and_the_money_is_looked_at(self, paid, staff):
        waiver = waive(paid, 700, staff_id=staff.pk)
        paid.refresh_from_db()
        assert (paid.state, paid.waived, paid.amount_due) == ("confirmed", 700, 1800)
        assert list(Reservation.objects.unsettled(NOW)) == [paid]
        assert list(paid.waivers.all()) == [waiver]
        assert (waiver.amount, waiver.reason, waiver.given_by) == (700, "Cold", staff)

    def test_what_is_not_kept_is_not_given_up(self, paid, monkeypatch):
        monkeypatch.setattr(Waiver, "save", lambda *given, **more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            waive(paid, 700)
        paid.refresh_from_db()
        assert (paid.waived, paid.amount_due) == (0, 2500)

    def test_several_add_up(self, paid):
        waive(paid, 700)
        waive(paid, 1800)
        paid.refresh_from_db()
        assert (paid.waived, paid.amount_due) == (2500, 0)

    @pytest.mark.parametrize("amount", [-1, 0, 2501, 2**31, 2**63])
    def test_nothing_but_what_is_due_can_be_given_up(self, paid, amount):
        with pytest.raises(waivers.NothingToWaive, match=r"that is 25\.00 USD"):
            waive(paid, amount)
        assert not Waiver.objects.exists()

    def test_what_was_given_up_can_not_be_given_up_again(self, paid):
        waive(paid, 2500)
        with pytest.raises(waivers.NothingToWaive, match=r"that is 0\.00 USD"):
            waive(paid, 1)

    def test_of_a_hold_nothing_is_due_yet(self, owner):
        show, seats = show_with_seats(1)
        with pytest.raises(waivers.NothingToWaive):
            waive(held(owner, show, seats, at=NOW), 1)

    def test_of_what_ended_unsold_nothing_is_due(self, owner):
        show, seats = show_with_seats(1)
        reservation = held(owner, show, seats, at=NOW)
        booking.end_unsold(reservation_id=reservation.pk, at=NOW)
        with pytest.raises(waivers.NothingToWaive):
            waive(reservation, 1)

    def test_of_what_was_cancelled_the_fee_is_due(self, paid):
        booking.cancel(reservation_id=paid.pk, at=paid.showtime.starts_at - SECOND)
        with pytest.raises(waivers.NothingToWaive, match=r"that is 25\.00 USD"):
            waive(paid, 2501)
        waive(paid, 2500)
        paid.refresh_from_db()
        assert (paid.cancellation_fee, paid.amount_due) == (2500, 0)

    def test_what_was_given_up_comes_off_a_later_fee(self, paid):
        waive(paid, 1000)
        booking.cancel(reservation_id=paid.pk, at=paid.showtime.starts_at - SECOND)
        paid.refresh_from_db()
        assert (paid.cancellation_fee, paid.amount_due) == (2500, 1500)


@pytest.mark.django_db
class TestDatabase:
    def test_never_keeps_that_more_was_waived_than_the_total(self, paid):
        rows = Reservation.objects.filter(pk=paid.pk)
        assert rows.update(waived=2500) == 1
        with pytest.raises(IntegrityError, match="waived_within_total"), transaction.atomic():
            rows.update(waived=2501)

    def test_never_keeps_a_waiver_of_nothing(self, paid):
        with pytest.raises(IntegrityError, match="waiver_of_something"), transaction.atomic():
            paid.waivers.create(amount=0, reason="Cold", created_at=NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
class TestRivals:
    @pytest.fixture(autouse=True)
    def _adult(self):
        """Tests with real transactions empty every table; a price needs a ticket type."""
        TicketType.objects.get_or_create(is_default=True, defaults={"name": "Adult"})

    @pytest.fixture(autouse=True)
    def _slow_look(self, monkeypatch):
        """Between a look at what is due and what follows, every rival has time to look too."""
        waivable = waivers.waivable

        def slowly(reservation):
            due = waivable(reservation)
            time.sleep(0.2)
            return due

        monkeypatch.setattr(waivers, "waivable", slowly)

    def given(self, reservation):
        return sum(Waiver.objects.filter(reservation=reservation).values_list("amount", flat=True))

    def test_at_once_give_up_what_is_due_and_no_more(self, paid):
        results = at_once([partial(waive, paid, 1000)] * 4)
        refused = [result for result in results if isinstance(result, waivers.NothingToWaive)]
        assert len(refused) == 2
        paid.refresh_from_db()
        assert self.given(paid) == paid.waived == 2000

    def test_and_a_cancellation_at_once_leave_the_fee_less_what_was_given_up(self, paid):
        late = paid.showtime.starts_at - SECOND
        cancel = partial(booking.cancel, reservation_id=paid.pk, at=late)
        at_once([partial(waive, paid, 1000), cancel])
        paid.refresh_from_db()
        assert (paid.state, paid.waived, paid.amount_due) == ("cancelled", 1000, 1500)

    def test_the_race_is_real(self, paid, monkeypatch):
        """The control: without lock and transaction, more is given up than is noted."""
        monkeypatch.setattr(booking, "lock", lambda pk: Reservation.objects.get(pk=pk))
        monkeypatch.setattr(waivers, "waive", waivers.waive.__wrapped__)
        at_once([partial(waive, paid, 2500)] * 4)
        paid.refresh_from_db()
        assert self.given(paid) > paid.waived
