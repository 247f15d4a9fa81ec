"""Examples of reservations for the API's documentation."""

from drf_spectacular.utils import OpenApiExample

SEAT = {
    "id": 412,
    "row": "H",
    "number": 7,
    "label": "H7",
    "category": "VIP",
    "kind": "standard",
    "ticket_type": "Adult",
    "price": {"amount": 1650, "currency": "usd"},
    "show_price": {"amount": 1250, "currency": "usd"},
    "surcharge": {"amount": 400, "currency": "usd"},
    "percentage": 100,
    "discount": {"amount": 0, "currency": "usd"},
}
PRICE_RULES = [{"name": "Weekend", "change": {"amount": 150, "currency": "usd"}}]

RESERVATION = OpenApiExample(
    "A hold of one seat",
    value={
        "id": 31,
        "code": "7KQ3M9XWDA",
        "state": "held",
        "showtime": {
            "id": 18,
            "movie": "Nosferatu",
            "movie_id": 3,
            "cinema": "Lumen Lisboa",
            "hall": "Hall 1",
            "starts_at": "2026-11-28T21:00:00Z",
            "state": "scheduled",
        },
        "seats": [SEAT],
        "tickets": [],
        "promotion": None,
        "discount": {"amount": 0, "currency": "usd"},
        "total": {"amount": 1650, "currency": "usd"},
        "price_rules": PRICE_RULES,
        "created_at": "2026-11-27T18:00:00Z",
        "expires_at": "2026-11-27T18:10:00Z",
        "confirmed_at": None,
        "cancelled_at": None,
        "cancellation_policy": [{"hours_before": 2, "refund_percent": 100}],
        "cancellation_fee": {"amount": 0, "currency": "usd"},
        "cancellation_reason": "",
        "waived": {"amount": 0, "currency": "usd"},
        "exchange": None,
        "server_time": "2026-11-27T18:00:00Z",
    },
    response_only=True,
)

EXCHANGE = OpenApiExample(
    "Another seat of the same show",
    value={"seats": [430]},
    request_only=True,
)

EXCHANGE_SHOW = OpenApiExample(
    "The best two seats of another show",
    value={"showtime": 19, "best_available": {"count": 2}},
    request_only=True,
)

HOLD = OpenApiExample(
    "Two seats at the default ticket type",
    value={"showtime": 18, "seats": [412, 413]},
    request_only=True,
)

HOLD_BY_TYPE = OpenApiExample(
    "An adult and a child",
    value={
        "showtime": 18,
        "tickets": [{"seat": 412, "ticket_type": 1}, {"seat": 413, "ticket_type": 2}],
    },
    request_only=True,
)

HOLD_WITH_CODE = OpenApiExample(
    "Two seats, cheaper by a code",
    value={"showtime": 18, "seats": [412, 413], "promo_code": "summer-26"},
    request_only=True,
)

HOLD_BEST = OpenApiExample(
    "The best four VIP seats",
    value={"showtime": 18, "best_available": {"count": 4, "category": 3}},
    request_only=True,
)

HOLD_ACCESSIBLE = OpenApiExample(
    "A wheelchair place and a seat beside it",
    value={
        "showtime": 18,
        "wheelchair_need": True,
        "best_available": {"count": 2, "wheelchair_places": 1},
    },
    request_only=True,
)

SHOW_QUOTE = OpenApiExample(
    "What that costs now",
    value={
        "showtime": 18,
        "base_price": {"amount": 1100, "currency": "usd"},
        "price_rules": PRICE_RULES,
        "show_price": {"amount": 1250, "currency": "usd"},
        "lines": [
            {
                "seat": 412,
                "label": "H7",
                "category": "VIP",
                "ticket_type": "Adult",
                "ticket_type_id": 1,
                "show_price": {"amount": 1250, "currency": "usd"},
                "surcharge": {"amount": 400, "currency": "usd"},
                "percentage": 100,
                "price": {"amount": 1650, "currency": "usd"},
                "discount": {"amount": 0, "currency": "usd"},
                "due": {"amount": 1650, "currency": "usd"},
            }
        ],
        "subtotal": {"amount": 1650, "currency": "usd"},
        "discount": {"amount": 0, "currency": "usd"},
        "total": {"amount": 1650, "currency": "usd"},
        "currency": "usd",
        "server_time": "2026-11-27T18:00:00Z",
    },
    response_only=True,
)

