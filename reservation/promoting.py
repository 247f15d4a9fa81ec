"""The verbs of staff on promotions, and how often each was used.

A change counts for whoever uses the code from then on: reservations that carry it keep their
prices. So does a lower limit: nobody loses what they hold.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from cinema_reservation.errors import DomainError
from reservation.models import Channel, Promotion, Reservation, ReservationState


class CodeWasUsed(DomainError):
    code = "promo_code_was_used"
    sentence = "Customers used this code, so it keeps its name. Switch it off and add another one."
    attr = "code"


class PromotionWasUsed(DomainError):
    code = "promotion_was_used"
    sentence = "Customers used this promotion, so it can't be deleted. Switch it off instead."


@transaction.atomic
def change(promotion: Promotion, fields: Iterable[str]) -> None:
    """Write these fields of a promotion that is there, as they are on it by now.

    Raises `CodeWasUsed` for another code where reservations carry the present one, and
    `Promotion.DoesNotExist`. Other fields stay as they are in the database, `counted_at` among
    them: sales go on meanwhile.
    """
    present = _lock(promotion.pk)
    if present.code != promotion.code and present.reservations.exists():
        raise CodeWasUsed
    promotion.save(update_fields=list(fields))


@transaction.atomic
def remove(*, promotion_id: int) -> None:
    """Delete a promotion that nobody ever used.

    Raises `PromotionWasUsed` and `Promotion.DoesNotExist`.
    """
    promotion = _lock(promotion_id)
    if promotion.reservations.exists():
        raise PromotionWasUsed
    promotion.delete()


def _lock(promotion_id: int) -> Promotion:
    # Of all of the row, keys too: a reservation that is about to name it waits, or is seen.
    return Promotion.objects.select_for_update().get(pk=promotion_id)


def with_uses(promotions: QuerySet[Promotion], at: datetime) -> QuerySet[Promotion]:
    """The same with `sold` and `held`: the uses that count at that instant."""
    uses = Reservation.objects.filter(promotion=OuterRef("pk"))
    # What waits to take a reservation's place takes its use over: the limits don't count it.
    uses = uses.exclude(channel=Channel.EXCHANGE)
    return promotions.annotate(
        sold=_number(uses.filter(state=ReservationState.CONFIRMED)),
        held=_number(uses.holding(at)),
    )


def _number(uses: QuerySet[Reservation]) -> Any:
    counted = uses.order_by().values("promotion").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)
