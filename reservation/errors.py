"""Why a reservation can't be made or changed, in words for clients and for staff."""

from typing import Any

from cinema_reservation.errors import DomainError
from cinema_reservation.money import Money


class UnknownShow(DomainError):
    status = 400
    code = "unknown_showtime"
    sentence = "There is no such showtime. See /api/show_times/."
    attr = "showtime"


class UnknownSeats(DomainError):
    status = 400
    code = "unknown_seats"
    sentence = "Some seats are not in this show's hall; the error names them."
    attr = "seats"


class UnknownTicketType(DomainError):
    status = 400
    code = "unknown_ticket_type"
    sentence = "Some ticket types are not on sale. See /api/ticket_types/."
    attr = "tickets"


class NoSeats(DomainError):
    status = 400
    code = "no_seats"
    sentence = "Name at least one seat."
    attr = "seats"


class TooManySeats(DomainError):
    status = 400
    code = "too_many_seats"
    sentence = "At most {limit} seats fit in one reservation."
    attr = "seats"


class NotEnoughSeats(DomainError):
    code = "not_enough_seats"
    sentence = "There are not so many free seats of this kind. Ask for fewer, or for others."
    attr = "best_available"


class WheelchairNeedNotStated(DomainError):
    code = "wheelchair_need_not_stated"
    sentence = (
        "Some of these are wheelchair places; the error names them. They are kept for those who "
        "need one: say so with wheelchair_need, or choose other seats."
    )
    attr = "wheelchair_need"


class CompanionAlone(DomainError):
    code = "companion_without_wheelchair"
    sentence = (
        "Some of these are places for companions of wheelchair users; the error names them. "
        "Take one together with a wheelchair place, or choose other seats."
    )
    attr = "seats"


class LonelySeats(DomainError):
    """`seats` would be left alone; `instead` would do, and so would taking `add` too."""

    code = "lonely_seats"
    sentence = (
        "This would leave single seats free that nobody wants; the error names them. Take the "
        "seats under instead, or also those under add."
    )
    attr = "seats"

    def __init__(
        self,
        *,
        seats: list[dict[str, Any]],
        instead: list[dict[str, Any]],
        add: list[dict[str, Any]],
    ) -> None:
        super().__init__(seats=seats, instead=instead, add=add)


class SeatsTaken(DomainError):
    code = "seats_taken"
    sentence = "Some of these seats are taken; the error names them. None was held."
    attr = "seats"

    def __init__(self, *, seats: list[dict[str, Any]]) -> None:
        super().__init__(seats=seats)


class TotalTooSmall(DomainError):
    code = "total_too_small"
    sentence = (
        "This costs less than can be paid online; the error says under least how much that takes. "
        "Take more seats, or buy at the box office."
    )

    def __init__(self, *, least: Money) -> None:
        super().__init__(least=least)


class TooManyHolds(DomainError):
    code = "too_many_holds"
    sentence = (
        "You hold seats of this show {limit} times already. Pay for or cancel one of these first."
    )


class TooManySeatsOfShow(DomainError):
    code = "too_many_seats_of_show"
    sentence = "You have {taken} seats of this show, and may have {limit} at most."
    attr = "seats"


class SalesNotOpen(DomainError):
    code = "sales_not_open"
    sentence = "Seats of this show are sold from {sales_open_at} on. Ask again then."
    attr = "showtime"


class SalesClosed(DomainError):
    code = "sales_closed"
    sentence = "Sales for this show have closed."


class ShowCancelled(DomainError):
    code = "showtime_cancelled"
    sentence = "This show was cancelled. Choose another one."


class ShowStarted(DomainError):
    code = "showtime_started"
    sentence = "The show has begun, so the reservation can't be cancelled any more."


class HoldExpired(DomainError):
    code = "hold_expired"
    sentence = "The time to pay has run out and the seats are free again. Hold seats anew."


class ReservationCancelled(DomainError):
    code = "reservation_cancelled"
    sentence = "This reservation was cancelled. Hold seats anew."


class IdempotencyKeyReused(DomainError):
    status = 422
    code = "idempotency_key_reused"
    sentence = (
        "This Idempotency-Key came before with another body. Send a new key with a new request."
    )


class AlreadyConfirmed(DomainError):
    code = "already_confirmed"
    sentence = "This reservation is paid for already."


class NotConfirmed(DomainError):
    code = "not_confirmed"
    sentence = "Only what is paid for can be exchanged. Cancel this hold, and hold other seats."


class AlreadyAdmitted(DomainError):
    code = "already_admitted"
    sentence = "A ticket of this reservation was used at the door, so it can't be exchanged."


class ExchangeAfterStart(DomainError):
    code = "showtime_started"
    sentence = "The show has begun, so its seats can't be exchanged any more."


class ExchangeClosed(DomainError):
    code = "exchange_closed"
    sentence = (
        "Cancelling would cost a fee by now, so these seats can only be exchanged for others of "
        "the same show, and for none that cost less."
    )


class DifferenceTooSmall(DomainError):
    code = "difference_too_small"
    sentence = (
        "Only {difference} would be left to pay, and cards can't be charged with less than "
        "{at_least}. Choose other seats."
    )


class WorthLessThanGivenBack(DomainError):
    code = "worth_less_than_given_back"
    sentence = (
        "The house gave back {given_back} of this reservation, and these seats cost less than "
        "that. Choose others."
    )


class ExchangeLapsed(DomainError):
    code = "exchange_lapsed"
    sentence = (
        "The time to pay for this exchange has run out. Your seats are as they were: ask for "
        "the exchange anew."
    )
