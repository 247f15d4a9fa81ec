"""Quoting: whoever tells a price tells what the sale takes, and keeps nothing by it."""

from cinema_reservation.tests.mutants.mutant import Mutant

PRICE_RULES = "reservation/tests/test_api_price_rules.py"
READERS = f"{PRICE_RULES}::TestReaders"
QUOTES = "reservation/tests/test_api_quotes.py"
EVERYWHERE = f"{READERS}::test_all_tell_of_a_change_at_once_and_the_next_hold_takes_it"

MUTANTS = (
    Mutant(
        name="rules-of-their-cinema",
        breaks="A cinema's rules make the prices of its own shows.",
        file="reservation/facts.py",
        old="rules=_price_rules(number).get(cinema.pk, ()),",
        new="rules=[rule for rules in _price_rules(number).values() for rule in rules],",
        tests=(f"{READERS}::test_a_rule_of_another_cinema_does_nothing",),
    ),
    Mutant(
        name="rules-in-force",
        breaks="A rule that is switched off changes no price.",
        file="reservation/facts.py",
        old="PriceRule.objects.in_force().order_by()",
        new="PriceRule.objects.order_by()",
        tests=(f"{READERS}::test_shows_name_the_rules_and_their_base_price",),
    ),
    Mutant(
        name="free-seats-by-the-rules",
        breaks="Free seats have the price of the sale.",
        file="reservation/api/availability.py",
        old='"show_price": price.amount,',
        new='"show_price": price.base,',
        tests=(EVERYWHERE,),
    ),
    Mutant(
        name="prices-by-the-rules",
        breaks="Categories and ticket types have the prices of the sale.",
        file="reservation/api/show_seats.py",
        old="show_price=known.show_price.amount,",
        new="show_price=known.show_price.base,",
        tests=(EVERYWHERE,),
    ),
    Mutant(
        name="shows-by-the-rules",
        breaks="Shows have the price of the sale.",
        file="reservation/api/show_serializers.py",
        old="self._price_of(show).amount",
        new="self._price_of(show).base",
        tests=(EVERYWHERE,),
    ),
    Mutant(
        name="what-is-written-is-answered-by-what-it-made",
        breaks="The answer to a change of a show has the rules that are in force.",
        file="reservation/api/show_serializers.py",
        old="edition.current() if number is None else number",
        new="number or 0",
        tests=(f"{READERS}::test_what_staff_write_is_the_base_price_and_answered_with_the_rules",),
    ),
    Mutant(
        name="quoted-seats-are-free",
        breaks="Nobody is quoted a seat that somebody has.",
        file="reservation/choosing.py",
        old="    claims.refuse_taken(seats, occupied)\n",
        tests=(f"{QUOTES}::TestRefusals::test_what_somebody_has",),
    ),
    Mutant(
        name="quotes-have-sales-times",
        breaks="Nothing is quoted that is not sold now.",
        file="reservation/quoting.py",
        old="    holding.check_on_sale(show, at)\n",
        tests=(f"{QUOTES}::TestRefusals::test_what_is_not_sold_now",),
    ),
    Mutant(
        name="no-hold-that-nobody-can-pay",
        breaks="What is not free costs as much as can be paid at least.",
        file="reservation/holding.py",
        old="        sale.check_payable(quote)\n",
        new="        pass\n",
        tests=(f"{QUOTES}::TestTooLittle::test_is_not_held_online",),
    ),
    Mutant(
        name="quotes-are-counted",
        breaks="An address asks for so many quotes a minute, and no more.",
        file="reservation/api/quotes.py",
        old="throttle_classes = (QuotesByAddress,)",
        new="throttle_classes = ()",
        tests=(f"{QUOTES}::TestQuote::test_is_counted_by_address_and_apart_from_holds",),
    ),
    Mutant(
        name="one-change-per-rule",
        breaks="A rule has an amount or a percentage, and not both.",
        file="reservation/api/price_rules.py",
        old="        rule.validate_constraints()\n",
        tests=(f"{PRICE_RULES}::TestStaff::test_an_amount_or_a_percentage_and_not_both",),
    ),
    Mutant(
        name="one-change-per-rule-in-the-database",
        breaks="A rule has an amount or a percentage, and not both, whoever writes it.",
        file="reservation/migrations/0010_prices_and_promotions.py",
        old="models.Q(('amount__isnull', True), ('percentage__isnull', True), _connector='XOR'), "
        "name='price_rule_amount_or_percentage'",
        new="models.Q(('id__isnull', False)), name='price_rule_amount_or_percentage'",
        tests=(f"{PRICE_RULES}::TestConstraints::test_the_database_refuses",),
    ),
    Mutant(
        name="days-once-each",
        breaks="A rule names each day once.",
        file="reservation/api/price_rules.py",
        old='        rule.clean_fields(exclude={"cinema"})\n',
        tests=(f"{PRICE_RULES}::TestStaff::test_days_that_are_none_or_come_twice_are_a_400",),
    ),
)
