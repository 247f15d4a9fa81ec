"""Choices: what the house keeps, who may sit where, how much one may have, and when."""

from cinema_reservation.tests.mutants.mutant import Mutant

BOOKING = "reservation/booking.py"
CHOOSING = "reservation/choosing.py"
CLAIMS = "reservation/claims.py"
HOUSE_SEATS = "reservation/house_seats.py"
BLOCKED = "reservation/tests/rivals/test_blocking.py::TestBlocking"
BLOCKS = "reservation/tests/test_house_seats.py"
CHOICES = "reservation/tests/test_choosing.py"
LONELY = f"{CHOICES}::TestLonelySeats"
CROWDS = "reservation/tests/test_races_choosing.py"
API = "reservation/tests/test_api_choosing.py"

MUTANTS = (
    Mutant(
        name="one-standing-block",
        breaks="The database itself refuses to block a seat twice.",
        file="reservation/migrations/0008_house_seats_and_choices.py",
        old="models.UniqueConstraint(condition=models.Q(('lifted_at', None)), "
        "fields=('showtime', 'seat'), name='one_standing_block_per_seat')",
        tests=(
            f"{BLOCKS}::TestBlock::test_one_seat_has_one_standing_block_whatever_the_code_does",
        ),
    ),
    Mutant(
        name="block-under-show-lock",
        breaks="Nobody takes a seat between a look at it and its block.",
        file=HOUSE_SEATS,
        old="""    show = claims.lock_show(show_id)
    if show.is_cancelled:""",
        new="""    show = ShowTime.objects.get(pk=show_id)
    if show.is_cancelled:""",
        tests=(f"{BLOCKED}::test_leaves_the_best_of_the_others_to_whoever_wants_any",),
        needs_postgres=True,
    ),
    Mutant(
        name="block-in-one-transaction",
        breaks="Seats are blocked all or none, with nobody in between.",
        file=HOUSE_SEATS,
        old="@transaction.atomic\ndef block(",
        new="def block(",
        tests=(f"{BLOCKED}::test_keeps_whoever_wants_a_seat_of_these_waiting_who_then_gets_none",),
    ),
    Mutant(
        name="block-what-nobody-has",
        breaks="What somebody has is not blocked.",
        file=HOUSE_SEATS,
        old="    _check_unsold(show, seats, at)\n",
        tests=(f"{BLOCKS}::TestBlock::test_is_refused_for_seats_that_somebody_has_and_says_who",),
    ),
    Mutant(
        name="blocks-make-an-edition",
        breaks="A block counts for the next hold and the next look, in every process.",
        file=HOUSE_SEATS,
        old="    edition.change()\n",
        tests=(f"{BLOCKS}::TestBlock::test_makes_an_edition_and_counts_as_a_change_of_seats",),
    ),
    Mutant(
        name="blocked-seats-are-taken",
        breaks="What the house keeps is nobody's.",
        file=CLAIMS,
        old="in found if not is_dead} | blocked, dead)",
        new="in found if not is_dead}, dead)",
        tests=(f"{BLOCKS}::TestBlock::test_keeps_seats_from_everybody",),
    ),
    Mutant(
        name="late-payers-respect-blocks",
        breaks="A late payment takes no seat back that the house keeps by now.",
        file=CLAIMS,
        old="    blocked = facts.of(show).blocked_at(at)\n",
        new="    blocked: Set[int] = set()\n",
        tests=(
            f"{BLOCKS}::TestBlock::test_takes_what_a_dead_hold_left_and_its_late_payer_is_refused",
        ),
    ),
    Mutant(
        name="release-at-its-instant",
        breaks="A house seat is free from its release on, whether or not any job has run.",
        file="reservation/models/blocking.py",
        old="self.release_at is not None and at >= self.release_at",
        new="False",
        tests=(f"{BLOCKS}::TestBlock::test_is_released_at_its_very_instant_though_no_job_ran",),
    ),
    Mutant(
        name="kept-answers-end-at-a-release",
        breaks="No answer about free seats is kept beyond a house seat's release.",
        file="reservation/api/availability.py",
        old="    ends += [block.release_at for block in",
        new="    ends += [None for _ in",
        tests=(f"{BLOCKS}::TestBlock::test_is_released_at_its_very_instant_though_no_job_ran",),
    ),
    Mutant(
        name="accessible-places-need-a-need",
        breaks="Wheelchair places and companions' are kept for whom they are.",
        file=CHOOSING,
        old="    _check_accessible(wish, show, seats, at)\n",
        tests=(f"{CHOICES}::TestAccessiblePlaces::test_are_refused_without_a_need_and_named",),
    ),
    Mutant(
        name="lonely-seats-are-refused",
        breaks="No choice leaves a seat lonely while there is something else.",
        file=CHOOSING,
        old="        _check_lonely(show, known, occupied, seats, at, ruling)\n",
        new="        pass\n",
        tests=(f"{LONELY}::test_are_refused_and_what_would_do_is_told",),
    ),
    Mutant(
        name="a-ruling-is-for-what-was-taken",
        breaks="What was allowed at the end of a sale is allowed for that very hall only.",
        file=CHOOSING,
        old="    if taken == ruling.allowed_with or any(",
        new="    if ruling.allowed_with is not None or any(",
        tests=(f"{LONELY}::test_who_is_overtaken_again_and_again_is_decided_upon_at_last",),
    ),
    Mutant(
        name="mend-after-the-lock",
        breaks="What would do instead is looked for while nobody waits for it.",
        file=CHOOSING,
        old="        if not ruling.is_last:\n            raise doubt\n",
        tests=(f"{LONELY}::test_what_would_do_is_looked_for_when_nobody_waits_any_more",),
    ),
    Mutant(
        name="seats-of-one-show",
        breaks="Nobody has more seats of a show than one may, held and paid for together.",
        file="reservation/limits.py",
        old="    if len(living) + count > settings.MAX_SEATS_PER_SHOW:\n",
        new="    if False:\n",
        tests=(
            f"{CROWDS}::test_fifty_at_once_for_one_customer_get_as_many_seats_as_one_may_have",
            f"{API}::test_seats_of_one_show_are_limited_for_each_customer",
        ),
    ),
    Mutant(
        name="sales-open",
        breaks="Nothing is sold before sales open.",
        file="reservation/holding.py",
        old="    if show.is_awaited_at(at) and show.sales_open_at:\n",
        new="    if False:\n",
        tests=(f"{API}::TestSalesOpen::test_at_a_time_that_is_told",),
    ),
)
