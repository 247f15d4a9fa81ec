"""A hall's plan: nobody loses a seat by another one, and every version stays what it was."""

from cinema_reservation.tests.mutants.mutant import Mutant

PLANS, VENUE = "reservation/plans.py", "reservation/venue.py"
BUILDING = "reservation/tests/test_api_venue.py::TestStaffBuild"
MADE_OF = "reservation/tests/test_api_plans.py::TestWhatAPlanWasMadeOf"
HISTORY = "reservation/plan_history.py"
DRAWING = "reservation/rules/plan/drawing.py"
SHOW_SEATS = "reservation/api/show_seats.py"
CHANGING = "reservation/tests/test_plans.py::TestChanging"
CONFLICTS = "reservation/tests/test_plans.py::TestConflicts"
VERSIONS = "reservation/tests/test_plans.py::TestHistory"
WRITING = "reservation/tests/test_api_plans.py::TestWriting"
AVAILABLE = "reservation/tests/test_show_seats.py::TestAvailability"
RIVALS = "reservation/tests/rivals/test_house.py::TestChangingThePlan"
DRAWN = "reservation/tests/test_rules_drawing.py"

MUTANTS = (
    Mutant(
        name="plan-conflicts",
        breaks="A plan never takes a seat from who bought it for a show to come.",
        file=PLANS,
        old="        raise PlanConflicts(conflicts=conflicts)\n",
        new="        pass\n",
        tests=(f"{CONFLICTS}::test_a_seat_that_was_sold_is_never_taken_away",),
    ),
    Mutant(
        name="plan-keeps-kinds",
        breaks="A plan makes no other kind of place of a seat that was sold.",
        file=PLANS,
        old="for seat in (*change.removed, *other_kind)]",
        new="for seat in change.removed]",
        tests=(
            f"{CONFLICTS}::test_a_sold_seat_may_move_and_change_its_category_but_not_its_kind",
        ),
    ),
    Mutant(
        name="plan-under-show-locks",
        breaks="While a hall gets another plan, nobody takes a seat that goes.",
        file=PLANS,
        old="    venue.lock_sales([hall_id], at)\n",
        new="    programme.lock_halls([hall_id])\n",
        tests=(f"{RIVALS}::test_waits_for_a_hold_and_leaves_it_its_seat",),
        needs_postgres=True,
    ),
    Mutant(
        name="plan-releases-dead-holds",
        breaks="A dead hold's seat that a plan took away is nobody's, however late it is paid.",
        file=PLANS,
        old="    Ticket.objects.filter(pk__in=[pk for pk, _ in found]).update(released_at=at)\n",
        tests=(
            f"{CONFLICTS}::test_who_pays_for_a_dead_hold_of_a_seat_that_is_gone_does_not_get_it",
        ),
    ),
    Mutant(
        name="retired-seats-are-not-claimed-again",
        breaks="A late payer takes no seat back that has left its hall.",
        file="reservation/claims.py",
        old="    if retired := [seat for seat in seats if seat.retired_at is not None]:\n"
        "        raise errors.SeatsTaken(seats=named(retired))\n",
        tests=(f"{CONFLICTS}::test_a_dead_hold_that_was_tidied_up_gets_no_seat_that_is_gone",),
    ),
    Mutant(
        name="plan-based-on",
        breaks="Nobody undoes a colleague's plan without having seen it.",
        file=PLANS,
        old="    if based_on is not None and not _is_at(hall_id, based_on):\n"
        "        raise programme.ChangedMeanwhile\n",
        tests=(f"{CHANGING}::test_whoever_looked_at_an_older_version_looks_again",),
    ),
    Mutant(
        name="seats-come-back",
        breaks="A seat that comes back to its hall is the one that went.",
        file=PLANS,
        old="    retired = _retired_by_label(hall_id) if change.added else {}\n",
        new="    retired: dict[Label, Seat] = {}\n",
        tests=(f"{CHANGING}::test_a_seat_that_comes_back_is_the_one_that_went",),
    ),
    Mutant(
        name="seats-make-room",
        breaks="Two seats can swap places.",
        file=PLANS,
        old='    leaving.update(x=F("x") + OUT_OF_THE_WAY)\n',
        tests=(f"{CHANGING}::test_seats_swap_places",),
    ),
    Mutant(
        name="plan-makes-an-edition",
        breaks="What is kept of a hall is outdated once its plan is another one.",
        file=HISTORY,
        old="    edition.change()\n",
        tests=(f"{CHANGING}::test_it_makes_an_edition_so_that_nobody_sells_by_the_old_plan",),
    ),
    Mutant(
        name="first-version-is-kept",
        breaks="What a hall was before its first version in the books is kept too.",
        file=HISTORY,
        old='        _keep(hall, at=at, by=None, note="")\n',
        new="        pass\n",
        tests=(f"{VERSIONS}::test_what_was_built_without_the_verbs_is_kept_before_it_changes",),
    ),
    Mutant(
        name="versions-do-not-mix",
        breaks="A version that is read while it is left is what it was, not what came next.",
        file=HISTORY,
        old="    if Hall.objects.filter(pk=hall.pk, plan_version=version).exists():\n",
        new="    if True:\n",
        tests=(f"{VERSIONS}::test_a_version_that_is_left_while_it_is_read_is_what_it_was",),
    ),
    Mutant(
        name="category-makes-versions",
        breaks="What was drawn of a version is what it will always be, colours included.",
        file=VENUE,
        old='for name in ("name", "colour") if name in changes}',
        new="for name in () if name in changes}",
        tests=(
            f"{VERSIONS}::test_another_look_of_a_category_is_another_version_of_its_halls_plans",
        ),
    ),
    Mutant(
        name="plan-for-staff",
        breaks="Only staff with the right to change halls write a plan.",
        file="reservation/api/plans.py",
        old="    permission_classes = (StaffWrite,)\n",
        new="    permission_classes = ()\n",
        tests=(f"{WRITING}::test_customers_and_staff_without_the_right_may_not",),
    ),
    Mutant(
        name="plan-page-for-staff",
        breaks="Only staff with the right to change halls see the page of a plan.",
        file="reservation/admin/seat_plan.py",
        old=', permissions=["change"])',
        new=")",
        tests=(
            "reservation/tests/test_admin_seat_plan.py::test_only_who_may_change_halls_gets_there",
        ),
    ),
    Mutant(
        name="availability-until-holds-end",
        breaks="Availability is made anew at the instant when a hold runs out.",
        file=SHOW_SEATS,
        old="self.taken.until, show.sales_open_at, show.sales_close_at]",
        new="show.sales_open_at, show.sales_close_at]",
        tests=(
            f"{AVAILABLE}::test_a_dead_hold_frees_its_seats_at_that_instant_though_nobody_wrote",
        ),
    ),
    Mutant(
        name="availability-until-sales-close",
        breaks="Availability is made anew at the instant when sales close.",
        file=SHOW_SEATS,
        old="self.taken.until, show.sales_open_at, show.sales_close_at]",
        new="self.taken.until, show.sales_open_at]",
        tests=(f"{AVAILABLE}::test_sales_close_at_their_instant",),
    ),
    Mutant(
        name="availability-until-sales-open",
        breaks="Availability is made anew at the instant when sales open.",
        file=SHOW_SEATS,
        old="self.taken.until, show.sales_open_at, show.sales_close_at]",
        new="self.taken.until, show.sales_close_at]",
        tests=(f"{AVAILABLE}::test_sales_open_at_their_instant",),
    ),
    Mutant(
        name="availability-knows-house-seats",
        breaks="What the house keeps is told as not free.",
        file="reservation/seat_states.py",
        old="if block.is_in_force(at)]",
        new="if False]",
        tests=(
            f"{AVAILABLE}::test_a_house_seat_is_not_free_until_its_release_or_till_it_is_lifted",
        ),
    ),
    Mutant(
        name="pictures-escape",
        breaks="No text that staff wrote becomes markup in a picture.",
        file=DRAWING,
        old='    return escape(UNWRITABLE.sub("\\ufffd", text))\n',
        new='    return UNWRITABLE.sub("\\ufffd", text)\n',
        tests=(f"{DRAWN}::test_no_text_becomes_markup",),
    ),
    Mutant(
        name="pictures-are-xml",
        breaks="A picture is well-formed whatever characters a text has.",
        file=DRAWING,
        old='    return escape(UNWRITABLE.sub("\\ufffd", text))\n',
        new="    return escape(text)\n",
        tests=(f"{DRAWN}::test_any_texts_make_a_well_formed_picture",),
    ),
    Mutant(
        name="sold-seat-comes-back",
        breaks="A chair that was sold and taken out is not sold once more under a new number.",
        file=VENUE,
        old="        seat.pk = _retired_as(seat)\n",
        tests=(f"{BUILDING}::test_a_seat_that_comes_back_is_the_one_that_was_sold",),
    ),
    Mutant(
        name="sold-label-is-one-seat",
        breaks="No two tickets of a show name the same row and number.",
        file=VENUE,
        old="    if others.exists():\n        raise LabelWasSold\n",
        tests=(f"{BUILDING}::test_no_other_seat_takes_the_name_of_one_that_was_sold",),
    ),
    Mutant(
        name="sold-kind-stays",
        breaks="Nobody who bought a wheelchair place finds a chair there.",
        file=VENUE,
        old="    if seat.kind != kind:\n",
        new="    if False:\n",
        tests=(f"{BUILDING}::test_a_seat_stays_the_kind_of_place_that_somebody_has",),
    ),
    Mutant(
        name="sent-plan-based-on",
        breaks="A plan that is sent undoes nothing that a colleague did meanwhile.",
        file="reservation/api/plans.py",
        old="            based_on=_based_on(request, hall),\n",
        tests=(
            f"{MADE_OF}::test_a_version_that_a_colleague_left_is_refused",
            f"{MADE_OF}::test_a_change_after_the_etag_was_looked_at_is_noticed",
        ),
    ),
    Mutant(
        name="plan-if-match",
        breaks="A plan whose ETag is another's is not replaced.",
        file="reservation/api/plans.py",
        old="        raise PreconditionFailed\n",
        new="        return version\n",
        tests=(f"{MADE_OF}::test_an_etag_says_it_too",),
    ),
)
