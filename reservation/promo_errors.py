"""Why a promo code can't be used, each with a code of its own for clients."""

from datetime import datetime
from typing import Any

from cinema_reservation.errors import DomainError
from cinema_reservation.money import money, written


class PromoCodeRefused(DomainError):
    """The price without the code stands; nothing was held."""

    code = "promo_code_refused"
    sentence = "This promo code can't be used here. Leave it away, or use another one."
    attr = "promo_code"


class PromoCodeUnknown(PromoCodeRefused):
    """One that is switched off answers like one that never was."""

    status = 400
    code = "promo_code_unknown"
    sentence = "There is no such promo code. Check how it is spelled, or leave it away."


class PromoCodeNotYet(PromoCodeRefused):
    code = "promo_code_not_yet"
    sentence = "This promo code is good from {valid_from} on. Use it then."

    def __init__(self, *, valid_from: datetime) -> None:
        super().__init__(valid_from=_moment(valid_from))


class PromoCodeExpired(PromoCodeRefused):
    code = "promo_code_expired"
    sentence = "This promo code was good until {valid_until}. Leave it away."

    def __init__(self, *, valid_until: datetime) -> None:
        super().__init__(valid_until=_moment(valid_until))


class PromoCodeWrongMovie(PromoCodeRefused):
    code = "promo_code_wrong_movie"
    sentence = "This promo code is for other films. Choose one of these, or leave it away."


class PromoCodeWrongCinema(PromoCodeRefused):
    code = "promo_code_wrong_cinema"
    sentence = "This promo code is for other cinemas. Choose one of these, or leave it away."


class PromoCodeWrongShow(PromoCodeRefused):
    code = "promo_code_wrong_showtime"
    sentence = "This promo code is for other shows. Choose one of these, or leave it away."


class PromoCodeWrongDate(PromoCodeRefused):
    code = "promo_code_wrong_date"
    sentence = "This promo code is for shows of other days. Choose one, or leave it away."


class PromoCodeWrongTicketTypes(PromoCodeRefused):
    code = "promo_code_wrong_ticket_types"
    sentence = "This promo code is for other ticket types. Choose one of these, or leave it away."


class PromoCodeBelowMinimum(PromoCodeRefused):
    """`least_tickets` and `least_total` are what the tickets that it is for have to come to."""

    code = "promo_code_below_minimum"
    sentence = (
        "This promo code needs {needs}, of those that it is for. Choose more, or leave it away."
    )

    def __init__(self, *, least_tickets: int, least_total: int, currency: str) -> None:
        tickets = f"{max(least_tickets, 1)} ticket{'s' if least_tickets > 1 else ''} at least"
        price = f" for {written(least_total, currency)} or more together" if least_total else ""
        super().__init__(
            needs=tickets + price,
            least_tickets=least_tickets,
            least_total=money(least_total, currency),
        )


class PromoCodeUsedUp(PromoCodeRefused):
    code = "promo_code_used_up"
    sentence = (
        "This promo code was used as often as it may be. Leave it away, or try again later: what "
        "others hold and do not pay for is given back."
    )


class PromoCodeUsedUpByYou(PromoCodeRefused):
    code = "promo_code_used_up_by_you"
    sentence = (
        "You used this promo code as often as each customer may; what you hold unpaid counts. "
        "Leave it away, or cancel what you do not need."
    )


PROMO_CODE_REFUSALS = (
    PromoCodeUnknown,
    PromoCodeNotYet,
    PromoCodeExpired,
    PromoCodeWrongMovie,
    PromoCodeWrongCinema,
    PromoCodeWrongShow,
    PromoCodeWrongDate,
    PromoCodeWrongTicketTypes,
    PromoCodeBelowMinimum,
    PromoCodeUsedUp,
    PromoCodeUsedUpByYou,
)


def _moment(moment: datetime) -> Any:
    return moment.isoformat().replace("+00:00", "Z")
