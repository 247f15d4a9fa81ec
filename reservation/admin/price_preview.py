"""What shows of the next days cost by a cinema's rules, for whoever sets them."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.html import format_html, format_html_join

from reservation.admin.fields import price_written
from reservation.models import Cinema, PriceRule, ShowTime
from reservation.rules import pricing
from reservation.rules.pricing import ShowPrice

DAYS = 7
# Where a cinema has no show yet.
SOME_PRICE = 1000


class Stretch(NamedTuple):
    """From when on, on a day, a show costs that."""

    begins: time
    price: ShowPrice


def of_day(
    day: date, *, base: int, rules: Sequence[pricing.PriceRule], zone: ZoneInfo
) -> list[Stretch]:
    """What a show costs that starts on that day, by the hour: only where something changes."""
    edges = {time.min, *(edge for rule in rules for edge in (rule.from_time, rule.to_time))}
    stretches = [
        Stretch(
            edge,
            pricing.show_price(
                base=base,
                rules=rules,
                starts_at=datetime.combine(day, edge, tzinfo=zone),
                zone=zone,
            ),
        )
        for edge in sorted(edges)
    ]
    return [next(same) for _, same in groupby(stretches, key=lambda stretch: stretch.price)]


def of_cinema(cinema: Cinema) -> str:
    """A line for each of the next days, by the rules that are in force, in HTML."""
    rules = [row.rule for row in PriceRule.objects.in_force().filter(cinema=cinema)]
    shows = ShowTime.objects.filter(hall__cinema=cinema).order_by("-starts_at", "-pk")
    base = shows.values_list("price", flat=True).first() or SOME_PRICE
    return format_html(
        "A show of {} costs a full-price ticket in the cheapest seats:<ul>{}</ul>",
        price_written(base),
        format_html_join("", "<li>{}: {}</li>", _lines(base, rules, cinema.zone, timezone.now())),
    )


def _lines(
    base: int, rules: Sequence[pricing.PriceRule], zone: ZoneInfo, at: datetime
) -> Iterator[tuple[str, str]]:
    today = at.astimezone(zone).date()
    for ahead in range(DAYS):
        day = today + timedelta(days=ahead)
        stretches = of_day(day, base=base, rules=rules, zone=zone)
        yield f"{day:%a %d %b}", "; ".join(_written(stretch) for stretch in stretches)


def _written(stretch: Stretch) -> str:
    names = ", ".join(rule.name for rule in stretch.price.applied)
    why = f" ({names})" if names else ""
    since = f"from {stretch.begins:%H:%M} " if stretch.begins != time.min else ""
    return f"{since}{price_written(stretch.price.amount)}{why}"
