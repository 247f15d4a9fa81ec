"""Examples of payments for the API's documentation."""

from drf_spectacular.utils import OpenApiExample

CHECKOUT = OpenApiExample(
    "An open payment page",
    value={
        "checkout_url": "https://checkout.stripe.com/c/pay/cs_test_a1b2c3",
        "session_id": "cs_test_a1b2c3",
        "expires_at": "2026-11-27T18:35:00Z",
    },
    response_only=True,
)

STATUS = OpenApiExample(
    "Paid and confirmed",
    value={
        "reservation": 31,
        "code": "7KQ3M9XWDA",
        "reservation_state": "confirmed",
        "status": "paid",
        "total": {"amount": 3300, "currency": "usd"},
        "paid": {"amount": 3300, "currency": "usd"},
        "refunded": {"amount": 0, "currency": "usd"},
        "refunding": {"amount": 0, "currency": "usd"},
        "checkout_url": "",
    },
    response_only=True,
)

RETURN = OpenApiExample(
    "Paid and confirmed",
    value={
        "code": "7KQ3M9XWDA",
        "reservation_state": "confirmed",
        "status": "paid",
        "movie": "Nosferatu",
        "cinema": "Lumen Lisboa",
        "hall": "Hall 1",
        "starts_at": "2026-11-28T21:00:00Z",
        "seats": ["H7", "H8"],
        "total": {"amount": 3300, "currency": "usd"},
        "held_until": None,
        "checkout_url": "",
    },
    response_only=True,
)
