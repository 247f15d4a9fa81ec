"""Promo codes in use: which there are, whether somebody may have one, and how often it was used.

A use is a living hold or a sale that carries the code. Whoever relies on a count first locks the
promotion, and counts then: so the uses of a limited code are taken one after the other, whatever
shows they are for. It comes last in the order of locks: payment, reservation, show, promotion.
A code without limits is locked by nobody, and its buyers do not wait for each other.

Freeing needs no lock: a use ends with its hold, at that very instant, for whoever counts. Who
counts may have a later clock than the hold's owner who pays just then. So the latest instant of
any count is kept with the promotion (`counted_at`): a hold that had ended by then has lost its
use, whatever its owner's clock says, as it would have lost a seat that was taken over.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet, Value

from reservation import promo_errors
from reservation.models import (
    Channel,
    Promotion,
    PromotionCinema,
    PromotionMovie,
    PromotionShow,
    PromotionTicketType,
    Reservation,
    ShowTime,
)
from reservation.rules import promotions
from reservation.rules.pricing import Quote
from reservation.rules.promotions import Purchase, Refusal

REFUSALS: dict[Refusal, type[promo_errors.PromoCodeRefused]] = {
    Refusal.WRONG_MOVIE: promo_errors.PromoCodeWrongMovie,
    Refusal.WRONG_CINEMA: promo_errors.PromoCodeWrongCinema,
    Refusal.WRONG_SHOW: promo_errors.PromoCodeWrongShow,
    Refusal.WRONG_DATE: promo_errors.PromoCodeWrongDate,
    Refusal.WRONG_TICKET_TYPES: promo_errors.PromoCodeWrongTicketTypes,
    Refusal.USED_UP: promo_errors.PromoCodeUsedUp,
    Refusal.USED_UP_BY_YOU: promo_errors.PromoCodeUsedUpByYou,
}


class Uses(NamedTuple):
    """How often a promotion is used by everybody, and by one user; no further than its limits."""

    used: int = 0
    used_by_buyer: int = 0


def claim(
    code: str,
    quote: Quote,
    *,
    show: ShowTime,
    user_id: int | None,
    at: datetime,
    excluding: int | None = None,
) -> tuple[Promotion | None, Quote]:
    """The promotion of a code, and what its tickets cost with it; without a code, as it was.

    Ask in the transaction that writes the use, and under the lock of the show, whose hall is
    loaded. The promotion is locked until its end where it has limits. The uses of reservation
    `excluding` are not counted: those of whoever asks again. Raises `PromoCodeRefused`.
    """
    if not code:
        return None, quote
    promotion = _find(code)
    if promotion.is_limited:
        promotion = _lock(promotion)
    uses = _count(promotion, user_id=user_id, at=at, excluding=excluding)
    discounted = _discounted(promotion, quote, uses, show=show, at=at)
    _note_count(promotion, at)
    return promotion, discounted


def look(code: str, quote: Quote, *, show: ShowTime, user_id: int | None, at: datetime) -> Quote:
    """What `claim` would say now, without any lock: for whoever asks for a price.

    Raises `PromoCodeRefused`.
    """
    if not code:
        return quote
    promotion = _find(code)
    uses = _count(promotion, user_id=user_id, at=at)
    return _discounted(promotion, quote, uses, show=show, at=at)


def keep(
    reservation: Reservation, quote: Quote, *, show: ShowTime, at: datetime
) -> tuple[Promotion | None, Quote]:
    """What a reservation's own code, if it has one, makes of other seats in place of its own.

    Where the code is not for these, or not good any more, they cost what they cost without.
    Ask as one does `claim`.
    """
    if reservation.promotion is None:
        return None, quote
    try:
        return claim(
            reservation.promotion.code,
            quote,
            show=show,
            user_id=reservation.user_id,
            at=at,
            excluding=reservation.pk,
        )
    except promo_errors.PromoCodeRefused:
        return None, quote


def _find(code: str) -> Promotion:
    try:
        normalized = promotions.normalized(code)
    except promotions.NotACode as error:
        raise promo_errors.PromoCodeUnknown from error
    found = Promotion.objects.filter(code=normalized, is_active=True).first()
    if found is None:
        raise promo_errors.PromoCodeUnknown
    return found


def _lock(promotion: Promotion) -> Promotion:
    """As it is once it is ours: staff may have changed it, or switched it off."""
    locked = Promotion.objects.select_for_update(no_key=True).filter(pk=promotion.pk)
    found = locked.filter(is_active=True).first()
    if found is None:
        raise promo_errors.PromoCodeUnknown
    return found


def _count(
    promotion: Promotion, *, user_id: int | None, at: datetime, excluding: int | None = None
) -> Uses:
    """One query for each limit that it has, which reads no further than that."""
    living = Reservation.objects.filter(promotion=promotion).living(at)
    # What waits to take a reservation's place takes its use over, too.
    living = living.exclude(channel=Channel.EXCHANGE)
    if excluding is not None:
        living = living.exclude(pk=excluding)
    used = used_by_buyer = 0
    if promotion.limit is not None:
        used = _up_to(promotion.limit, living)
    if promotion.limit_per_user is not None and user_id is not None:
        used_by_buyer = _up_to(promotion.limit_per_user, living.filter(user=user_id))
    return Uses(used, used_by_buyer)


def _up_to(limit: int, uses: QuerySet[Reservation]) -> int:
    return uses.order_by().values("pk")[:limit].count()


def _discounted(
    promotion: Promotion, quote: Quote, uses: Uses, *, show: ShowTime, at: datetime
) -> Quote:
    rule = _rule(promotion)
    purchase = Purchase(
        movie_id=show.movie_id,
        cinema_id=show.hall.cinema_id,
        show_id=show.pk,
        starts_at=show.starts_at,
        zone=show.hall.cinema.zone,
        lines=quote.lines,
        at=at,
        used=uses.used,
        used_by_buyer=uses.used_by_buyer,
    )
    reason = promotions.refusal(rule, purchase)
    if reason is not None:
        raise _refused(reason, rule)
    return promotions.discounted(rule, quote)


def _rule(promotion: Promotion) -> promotions.Promotion:
    """The rule that a code stands for, with what it is for: one query."""
    movies, cinemas, shows, ticket_types = _scopes(promotion)
    return promotions.Promotion(
        off=promotion.change,
        movies=movies,
        cinemas=cinemas,
        shows=shows,
        ticket_types=ticket_types,
        valid_from=promotion.valid_from,
        valid_until=promotion.valid_until,
        shows_from=promotion.shows_from,
        shows_until=promotion.shows_until,
        weekdays=frozenset(promotion.weekdays),
        least_tickets=promotion.least_tickets,
        least_total=promotion.least_total,
        limit=promotion.limit,
        limit_per_user=promotion.limit_per_user,
    )


def _scopes(promotion: Promotion) -> list[frozenset[int]]:
    """The ids of films, cinemas, shows and ticket types that it is for."""
    parts: list[QuerySet[Any, tuple[int, int]]] = [
        rows.filter(promotion=promotion).values_list(Value(part), target)
        for part, (rows, target) in enumerate(
            [
                (PromotionMovie.objects.all(), "movie_id"),
                (PromotionCinema.objects.all(), "cinema_id"),
                (PromotionShow.objects.all(), "showtime_id"),
                (PromotionTicketType.objects.all(), "tickettype_id"),
            ]
        )
    ]
    found = list(parts[0].union(*parts[1:], all=True))
    return [frozenset(pk for n, pk in found if n == part) for part in range(len(parts))]


def _refused(reason: Refusal, rule: promotions.Promotion) -> promo_errors.PromoCodeRefused:
    if reason is Refusal.NOT_YET and rule.valid_from:
        return promo_errors.PromoCodeNotYet(valid_from=rule.valid_from)
    if reason is Refusal.EXPIRED and rule.valid_until:
        return promo_errors.PromoCodeExpired(valid_until=rule.valid_until)
    if reason is Refusal.BELOW_MINIMUM:
        return promo_errors.PromoCodeBelowMinimum(
            least_tickets=rule.least_tickets,
            least_total=rule.least_total,
            currency=settings.CURRENCY,
        )
    return REFUSALS[reason]()


def _note_count(promotion: Promotion, at: datetime) -> None:
    """Note when it was counted, under its lock."""
    if promotion.is_limited and (promotion.counted_at is None or promotion.counted_at < at):
        Promotion.objects.filter(pk=promotion.pk).update(counted_at=at)


def _lock_of(reservation: Reservation) -> Promotion | None:
    """The promotion that a reservation uses, locked, if it has one with limits."""
    if reservation.promotion_id is None:
        return None
    limited = Promotion.objects.exclude(limit=None, limit_per_user=None)
    return limited.select_for_update(no_key=True).filter(pk=reservation.promotion_id).first()


def has_lost_use(reservation: Reservation) -> bool:
    """Whether its use of a code was counted as given back. Ask under the show's lock."""
    promotion = _lock_of(reservation)
    if promotion is None or promotion.counted_at is None:
        return False
    return promotion.counted_at >= reservation.expires_at


def claim_again(reservation: Reservation, *, at: datetime) -> None:
    """Take back the use of its code that a dead hold has lost. Ask under the show's lock.

    The limits alone are asked: what others may have by now can't be had twice, while the price
    was promised for as long as nobody else needs it. Raises `PromoCodeUsedUp` and
    `PromoCodeUsedUpByYou`.
    """
    promotion = _lock_of(reservation)
    if promotion is None:
        return
    uses = _count(promotion, user_id=reservation.user_id, at=at, excluding=reservation.pk)
    if promotion.limit is not None and uses.used >= promotion.limit:
        raise promo_errors.PromoCodeUsedUp
    if promotion.limit_per_user is not None and uses.used_by_buyer >= promotion.limit_per_user:
        raise promo_errors.PromoCodeUsedUpByYou
    _note_count(promotion, at)
