"""Promotions: what a code is, when it may be used, and what it takes off each ticket.

That a code is unknown or switched off is for its caller to say; that limits hold under
races too: it counts holds and sales under a lock and passes the numbers in.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from reservation.rules.pricing import Amount, Change, Line, Percentage, Quote, share

SHORTEST, LONGEST = 3, 30
# A single character may become up to 18 in compatibility form: what is longer than this is
# refused before it grows.
LONGEST_TYPED = 100

_CODE = re.compile(rf"[A-Z0-9][A-Z0-9-]{{{SHORTEST - 1},{LONGEST - 1}}}")
# A Turkish keyboard's small I; hyphen, en dash, em dash and minus: phones make them of a dash.
_TYPED_FOR = str.maketrans("ı\u2010\u2013\u2014\u2212", "i----")


class NotACode(ValueError):
    """What was typed can be nobody's code; its text says what one looks like."""


def normalized(code: str) -> str:
    """The one form in which a code is kept and looked up. Raises `NotACode`.

    Spaces around it and the case of letters do not matter, nor whether they were typed full
    width or on a Turkish keyboard. Only A to Z, digits and dashes are left: letters that
    merely look like these would make twins that nobody can tell apart on a poster.
    """
    if len(code) <= LONGEST_TYPED:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", code).casefold())
        plain = folded.replace("i\u0307", "i").translate(_TYPED_FOR).strip()
        if plain.isascii() and _CODE.fullmatch(plain.upper()):
            return plain.upper()
    raise NotACode(
        f"A code has {SHORTEST} to {LONGEST} letters (A to Z), digits and dashes, "
        "such as SUMMER-26, and no dash in front."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What a code takes off, and where. An empty set of ids or weekdays means all of them.

    It may be used at instants in [valid_from, valid_until), for shows whose local calendar
    date lies in shows_from to shows_until (both included) on one of `weekdays` (0 is
    Monday). Only tickets of its types are cheaper, and only they count for the least number
    of tickets and the least total before the discount.
    """

    off: Change
    movies: frozenset[int] = frozenset()
    cinemas: frozenset[int] = frozenset()
    shows: frozenset[int] = frozenset()
    ticket_types: frozenset[int] = frozenset()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    shows_from: date | None = None
    shows_until: date | None = None
    weekdays: frozenset[int] = frozenset()
    least_tickets: int = 0
    least_total: int = 0
    limit: int | None = None
    limit_per_user: int | None = None

    def is_for(self, line: Line) -> bool:
        """Whether that ticket is cheaper by it."""
        return not self.ticket_types or line.ticket_type_id in self.ticket_types


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What somebody wants to use a code for, and how often it was used before.

    Uses are the living holds and the sales that carry the code, this purchase not among
    them. Where nobody is named, at the box office, `used_by_buyer` is 0.
    """

    movie_id: int
    cinema_id: int
    show_id: int
    starts_at: datetime
    zone: ZoneInfo
    lines: Sequence[Line]
    at: datetime
    used: int = 0
    used_by_buyer: int = 0


class Refusal(StrEnum):
    """Why a code can't be used, in the order in which reasons are looked for."""

    NOT_YET = "not_yet"
    EXPIRED = "expired"
    WRONG_MOVIE = "wrong_movie"
    WRONG_CINEMA = "wrong_cinema"
    WRONG_SHOW = "wrong_show"
    WRONG_DATE = "wrong_date"
    WRONG_TICKET_TYPES = "wrong_ticket_types"
    BELOW_MINIMUM = "below_minimum"
    USED_UP = "used_up"
    USED_UP_BY_YOU = "used_up_by_you"


def refusal(promotion: Promotion, purchase: Purchase) -> Refusal | None:
    """The first reason why that purchase can't have that promotion; None where it can."""
    return (
        _wrong_time(promotion, purchase.at)
        or _wrong_scope(promotion, purchase)
        or _wrong_tickets(promotion, purchase.lines)
        or _used_up(promotion, purchase)
    )


def _wrong_time(promotion: Promotion, at: datetime) -> Refusal | None:
    if promotion.valid_from is not None and at < promotion.valid_from:
        return Refusal.NOT_YET
    if promotion.valid_until is not None and at >= promotion.valid_until:
        return Refusal.EXPIRED
    return None


def _wrong_scope(promotion: Promotion, purchase: Purchase) -> Refusal | None:
    if promotion.movies and purchase.movie_id not in promotion.movies:
        return Refusal.WRONG_MOVIE
    if promotion.cinemas and purchase.cinema_id not in promotion.cinemas:
        return Refusal.WRONG_CINEMA
    if promotion.shows and purchase.show_id not in promotion.shows:
        return Refusal.WRONG_SHOW
    day = purchase.starts_at.astimezone(purchase.zone).date()
    return None if _is_on(promotion, day) else Refusal.WRONG_DATE


def _is_on(promotion: Promotion, day: date) -> bool:
    return (
        (promotion.shows_from is None or promotion.shows_from <= day)
        and (promotion.shows_until is None or day <= promotion.shows_until)
        and (not promotion.weekdays or day.weekday() in promotion.weekdays)
    )


def _wrong_tickets(promotion: Promotion, lines: Sequence[Line]) -> Refusal | None:
    meant = [line for line in lines if promotion.is_for(line)]
    if not meant:
        return Refusal.WRONG_TICKET_TYPES
    total = sum(line.price for line in meant)
    if len(meant) < promotion.least_tickets or total < promotion.least_total:
        return Refusal.BELOW_MINIMUM
    return None


def _used_up(promotion: Promotion, purchase: Purchase) -> Refusal | None:
    if promotion.limit is not None and purchase.used >= promotion.limit:
        return Refusal.USED_UP
    if promotion.limit_per_user is not None and purchase.used_by_buyer >= promotion.limit_per_user:
        return Refusal.USED_UP_BY_YOU
    return None


def discounts(promotion: Promotion, lines: Sequence[Line]) -> tuple[int, ...]:
    """What comes off each of these tickets, in their order; 0 off those it is not for.

    A percentage is taken once, of the sum of the tickets that it is for, and rounded half
    up; an amount comes off that sum once, and stops at nothing left to pay. The result is
    shared out in proportion to the prices: each ticket gets its share rounded down, and the
    minor units that are left go one each to those that lost the largest fractions, the
    lowest seat id first among equals. So no ticket ever costs less than nothing, and the
    same tickets cost the same in whatever order they come.
    """
    prices = [line.price if promotion.is_for(line) else 0 for line in lines]
    off = _off(promotion.off, sum(prices))
    return _shared_out(off, prices, [line.seat_id for line in lines])


def _off(off: Change, whole: int) -> int:
    match off:
        case Amount(minor):
            wanted = minor
        case Percentage(percent):
            wanted = share(whole, percent)
    return min(max(wanted, 0), whole)


def _shared_out(off: int, prices: Sequence[int], seats: Sequence[int]) -> tuple[int, ...]:
    """`off`, at most their sum, by the largest remainders."""
    whole = sum(prices)
    if whole == 0:
        return (0,) * len(prices)
    parts = [off * price // whole for price in prices]
    lost = [off * price % whole for price in prices]
    by_loss = sorted(range(len(prices)), key=lambda index: (-lost[index], seats[index]))
    for index in by_loss[: off - sum(parts)]:
        parts[index] += 1
    return tuple(parts)


def discounted(promotion: Promotion, quote: Quote) -> Quote:
    """The quote with that promotion, in place of any other: they never add up."""
    return quote.less(discounts(promotion, quote.lines))
