"""The waiting list: whose turn it is, and that nobody overtakes."""

from cinema_reservation.tests.mutants.mutant import Mutant

VERBS, LINE = "reservation/waiting_list.py", "reservation/line.py"
MODEL = "reservation/models/waiting.py"
UNIT = "reservation/tests/test_waiting_list.py"
RIVALS = "reservation/tests/rivals/test_waiting.py"

MUTANTS = (
    Mutant(
        name="nobody-overtakes-the-line",
        breaks="What is next for those in line is held by nobody else.",
        file="reservation/choosing.py",
        old="    if show.is_waited_for:\n        occupied",
        new="    if False:\n        occupied",
        tests=(f"{UNIT}::TestWhoeverComesMeanwhile::test_can_t_hold_what_is_next_for_others",),
    ),
    Mutant(
        name="the-whole-show-is-looked-at",
        breaks="Whose turn it is, is asked of all seats of the show, not of those one wants.",
        file="reservation/choosing.py",
        old="    some = None if show.is_waited_for else seats\n",
        new="    some = seats\n",
        tests=(f"{UNIT}::TestWhoeverComesMeanwhile::test_can_t_hold_the_one_seat_that_came_back",),
    ),
    Mutant(
        name="a-line-is-noted",
        breaks="A show knows that somebody stands in line for it.",
        file=VERBS,
        old="    _insert(place)\n    _note_line(show)\n",
        new="    _insert(place)\n",
        tests=(f"{UNIT}::TestJoining::test_is_for_who_finds_too_few_seats",),
    ),
    Mutant(
        name="joining-is-for-sold-out-shows",
        breaks="Nobody waits for seats that they could hold.",
        file=VERBS,
        old="    if found is not None:\n",
        new="    if False:\n",
        tests=(f"{UNIT}::TestJoining::test_is_not_for_who_could_hold_them",),
    ),
    Mutant(
        name="one-place-in-line",
        breaks="The database keeps one place for each customer and show.",
        file="reservation/migrations/0013_waiting_list.py",
        old="fields=('user', 'showtime'), name='one_place_in_line_per_show'",
        new="fields=('user', 'showtime', 'seats', 'id'), name='one_place_in_line_per_show'",
        tests=(f"{UNIT}::TestJoining::test_the_database_keeps_it_once",),
    ),
    Mutant(
        name="offers-under-the-lock",
        breaks="Two workers make no offer twice.",
        file=VERBS,
        old="""    show = claims.lock_show(show_id)
    until = waiting""",
        new="""    show = ShowTime.objects.get(pk=show_id)
    until = waiting""",
        tests=(f"{RIVALS}::test_offers_are_made_once_by_two_workers",),
        needs_postgres=True,
    ),
    Mutant(
        name="no-offers-after-sales",
        breaks="Nobody is offered seats once sales have closed.",
        file=VERBS,
        old="    if until is None or not show.sells_at(at):\n        return 0\n",
        new="",
        tests=(
            f"{UNIT}::TestOffers::test_never_outlast_sales_nor_come_after_them",
            f"{UNIT}::TestOffers::test_are_not_made_for_a_show_that_is_cancelled",
        ),
    ),
    Mutant(
        name="left-is-left",
        breaks="Who has left the line is offered nothing.",
        file=VERBS,
        old="PlaceInLine.objects.waiting().filter(pk=place.pk).update(left_at=at)",
        new="PlaceInLine.objects.waiting().filter(pk=place.pk).update(left_at=None)",
        tests=(f"{UNIT}::TestLeaving::test_gives_up_the_place",),
    ),
    Mutant(
        name="paid-for-is-kept",
        breaks="Leaving the line cancels nothing that is paid for.",
        file=VERBS,
        old="    if offer.state_at(at) == ReservationState.HELD:\n",
        new="    if True:\n",
        tests=(f"{UNIT}::TestLeaving::test_leaves_what_is_paid_for",),
    ),
    Mutant(
        name="switched-off-accounts-wait-for-nothing",
        breaks="Who can't log in any more is offered nothing.",
        file=MODEL,
        old="showtime=show_id, user__is_active=True",
        new="showtime=show_id",
        tests=(f"{UNIT}::TestOffers::test_are_not_for_who_can_t_log_in_any_more",),
    ),
    Mutant(
        name="places-are-one-s-own",
        breaks="A place in line is its owner's to see and leave.",
        file=MODEL,
        old="self.none() if user_id is None else self.filter(user=user_id)",
        new="self.all()",
        tests=(f"{UNIT}::TestApi::test_another_s_place_is_none",),
    ),
    Mutant(
        name="offers-come-one-by-one",
        breaks="Whoever has an offer does not wait for more of the same show.",
        file=VERBS,
        old="    _check_no_offer(user_id, show, at)\n",
        new="",
        tests=(f"{UNIT}::TestJoining::test_is_not_for_who_has_an_offer",),
    ),
    Mutant(
        name="declining-holds-no-show",
        breaks="Who declines an offer locks it before its show, as whoever pays for it does.",
        file=VERBS,
        old="def leave(",
        new="@transaction.atomic\ndef leave(",
        tests=(f"{RIVALS}::test_who_declines_what_was_just_offered_stands_in_nobody_s_way",),
        needs_postgres=True,
    ),
    Mutant(
        name="a-full-look-is-of-whom-it-suffices",
        breaks="However many want more than is free, whoever waits behind them has their turn.",
        file=LINE,
        old=".whom_suffice(free)[",
        new="[",
        tests=(
            f"{UNIT}::TestOffers::test_reach_whom_they_suffice_behind_however_many_who_want_more",
        ),
    ),
    Mutant(
        name="few-offers-at-once",
        breaks="A whole hall that comes back keeps nobody waiting for the show's lock for long.",
        file=VERBS,
        old="occupied, at)[:OFFERS_AT_ONCE]\n",
        new="occupied, at)\n",
        tests=(
            f"{UNIT}::TestOffers::test_are_made_few_at_once_so_that_nobody_waits_long_for_the_show",
        ),
    ),
)
