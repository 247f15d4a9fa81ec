"""Choosing again: what an exchange costs, and whose turn on the waiting list it is."""

from cinema_reservation.tests.mutants.mutant import Mutant

EXCHANGE = "reservation/rules/exchange.py"
WAITING = "reservation/rules/waiting.py"
CHANGED = "reservation/tests/test_rules_exchange.py"
OFFERS = "reservation/tests/test_rules_waiting.py::TestOffers"
UNTIL = "reservation/tests/test_rules_waiting.py::TestOfferUntil"

MUTANTS = (
    Mutant(
        name="exchange-by-what-is-due",
        breaks="Who was given money back is not sent it again for cheaper seats.",
        file=EXCHANGE,
        old="    return max(total - waived, 0)\n",
        new="    return total\n",
        tests=(f"{CHANGED}::test_never_sends_back_more_than_is_kept",),
    ),
    Mutant(
        name="first-come-first-served",
        breaks="Who came first to the waiting list is offered seats first.",
        file=WAITING,
        old="sorted(entries, key=lambda entry: (entry.position, entry.id))",
        new="entries",
        tests=(
            f"{OFFERS}::test_pass_over_nobody_whom_the_seats_suffice",
            f"{OFFERS}::test_of_equal_position_go_to_the_lower_id",
        ),
    ),
    Mutant(
        name="offered-seats-are-gone",
        breaks="One free seat is offered to one.",
        file=WAITING,
        old="                left[category] -= count\n",
        new="                pass\n",
        tests=(f"{OFFERS}::test_together_never_exceed_what_is_free",),
    ),
    Mutant(
        name="offered-as-wanted",
        breaks="Who waits for a category is offered no other.",
        file=WAITING,
        old=" and entry.category_id in {None, category}",
        tests=(f"{OFFERS}::test_are_of_as_many_seats_and_the_category_as_wanted",),
    ),
    Mutant(
        name="offered-in-few-parts",
        breaks="A party is split over as few categories as can be.",
        file=WAITING,
        old="(-left[category], category)",
        new="(left[category], category)",
        tests=(f"{OFFERS}::test_split_a_party_no_more_than_they_must",),
    ),
    Mutant(
        name="parts-by-category-id",
        breaks="A party is split in the same way whatever is found first.",
        file=WAITING,
        old="key=lambda category: (-left[category], category)",
        new="key=lambda category: -left[category]",
        tests=(f"{OFFERS}::test_go_to_the_first_whom_the_free_seats_suffice",),
    ),
    Mutant(
        name="offers-by-category-id",
        breaks="The same free seats make the same offers.",
        file=WAITING,
        old="key=lambda category: (left[category], category)",
        new="key=lambda category: left[category]",
        tests=(f"{OFFERS}::test_go_to_the_first_whom_the_free_seats_suffice",),
    ),
    Mutant(
        name="no-offer-after-sales",
        breaks="No offer outlasts the sales.",
        file=WAITING,
        old="until = min(made_at + timedelta(minutes=minutes), close_at)",
        new="until = made_at + timedelta(minutes=minutes)",
        tests=(
            f"{UNTIL}::test_never_outlasts_the_sales",
            f"{UNTIL}::test_is_after_it_was_made_and_not_after_sales_close",
        ),
    ),
    Mutant(
        name="offers-in-real-minutes",
        breaks="An offer of an hour lasts one, also when the clocks go back.",
        file=WAITING,
        old="at.astimezone(UTC), sales_close_at.astimezone(UTC)",
        new="at, sales_close_at",
        tests=(f"{UNTIL}::test_counts_minutes_and_not_what_clocks_show",),
    ),
)
