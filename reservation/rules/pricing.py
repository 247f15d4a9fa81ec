"""What seats cost. Amounts are in minor units (cents).

A show has a base price, which its cinema's rules for days and times make dearer or cheaper;
a seat's category adds its surcharge, and its ticket type takes its share of both:

    (show price + surcharge) × percentage, rounded half up, once per ticket

Whoever quotes and whoever sells asks `quote`, so that both say the same to the cent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Ten seats at the highest price and surcharge stay within the eight digits that Stripe takes.
HIGHEST_PRICE = 4_999_999


def share(amount: int, percentage: int) -> int:
    """So many percent of an amount, rounded half up to the minor unit."""
    return (amount * percentage + 50) // 100


def ticket_price(*, show_price: int, surcharge: int, percentage: int) -> int:
    """The price of one seat: (show + category), times the ticket type's share.

    Rounded half up to the minor unit, so that 50 % of 1.25 is 0.63.
    """
    return share(show_price + surcharge, percentage)


@dataclass(frozen=True, slots=True)
class Amount:
    """So many minor units; what is taken off has a minus in a price rule, none in a promotion."""

    minor: int


@dataclass(frozen=True, slots=True)
class Percentage:
    """So many percent, with the same sign as an amount would have."""

    percent: int


Change = Amount | Percentage


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRule:
    """A cinema's rule for days and times: matinees, weekends, a discount on Tuesdays.

    It counts for shows that start in its window, [from_time, to_time) by the clocks of the
    cinema. A window that ends no later than it begins runs past midnight, and what comes
    after midnight belongs to the day on which the window began: Friday from 22:00 to 02:00
    counts for a show on Saturday at 00:30, and Saturday's for one on Sunday. So does a
    Friday from 06:00 to 06:00, which lasts till Saturday at six; without times it is the
    calendar day.

    `weekdays` (0 is Monday; none means every day), `valid_from` and `valid_until` (both
    days included) speak of that day too: of the day of the show, never of the sale.
    """

    id: int
    name: str
    change: Change
    priority: int = 0
    weekdays: frozenset[int] = frozenset()
    from_time: time = time.min
    to_time: time = time.min
    valid_from: date | None = None
    valid_until: date | None = None

    def applies(self, *, starts_at: datetime, zone: ZoneInfo) -> bool:
        """Whether it counts for a show that starts at that instant, in that zone."""
        day = self._day(starts_at.astimezone(zone))
        return (
            day is not None
            and (not self.weekdays or day.weekday() in self.weekdays)
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )

    def _day(self, local: datetime) -> date | None:
        """The day whose window a local time lies in, if it lies in one."""
        clock = local.time()
        if self.from_time < self.to_time:
            return local.date() if self.from_time <= clock < self.to_time else None
        if clock >= self.from_time:
            return local.date()
        return local.date() - timedelta(days=1) if clock < self.to_time else None


@dataclass(frozen=True, slots=True)
class Applied:
    """What one rule added to a show's price; with a minus, what it took off."""

    rule_id: int
    name: str
    change: int


@dataclass(frozen=True, slots=True)
class ShowPrice:
    """A show's price, and how it came about: base + the changes = amount."""

    base: int
    applied: tuple[Applied, ...]
    amount: int


def show_price(
    *, base: int, rules: Iterable[PriceRule], starts_at: datetime, zone: ZoneInfo
) -> ShowPrice:
    """The price of a full ticket in the cheapest category, by the rules of the cinema.

    Rules that apply take effect one after another, the lowest priority number first and the
    lowest id first among equals, each on what those before it left: 20 % more after 1.00
    less is 20 % of the smaller price. After each the price is rounded half up and kept
    between 0 and `HIGHEST_PRICE`. A rule that changes nothing is not named.
    """
    amount, applied = base, []
    for rule in sorted(rules, key=lambda rule: (rule.priority, rule.id)):
        changed = _changed(amount, rule.change)
        if changed != amount and rule.applies(starts_at=starts_at, zone=zone):
            applied.append(Applied(rule.id, rule.name, changed - amount))
            amount = changed
    return ShowPrice(base, tuple(applied), amount)


def _changed(price: int, change: Change) -> int:
    match change:
        case Amount(minor):
            changed = price + minor
        case Percentage(percent):
            changed = share(price, 100 + percent)
    return min(max(changed, 0), HIGHEST_PRICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A seat and who is to sit there, with what both do to the price."""

    seat_id: int
    category_id: int
    surcharge: int
    ticket_type_id: int
    percentage: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One ticket of a quote. Raises `ValueError` for a discount below 0 or above the price."""

    seat_id: int
    category_id: int
    ticket_type_id: int
    show_price: int
    surcharge: int
    percentage: int
    discount: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.discount <= self.price:
            raise ValueError(f"A ticket of {self.price} can't be had for {self.discount} less.")

    @property
    def full_price(self) -> int:
        """What an adult would pay, so to speak: show and category, before the share."""
        return self.show_price + self.surcharge

    @property
    def price(self) -> int:
        """What the ticket costs without a promotion."""
        return ticket_price(
            show_price=self.show_price, surcharge=self.surcharge, percentage=self.percentage
        )

    @property
    def due(self) -> int:
        """What is paid for it: the price that the ticket keeps."""
        return self.price - self.discount


@dataclass(frozen=True, slots=True)
class Quote:
    """What some seats of one show cost: subtotal - discount = total, each a sum of lines."""

    show: ShowPrice
    lines: tuple[Line, ...]

    @property
    def subtotal(self) -> int:
        return sum(line.price for line in self.lines)

    @property
    def discount(self) -> int:
        return sum(line.discount for line in self.lines)

    @property
    def total(self) -> int:
        return sum(line.due for line in self.lines)

    def less(self, discounts: Iterable[int]) -> "Quote":
        """The same with these discounts, one per line, in place of any that it had.

        Raises `ValueError` unless there is one for each line, between 0 and its price.
        """
        lines = zip(self.lines, discounts, strict=True)
        return replace(
            self, lines=tuple(replace(line, discount=discount) for line, discount in lines)
        )


def quote(*, show: ShowPrice, wanted: Iterable[Wanted]) -> Quote:
    """The lines of these seats, in the order in which they come, without a promotion."""
    return Quote(
        show,
        tuple(
            Line(
                seat_id=one.seat_id,
                category_id=one.category_id,
                ticket_type_id=one.ticket_type_id,
                show_price=show.amount,
                surcharge=one.surcharge,
                percentage=one.percentage,
            )
            for one in wanted
        ),
    )
