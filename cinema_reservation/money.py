"""Money: an integer of the currency's minor unit beside its ISO 4217 code. Never a float."""

from typing import TypedDict

# Stripe's zero- and three-decimal currencies: https://docs.stripe.com/currencies
ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"]
    + ["pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"]
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])

# What Stripe charges at least: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
LEAST_CHARGES = {
    "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50,
    "thb": 1000, "usd": 50,
}  # fmt: skip


class Money(TypedDict):
    amount: int
    currency: str


def decimals(currency: str) -> int:
    """How many digits of an amount stand behind the point."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def money(amount: int, currency: str) -> Money:
    """The pair as the API shows it."""
    return {"amount": amount, "currency": currency}


def written(amount: int, currency: str) -> str:
    """For people: `12.50 USD`."""
    places = decimals(currency)
    whole, minor = divmod(abs(amount), 10**places)
    fraction = f".{minor:0{places}d}" if places else ""
    return f"{'-' if amount < 0 else ''}{whole}{fraction} {currency.upper()}"
