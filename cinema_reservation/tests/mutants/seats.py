"""Seats: one live ticket each, taken and taken back under lock, and freed by their owner only."""

from cinema_reservation.tests.mutants.mutant import Mutant

BOOKING = "reservation/booking.py"
CLAIMS = "reservation/claims.py"
BOOKED = "reservation/tests/test_booking.py"
AGAIN = "payments/tests/test_claiming_again.py"
RACES = "payments/tests/test_races.py"
SETTLE = "payments/tests/test_settlement.py::TestSettle"
LAG = "payments/tests/test_trouble.py::TestClocksThatLag"
PAY = "payments/tests/test_views.py::TestCheckout"
LOOK = "reservation/tests/test_api_reservations.py::TestLook"

MUTANTS = (
    Mutant(
        name="one-live-ticket",
        breaks="The database itself refuses to sell a seat twice.",
        file="reservation/migrations/0001_initial.py",
        old="""        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.UniqueConstraint(condition=models.Q(('released_at', None)), \
fields=('showtime', 'seat'), name='one_live_ticket_per_seat'),
        ),
""",
        tests=(
            f"{BOOKED}::TestConstraint::test_a_seat_can_have_one_live_ticket_whatever_the_code_does",
        ),
    ),
    Mutant(
        name="show-lock",
        breaks="Who relies on seats keeps others from them until that is written.",
        file=CLAIMS,
        old="    return ShowTime.objects.select_for_update(no_key=True).filter(",
        new="    return ShowTime.objects.filter(",
        tests=(f"{RACES}::TestShowLock::test_confirming_at_last_keeps_the_next_in_line_waiting",),
        needs_postgres=True,
    ),
    Mutant(
        name="reservation-lock",
        breaks="Between a look at the state and its change, nobody else changes it.",
        file=BOOKING,
        old="Reservation.objects.select_for_update(no_key=True).get(",
        new="Reservation.objects.get(",
        tests=(f"{RACES}::TestReservationLock::test_confirming_keeps_cancelling_waiting",),
        needs_postgres=True,
    ),
    Mutant(
        name="claim-again-with-the-sale",
        breaks="Seats are taken back together with their confirmation, or not at all.",
        file=BOOKING,
        old="@transaction.atomic\ndef confirm(",
        new="def confirm(",
        tests=(f"{AGAIN}::test_a_crash_before_the_confirmation_is_written_leaves_the_seats_free",),
    ),
    Mutant(
        name="claim-again-under-lock",
        breaks="A late payment and the next in line never share a seat.",
        file=BOOKING,
        old="""        raise errors.ReservationCancelled
    show = claims.lock_show(reservation.showtime_id)
    if show.is_cancelled:
        raise errors.ShowCancelled
    is_dead""",
        new="""        raise errors.ReservationCancelled
    show = reservation.showtime
    if show.is_cancelled:
        raise errors.ShowCancelled
    is_dead""",
        tests=(f"{RACES}::TestShowLock::test_the_next_in_line_keeps_confirming_waiting",),
        needs_postgres=True,
    ),
    Mutant(
        name="claim-again-of-dead-holds",
        breaks="A late payment takes what only a dead hold keeps.",
        file=CLAIMS,
        old="    free_or_refuse(seats, occupied(show, at, blocked=blocked, seats=seats), at)\n",
        tests=(f"{AGAIN}::test_what_a_dead_hold_has_left_behind_is_taken",),
    ),
    Mutant(
        name="claim-again-from-nobody",
        breaks="A late payment takes no seat from whoever has it by now.",
        file=CLAIMS,
        old="    if rivals := [seat for seat in seats if seat.pk in occupied.taken]:\n",
        new="    from django.utils import timezone\n"
        "    them = Ticket.objects.live().filter(seat__in=seats)\n"
        "    them.update(released_at=timezone.now())\n"
        "    if rivals := []:\n",
        tests=(f"{AGAIN}::test_one_seat_that_is_another_s_by_now_leaves_the_other_free",),
    ),
    Mutant(
        name="lost-seats-are-noticed",
        breaks="A hold that lost a seat is not confirmed without it, whatever the clock says.",
        file=BOOKING,
        old="    if is_dead or claims.has_lost_any(reservation):\n",
        new="    if is_dead:\n",
        tests=(f"{LAG}::test_a_hold_that_lost_its_seats_is_not_confirmed_without_them",),
    ),
    Mutant(
        name="release-one-s-own",
        breaks="Nobody frees a seat that is another's by now.",
        file=CLAIMS,
        old="    reservation.tickets.live().update(released_at=at)\n",
        new="    seats = reservation.tickets.values('seat')\n"
        "    Ticket.objects.live().filter(seat__in=seats).update(released_at=at)\n",
        tests=(f"{BOOKED}::TestCancel::test_never_releases_a_seat_that_is_another_s_by_now",),
    ),
    Mutant(
        name="cancelled-show-is-not-sold",
        breaks="Money that comes for a cancelled show confirms nothing and goes back.",
        file=BOOKING,
        old="    if show.is_cancelled:\n        raise errors.ShowCancelled\n    is_dead",
        new="    is_dead",
        tests=(f"{SETTLE}::test_paid_for_a_cancelled_show_goes_back_in_full",),
    ),
    Mutant(
        name="cancelled-stays-cancelled",
        breaks="What was cancelled is not confirmed by money that comes later.",
        file=BOOKING,
        old="""    if reservation.state == ReservationState.CANCELLED:
        raise errors.ReservationCancelled
    show""",
        new="    show",
        tests=(f"{BOOKED}::TestConfirm::test_refuses_what_was_cancelled",),
    ),
    Mutant(
        name="one-s-own-reservations",
        breaks="Nobody sees, pays or cancels what is another's.",
        file="reservation/models/booking.py",
        old="return self.filter(user=user_id).exclude(",
        new="return self.exclude(",
        tests=(
            f"{PAY}::test_another_s_reservation_answers_like_none",
            f"{LOOK}::test_another_s_id_answers_like_one_that_does_not_exist",
        ),
    ),
    Mutant(
        name="one-s-own-payments",
        breaks="A payment page is opened, and money told of, to the reservation's owner only.",
        file="payments/views.py",
        old="return Reservation.objects.of(self.request.user.pk)",
        new="return Reservation.objects.all()",
        tests=(f"{PAY}::test_another_s_reservation_answers_like_none",),
    ),
)
