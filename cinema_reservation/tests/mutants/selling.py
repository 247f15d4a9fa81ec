"""Prices: what a seat costs, by the day and the hour, and to the cent."""

from cinema_reservation.tests.mutants.mutant import Mutant

PRICING = "reservation/rules/pricing.py"
TICKETS = "reservation/tests/test_rules_pricing.py"
QUOTE = f"{TICKETS}::TestQuote"
RULES = "reservation/tests/test_rules_price_rules.py"
WINDOW = f"{RULES}::TestWindow"
CLOCKS = f"{RULES}::TestDaysWithAnHourMoreOrLess"
SHOW = f"{RULES}::TestShowPrice"

MUTANTS = (
    Mutant(
        name="half-up",
        breaks="Half a minor unit is rounded up.",
        file=PRICING,
        old="(amount * percentage + 50) // 100",
        new="(amount * percentage + 49) // 100",
        tests=(
            f"{TICKETS}::test_prices_are_rounded_once_for_show_and_category_together",
            f"{SHOW}::test_of_one_rule",
        ),
    ),
    Mutant(
        name="rounded-once",
        breaks="A ticket is rounded once, show and category together.",
        file=PRICING,
        old="share(show_price + surcharge, percentage)",
        new="share(show_price, percentage) + share(surcharge, percentage)",
        tests=(f"{TICKETS}::test_prices_are_rounded_once_for_show_and_category_together",),
    ),
    Mutant(
        name="night-belongs-to-its-evening",
        breaks="What comes after midnight belongs to the day on which its window began.",
        file=PRICING,
        old="return local.date() - timedelta(days=1) if clock",
        new="return local.date() if clock",
        tests=(
            f"{WINDOW}::test_past_midnight_belongs_to_the_day_on_which_it_began",
            f"{WINDOW}::test_past_midnight_is_valid_as_long_as_the_day_on_which_it_began",
            f"{CLOCKS}::test_a_night_still_belongs_to_the_day_before",
        ),
    ),
    Mutant(
        name="windows-do-not-overlap",
        breaks="A window ends where the next begins.",
        file=PRICING,
        old="self.from_time <= clock < self.to_time else",
        new="self.from_time <= clock <= self.to_time else",
        tests=(f"{WINDOW}::test_begins_and_ends_at_its_very_minute",),
    ),
    Mutant(
        name="windows-by-the-clock",
        breaks="Windows speak of the cinema's clocks, not of UTC.",
        file=PRICING,
        old="self._day(starts_at.astimezone(zone))",
        new="self._day(starts_at)",
        tests=(
            f"{WINDOW}::test_speaks_of_the_cinemas_clocks_not_of_utc",
            f"{WINDOW}::test_without_times_is_the_local_calendar_day",
            f"{CLOCKS}::test_a_matinee_is_at_the_same_time_by_the_clock",
        ),
    ),
    Mutant(
        name="windows-by-the-clock-of-the-day",
        breaks="A cinema's clocks are those of the day of the show, summer time or not.",
        file=PRICING,
        old="self._day(starts_at.astimezone(zone))",
        new="""self._day(
            (starts_at + starts_at.replace(month=1, day=1).astimezone(zone).utcoffset())
        )""",
        tests=(
            f"{CLOCKS}::test_an_hour_that_comes_twice_counts_twice",
            f"{CLOCKS}::test_an_hour_that_is_skipped_never_counts",
            f"{CLOCKS}::test_a_matinee_is_at_the_same_time_by_the_clock",
        ),
    ),
    Mutant(
        name="rules-on-their-weekdays",
        breaks="A rule for Fridays counts on no other day.",
        file=PRICING,
        old="(not self.weekdays or day.weekday() in self.weekdays)",
        new="True",
        tests=(f"{WINDOW}::test_of_one_weekday_each_counts_for_exactly_one_of_the_seven",),
    ),
    Mutant(
        name="rules-on-their-last-day",
        breaks="A rule is valid on its last day too.",
        file=PRICING,
        old="day <= self.valid_until",
        new="day < self.valid_until",
        tests=(f"{WINDOW}::test_is_valid_on_its_first_and_last_day_and_between",),
    ),
    Mutant(
        name="rules-in-their-order",
        breaks="The same rules make the same price, in whatever order they are found.",
        file=PRICING,
        old="sorted(rules, key=lambda rule: (rule.priority, rule.id))",
        new="rules",
        tests=(
            f"{SHOW}::test_each_rule_starts_from_what_those_before_it_left",
            f"{SHOW}::test_of_equal_priority_the_lower_id_is_first",
        ),
    ),
    Mutant(
        name="show-prices-within-bounds",
        breaks="No rule makes a show cost less than nothing, or more than can be paid.",
        file=PRICING,
        old="return min(max(changed, 0), HIGHEST_PRICE)",
        new="return changed",
        tests=(f"{SHOW}::test_of_one_rule",),
    ),
    Mutant(
        name="changes-make-the-amount",
        breaks="The changes that are named lead from the base to the price.",
        file=PRICING,
        old="changed - amount))",
        new="changed - base))",
        tests=(f"{SHOW}::test_each_rule_starts_from_what_those_before_it_left",),
    ),
    Mutant(
        name="discount-within-price",
        breaks="No ticket is sold for less than nothing.",
        file=PRICING,
        old="if not 0 <= self.discount <= self.price:",
        new="if False:",
        tests=(f"{QUOTE}::test_never_takes_off_what_is_not_there",),
    ),
    Mutant(
        name="total-of-what-is-due",
        breaks="Lines less the discount make the total.",
        file=PRICING,
        old="sum(line.due for line",
        new="sum(line.price for line",
        tests=(f"{QUOTE}::test_lines_less_the_discount_make_the_total",),
    ),
)
