"""Promotions: which codes there are, who may use them, and what comes off each ticket."""

from cinema_reservation.tests.mutants.mutant import Mutant

PROMOTIONS = "reservation/rules/promotions.py"
CODES = "reservation/tests/test_rules_promo_codes.py"
PROMOTED = "reservation/tests/test_rules_promotions.py"
REFUSED = f"{PROMOTED}::TestRefusal"
DISCOUNTS = f"{PROMOTED}::TestDiscounts"

MUTANTS = (
    Mutant(
        name="codes-in-one-form",
        breaks="A code is the same in any width and case.",
        file=PROMOTIONS,
        old='unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", code).casefold())',
        new="code",
        tests=(f"{CODES}::test_a_code_is_the_same_however_it_was_typed",),
    ),
    Mutant(
        name="codes-have-no-twins",
        breaks="Letters that merely look like a code's are refused.",
        file=PROMOTIONS,
        old="if plain.isascii() and _CODE.fullmatch(plain.upper()):",
        new="if plain:",
        tests=(f"{CODES}::test_anything_else_is_no_code",),
    ),
    Mutant(
        name="codes-are-short",
        breaks="An endless code is refused before it grows.",
        file=PROMOTIONS,
        old="if len(code) <= LONGEST_TYPED:",
        new="if True:",
        tests=(f"{CODES}::test_what_is_too_long_is_not_even_looked_at",),
    ),
    Mutant(
        name="codes-end-at-their-instant",
        breaks="A promotion that ended is over at that very instant.",
        file=PROMOTIONS,
        old="at >= promotion.valid_until",
        new="at > promotion.valid_until",
        tests=(f"{REFUSED}::test_says_why",),
    ),
    Mutant(
        name="codes-by-local-days",
        breaks="The days of a promotion are those of the cinema's calendar.",
        file=PROMOTIONS,
        old="purchase.starts_at.astimezone(purchase.zone).date()",
        new="purchase.starts_at.date()",
        tests=(
            f"{REFUSED}::test_says_why",
            f"{REFUSED}::test_asks_for_the_day_by_the_clocks_of_the_cinema",
            f"{REFUSED}::test_lets_a_day_of_25_hours_be_one_day",
        ),
    ),
    Mutant(
        name="first-reason-first",
        breaks="Of several reasons against a code, the first is told.",
        file=PROMOTIONS,
        old="""        or _wrong_tickets(promotion, purchase.lines)
        or _used_up(promotion, purchase)
""",
        new="""        or _used_up(promotion, purchase)
        or _wrong_tickets(promotion, purchase.lines)
""",
        tests=(f"{REFUSED}::test_of_two_reasons_says_the_first",),
    ),
    Mutant(
        name="minimum-of-tickets-meant",
        breaks="Only tickets that a code is for count for its minimum.",
        file=PROMOTIONS,
        old="total = sum(line.price for line in meant)",
        new="total = sum(line.price for line in lines)",
        tests=(f"{REFUSED}::test_counts_those_tickets_only_that_it_is_for",),
    ),
    Mutant(
        name="limit-is-a-limit",
        breaks="A code that may be used five times is not used a sixth time.",
        file=PROMOTIONS,
        old="purchase.used >= promotion.limit:",
        new="purchase.used > promotion.limit:",
        tests=(f"{REFUSED}::test_says_why",),
    ),
    Mutant(
        name="limit-per-user-is-a-limit",
        breaks="Nobody uses a code once more than each may.",
        file=PROMOTIONS,
        old="purchase.used_by_buyer >= promotion.limit_per_user",
        new="purchase.used_by_buyer > promotion.limit_per_user",
        tests=(f"{REFUSED}::test_says_why",),
    ),
    Mutant(
        name="discount-of-tickets-meant",
        breaks="Only tickets that a code is for get cheaper.",
        file=PROMOTIONS,
        old="line.price if promotion.is_for(line) else 0 for",
        new="line.price for",
        tests=(
            f"{DISCOUNTS}::test_are_for_those_tickets_only_that_it_is_for",
            f"{DISCOUNTS}::test_never_exceed_the_price_of_a_ticket",
        ),
    ),
    Mutant(
        name="discount-within-sum",
        breaks="An amount off stops where nothing is left to pay.",
        file=PROMOTIONS,
        old="return min(max(wanted, 0), whole)",
        new="return wanted",
        tests=(
            f"{DISCOUNTS}::test_add_up_to_what_was_promised",
            f"{DISCOUNTS}::test_never_exceed_the_price_of_a_ticket",
        ),
    ),
    Mutant(
        name="remainders-are-given",
        breaks="The discounts of all tickets add up to what was promised.",
        file=PROMOTIONS,
        old="        parts[index] += 1\n",
        new="        pass\n",
        tests=(f"{DISCOUNTS}::test_are_shared_out_in_proportion",),
    ),
    Mutant(
        name="largest-remainders-first",
        breaks="A minor unit that is left goes to the ticket that lost most of one.",
        file=PROMOTIONS,
        old="(-lost[index], seats[index])",
        new="seats[index]",
        tests=(
            f"{DISCOUNTS}::test_are_shared_out_in_proportion",
            f"{DISCOUNTS}::test_never_exceed_the_price_of_a_ticket",
        ),
    ),
    Mutant(
        name="equal-remainders-by-seat",
        breaks="The same tickets cost the same in whatever order they are named.",
        file=PROMOTIONS,
        old="(-lost[index], seats[index])",
        new="-lost[index]",
        tests=(f"{DISCOUNTS}::test_of_equal_tickets_are_the_larger_for_the_lower_seat",),
    ),
)