HOLD_BEST_QUOTED = OpenApiExample(
    "The best four, wherever they are",
    value={"best_available": {"count": 4}},
    request_only=True,
)

QUOTE_SEATS = OpenApiExample(
    "Two seats, at the default ticket type", value={"seats": [412, 413]}, request_only=True
)

LONELY_SEATS = OpenApiExample(
    "A seat would be left alone",
    value={
        "type": "client_error",
        "errors": [
            {
                "code": "lonely_seats",
                "detail": "This would leave single seats free that nobody wants; the error names "
                "them. Take the seats under instead, or also those under add.",
                "attr": "seats",
                "seats": [{"id": 411, "label": "H6"}],
                "instead": [{"id": 411, "label": "H6"}],
                "add": [{"id": 411, "label": "H6"}],
            }
        ],
    },
    response_only=True,
    status_codes=["409"],
)

SEATS_TAKEN = OpenApiExample(
    "Somebody was faster",
    value={
        "type": "client_error",
        "errors": [
            {
                "code": "seats_taken",
                "detail": "Some of these seats are taken; the error names them. None was held.",
                "attr": "seats",
                "seats": [{"id": 412, "label": "H7"}],
            }
        ],
    },
    response_only=True,
    status_codes=["409"],
)

QUOTE = OpenApiExample(
    "A paid reservation, in good time",
    value={
        "total": {"amount": 3300, "currency": "usd"},
        "waived": {"amount": 0, "currency": "usd"},
        "fee": {"amount": 0, "currency": "usd"},
        "refund": {"amount": 3300, "currency": "usd"},
        "server_time": "2026-11-27T18:00:00Z",
    },
    response_only=True,
)

JOIN = OpenApiExample(
    "Two VIP seats, when some come back", value={"seats": 2, "category": 3}, request_only=True
)

CONFIRMED: dict[str, object] = RESERVATION.value | {
    "state": "confirmed",
    "tickets": [{"id": 77, "seat": "H7", "ticket_type": "Adult", "admitted_at": None}],
    "confirmed_at": "2026-11-27T18:04:00Z",
}

EXCHANGED = OpenApiExample(
    "Made at once",
    value=CONFIRMED,
    response_only=True,
    status_codes=["200"],
)

EXCHANGE_WAITING = OpenApiExample(
    "Waiting to be paid",
    value=CONFIRMED
    | {
        "exchange": {
            "showtime": RESERVATION.value["showtime"],
            "seats": [SEAT],
            "total": {"amount": 1950, "currency": "usd"},
            "to_pay": {"amount": 300, "currency": "usd"},
            "expires_at": "2026-11-27T18:20:00Z",
        },
    },
    response_only=True,
    status_codes=["202"],
)

EXCHANGE_QUOTE = OpenApiExample(
    "Dearer by 3.00",
    value={
        "showtime": RESERVATION.value["showtime"],
        "seats": [SEAT],
        "total": {"amount": 1950, "currency": "usd"},
        "to_pay": {"amount": 300, "currency": "usd"},
        "refund": {"amount": 0, "currency": "usd"},
        "server_time": "2026-11-27T18:10:00Z",
    },
    response_only=True,
)

PLACE_IN_LINE = OpenApiExample(
    "Two seats have come back",
    value={
        "id": 9,
        "showtime": RESERVATION.value["showtime"],
        "seats": 2,
        "category": 3,
        "joined_at": "2026-11-27T18:00:00Z",
        "state": "offered",
        "position": None,
        "offer": {
            "reservation": 77,
            "code": "K7RWQ3HDXA",
            "seats": ["H7", "H8"],
            "total": {"amount": 3300, "currency": "usd"},
            "expires_at": "2026-11-27T19:00:00Z",
        },
        "server_time": "2026-11-27T18:31:00Z",
    },
    response_only=True,
)
