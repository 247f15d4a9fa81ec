"""The cinema's tables, by concept."""

from reservation.models.blocking import BlockKind, SeatBlock
from reservation.models.booking import (
    Channel,
    IdempotentRequest,
    Reservation,
    ReservationState,
    Ticket,
    Waiver,
)
from reservation.models.catalogue import Genre, Movie
from reservation.models.edition import Edition
from reservation.models.exchange import Exchange, ExchangeState
from reservation.models.pricing import (
    PriceRule,
    Promotion,
    PromotionCinema,
    PromotionMovie,
    PromotionShow,
    PromotionTicketType,
)
from reservation.models.programme import ShowFormat, ShowState, ShowTime, TicketType
from reservation.models.venue import Cinema, Hall, HallPlan, Seat, SeatCategory, SeatKind

__all__ = [
    "BlockKind",
    "Channel",
    "Cinema",
    "Edition",
    "Exchange",
    "ExchangeState",
    "Genre",
    "Hall",
    "HallPlan",
    "IdempotentRequest",
    "Movie",
    "PriceRule",
    "Promotion",
    "PromotionCinema",
    "PromotionMovie",
    "PromotionShow",
    "PromotionTicketType",
    "Reservation",
    "ReservationState",
    "Seat",
    "SeatBlock",
    "SeatCategory",
    "SeatKind",
    "ShowFormat",
    "ShowState",
    "ShowTime",
    "Ticket",
    "TicketType",
    "Waiver",
]
