"""Why a reservation can't be made or changed, in words for clients and for staff."""

from typing import Any

from cinema_reservation.errors import DomainError


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


class SeatsTaken(DomainError):
    code = "seats_taken"
    sentence = "Some of these seats are taken; the error names them. None was held."
    attr = "seats"

    def __init__(self, *, seats: list[dict[str, Any]]) -> None:
        super().__init__(seats=seats)


class TooManyHolds(DomainError):
    code = "too_many_holds"
    sentence = (
        "You hold seats of this show {limit} times already. Pay for or cancel one of these first."
    )


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
