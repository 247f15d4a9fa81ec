"""Promises: what cancelling costs, what staff give back beyond it, why, and who did."""

from cinema_reservation.tests.mutants.mutant import Mutant

WAIVERS = "reservation/waivers.py"
GIVING_BACK = "reservation/admin/giving_back.py"
CANCELLING = "reservation/admin/cancelling.py"
MIGRATION = "reservation/migrations/0003_cancellation_terms_and_waivers.py"
WAIVED = "reservation/tests/test_waivers.py"
GIVEN = "reservation/tests/test_admin_giving_back.py"
BY_HOUSE = "reservation/tests/test_admin_cancelling.py::TestReservations"
SHOWS = "reservation/tests/test_admin_cancelling.py::TestShows"
QUOTES = "reservation/tests/test_cancellation_quotes.py"
SET = "reservation/tests/test_api_policies.py::TestSetting"

MUTANTS = (
    Mutant(
        name="waived-within-total",
        breaks="The database itself refuses to give up more than the total.",
        file=MIGRATION,
        old="""        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.CheckConstraint(condition=models.Q(('waived__lte', \
models.F('total'))), name='waived_within_total'),
        ),
""",
        tests=(f"{WAIVED}::TestDatabase::test_never_keeps_that_more_was_waived_than_the_total",),
    ),
    Mutant(
        name="waiver-of-something",
        breaks="The database itself refuses a waiver of nothing.",
        file=MIGRATION,
        old="""        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 1)), \
name='waiver_of_something'),
        ),
""",
        tests=(f"{WAIVED}::TestDatabase::test_never_keeps_a_waiver_of_nothing",),
    ),
    Mutant(
        name="waive-what-is-due",
        breaks="Nothing is given up but what is due.",
        file=WAIVERS,
        old="    if not 1 <= amount <= due:\n",
        new="    if False:\n",
        tests=(
            f"{WAIVED}::TestWaive::test_of_what_was_cancelled_the_fee_is_due",
            f"{GIVEN}::test_what_can_not_be_is_said_in_the_form",
        ),
    ),
    Mutant(
        name="waive-nothing-of-a-hold",
        breaks="Nothing is given up of what nobody has paid for yet.",
        file=WAIVERS,
        old="return 0 if reservation.state == ReservationState.HELD else reservation.amount_due",
        new="return reservation.amount_due",
        tests=(f"{WAIVED}::TestWaive::test_of_a_hold_nothing_is_due_yet",),
    ),
    Mutant(
        name="waive-under-lock",
        breaks="Two of staff at once never give up the same money.",
        file=WAIVERS,
        old="    reservation = booking.lock(reservation_id)\n",
        new="    reservation = Reservation.objects.get(pk=reservation_id)\n",
        tests=(f"{WAIVED}::TestRivals::test_at_once_give_up_what_is_due_and_no_more",),
        needs_postgres=True,
    ),
    Mutant(
        name="waive-in-one-transaction",
        breaks="What is given up and why is kept as one, and one writer at a time.",
        file=WAIVERS,
        old="@transaction.atomic\ndef waive(",
        new="def waive(",
        tests=(
            f"{WAIVED}::TestWaive::test_what_is_not_kept_is_not_given_up",
            f"{WAIVED}::TestRivals::test_at_once_give_up_what_is_due_and_no_more",
        ),
    ),
    Mutant(
        name="waived-money-is-looked-at",
        breaks="What was given up goes back: the worker is told to look.",
        file=WAIVERS,
        old="    reservation.settle_after = at\n",
        tests=(f"{WAIVED}::TestWaive::test_less_is_due_and_the_money_is_looked_at",),
    ),
    Mutant(
        name="give-back-once-per-look",
        breaks="A second click gives nothing more.",
        file=GIVING_BACK,
        old='    if str(booking.lock(reservation.pk).waived) != entry["given_before"]:\n',
        new="    if False:\n",
        tests=(
            f"{GIVEN}::test_a_second_click_gives_nothing_more",
            f"{GIVEN}::test_who_saw_another_sum_looks_again",
        ),
    ),
    Mutant(
        name="give-back-looks-under-lock",
        breaks="Clicks at the same moment give once.",
        file=GIVING_BACK,
        old="str(booking.lock(reservation.pk).waived)",
        new="str(reservation.waived)",
        tests=(f"{GIVEN}::test_clicks_at_once_give_once",),
    ),
    Mutant(
        name="give-back-by-right",
        breaks="Only staff with the right for it give money back.",
        file="reservation/admin/booking.py",
        old='permissions=["waive"]',
        new="permissions=[]",
        tests=(f"{GIVEN}::test_who_may_only_look_gives_nothing",),
    ),
    Mutant(
        name="give-back-is-noted",
        breaks="The history says who gave money back.",
        file=GIVING_BACK,
        old='    admin.log_change(request, reservation, f"Gave back {amount}: {waiver.reason}")\n',
        tests=(f"{GIVEN}::test_the_history_says_who_gave_how_much_and_why",),
    ),
    Mutant(
        name="cancelling-is-noted",
        breaks="The history says who cancelled for the house, and why.",
        file=CANCELLING,
        old="    page.log_change(request, reservation, why)\n",
        tests=(BY_HOUSE,),
    ),
    Mutant(
        name="cancelling-and-note-are-one",
        breaks="Nothing is cancelled at the desk without the note of who did.",
        file=CANCELLING,
        old="@transaction.atomic\ndef cancel(",
        new="def cancel(",
        tests=(f"{BY_HOUSE}::test_nothing_happens_that_is_not_noted",),
    ),
    Mutant(
        name="cancelled-once-at-the-desk",
        breaks="What was cancelled before is neither counted nor noted again.",
        file=CANCELLING,
        old="    if reservation.state == ReservationState.CANCELLED:\n        return False\n",
        tests=(f"{BY_HOUSE}::test_what_was_cancelled_before_is_neither_counted_nor_noted",),
    ),
    Mutant(
        name="preview-less-waived",
        breaks="Before a show is cancelled, staff see the money that will go back.",
        file="reservation/admin/show_cancelling.py",
        old='Sum(F("total") - F("waived"))',
        new='Sum("total")',
        tests=(f"{SHOWS}::test_the_preview_counts_what_was_not_given_back_yet",),
    ),
    Mutant(
        name="quote-less-waived",
        breaks="What cancelling is said to cost is what it costs.",
        file="reservation/api/reservations.py",
        old="reservation.less_waived(booking.cancellation_fee(reservation, at=at))",
        new="booking.cancellation_fee(reservation, at=at)",
        tests=(f"{QUOTES}::test_what_was_given_back_before_comes_off_the_fee",),
    ),
    Mutant(
        name="steps-end-at-their-instant",
        breaks="Who cancels at the very instant of a step still gets what it promises.",
        file="reservation/rules/cancellation.py",
        old='if left >= timedelta(hours=step["hours_before"])',
        new='if left > timedelta(hours=step["hours_before"])',
        tests=(f"{QUOTES}::test_each_step_ends_at_its_very_instant",),
    ),
    Mutant(
        name="policies-are-checked",
        breaks="Junk is no cancellation policy.",
        file="reservation/api/policies.py",
        old="validators=[validate_policy]",
        new="validators=[]",
        tests=(f"{SET}::test_what_is_no_policy_is_a_400",),
    ),
    Mutant(
        name="policies-are-promised-at-sale",
        breaks="Another policy changes no reservation that exists.",
        file="reservation/booking.py",
        old="        policy=reservation.cancellation_policy,\n",
        new="        policy=reservation.showtime.promised_policy,\n",
        tests=(f"{QUOTES}::test_another_policy_later_changes_no_quote",),
    ),
)
