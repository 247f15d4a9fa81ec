"""What seats would cost, for whoever only asks: the sale's own words, and nothing is written."""

from datetime import datetime
from typing import NamedTuple

from reservation import (
    choosing,
    edition,
    errors,
    facts,
    holding,
    limits,
    promotions,
    sale,
)
from reservation.choosing import Wish
from reservation.facts import Facts
from reservation.models import ShowTime
from reservation.rules.pricing import Quote


class Quoted(NamedTuple):
    """A quote, with the show and the facts that it was made of."""

    show: ShowTime
    known: Facts
    quote: Quote


def quote(*, show_id: int, wish: Wish, at: datetime, user_id: int | None = None) -> Quoted:
    """What `holding.hold` would sell for this wish at this moment, line by line.

    It promises nothing: nothing is locked or kept, and a moment later the seats may be
    somebody's, or another price may be in force. Two queries, for any number of seats; more with a
    promo code. Whoever is nobody is told whether a code is good for everybody.

    Raises what `hold` raises, except what depends on who buys (`TooManyHolds`,
    `TooManySeatsOfShow`) and `LonelySeats`, which takes long to find out.
    """
    limits.check_size(wish.seats)
    found = facts.for_readers(show_id, edition.current())
    if found is None:
        raise errors.UnknownShow
    show, known = found
    holding.check_on_sale(show, at)
    quote = sale.quote(known, choosing.foresee(wish, show=show, known=known, at=at))
    quote = promotions.look(wish.promo_code, quote, show=show, user_id=user_id, at=at)
    sale.check_payable(quote)
    return Quoted(show, known, quote)
