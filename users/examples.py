"""Examples of accounts and logins for the API's documentation."""

from drf_spectacular.utils import OpenApiExample

ADA = {
    "id": 17,
    "username": "ada",
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "",
    "phone": "",
    "date_joined": "2026-07-01T09:30:00Z",
    "is_staff": False,
}

ACCOUNT = OpenApiExample("A customer", ADA, response_only=True)

TOKENS = OpenApiExample(
    "A pair of tokens",
    {"access": "eyJhbGciOi…", "refresh": "eyJhbGciOi…"},
    response_only=True,
)
