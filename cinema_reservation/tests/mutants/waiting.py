"""Who waits for whom: seats change hands one at a time, whatever else changes, and are counted."""

from cinema_reservation.tests.mutants.mutant import Mutant

BOOKING = "reservation/booking.py"
CLAIMS = "reservation/claims.py"
PROGRAMME = "reservation/programme.py"
RIVALS = "reservation/tests/rivals"
HOLDING, PAYING = f"{RIVALS}/test_holding.py", f"{RIVALS}/test_paying.py"
ENDING, HOUSE = f"{RIVALS}/test_ending.py", f"{RIVALS}/test_house.py"

MUTANTS = (
    Mutant(
        name="one-writer-at-a-time",
        breaks="On SQLite, what a transaction has read stays true until it commits.",
        file="cinema_reservation/settings.py",
        old='        "transaction_mode": "IMMEDIATE",\n',
        tests=(f"{HOLDING}::TestFreeSeats::test_keep_the_next_one_waiting_who_then_gets_none",),
    ),
    Mutant(
        name="hold-in-one-transaction",
        breaks="Nobody comes between a look for free seats and their taking.",
        file="reservation/holding.py",
        old="hold_once = transaction.atomic(hold_within)\n",
        new="hold_once = hold_within\n",
        tests=(f"{HOLDING}::TestFreeSeats::test_keep_the_next_one_waiting_who_then_gets_none",),
    ),
    Mutant(
        name="extend-under-show-lock",
        breaks="A hold is extended at last only while nobody else takes its seats.",
        file=BOOKING,
        old="""    show = claims.lock_show(reservation.showtime_id)
    check_holding(""",
        new="""    show = reservation.showtime
    check_holding(""",
        tests=(f"{PAYING}::TestTheNextInLine::test_waits_and_is_refused",),
        needs_postgres=True,
    ),
    Mutant(
        name="await-payment-under-show-lock",
        breaks="A hold waits for a bank only while nobody else takes its seats.",
        file=BOOKING,
        old="""    show = claims.lock_show(reservation.showtime_id)
    is_living""",
        new="""    show = reservation.showtime
    is_living""",
        tests=(f"{PAYING}::TestTheNextInLine::test_waits_and_is_refused",),
        needs_postgres=True,
    ),
    Mutant(
        name="count-what-is-taken",
        breaks="Whoever keeps an answer about a show's seats learns that some were taken.",
        file="reservation/holding.py",
        old="    claims.note_change(show.pk)\n",
        tests=(f"{HOLDING}::TestFreeSeats::test_keep_the_next_one_waiting_who_then_gets_none",),
    ),
    Mutant(
        name="count-what-is-taken-back",
        breaks="Whoever keeps an answer about a show's seats learns that some were taken back.",
        file=CLAIMS,
        old="    note_change(show.pk)\n",
        tests=(f"{PAYING}::TestConfirmLate::test_keeps_the_next_in_line_waiting",),
    ),
    Mutant(
        name="count-what-is-freed",
        breaks="Whoever keeps an answer about a show's seats learns that some were freed.",
        file=CLAIMS,
        old="    note_change(reservation.showtime_id)\n",
        tests=(f"{ENDING}::TestTheNextInLine::test_waits_for_it_and_has_it",),
    ),
    Mutant(
        name="change-show-under-lock",
        breaks="A new price is written over no count of seats, and over no sale.",
        file=PROGRAMME,
        old='shows.select_for_update(of=("self",), no_key=True).get(',
        new="shows.get(",
        tests=(
            f"{HOUSE}::TestChangingThePrice::test_loses_no_count_of_seats_that_are_freed",
            f"{HOUSE}::TestMovingAShow::test_is_refused_once_a_seat_is_being_held",
        ),
        needs_postgres=True,
    ),
    Mutant(
        name="cancel-show-under-lock",
        breaks="Who is about to cancel a show keeps everybody from its seats.",
        file=PROGRAMME,
        old="ShowTime.objects.select_for_update(no_key=True).get(",
        new="ShowTime.objects.get(",
        tests=(f"{HOUSE}::TestCancellingAShow::test_keeps_a_hold_waiting_and_refuses_it",),
        needs_postgres=True,
    ),
    Mutant(
        name="retire-seat-under-show-lock",
        breaks="A seat is retired or renamed only while nobody holds it.",
        file="reservation/venue.py",
        old='    list(selling.select_for_update(no_key=True).values_list("pk"))\n',
        tests=(
            f"{HOUSE}::TestRetiringASeat::test_keeps_a_hold_waiting_and_refuses_it",
            f"{HOUSE}::TestRetiringASeat::test_that_is_being_held_renames_it_no_more",
        ),
        needs_postgres=True,
    ),
    Mutant(
        name="locked-show-is-not-joined",
        breaks="Who waits for a show that is being moved is not told that there is none.",
        file=CLAIMS,
        old="    return ShowTime.objects.select_for_update(no_key=True).filter(pk=pk)\n",
        new='    shows = ShowTime.objects.select_related("hall").filter(pk=pk)\n'
        '    return shows.select_for_update(of=("self",), no_key=True)\n',
        tests=(
            f"{HOUSE}::TestMovingAShow::test_to_another_hall_keeps_a_hold_waiting_and_refuses_it",
        ),
        needs_postgres=True,
    ),
)
