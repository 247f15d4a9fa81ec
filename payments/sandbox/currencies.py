"""Amounts in a currency's minor units, as Stripe counts and a person reads them."""

ZERO_DECIMALS = frozenset(
    {
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    }
)
THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})

# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
MINIMUM_AMOUNTS = {
    "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50,
    "thb": 1000, "usd": 50,
}  # fmt: skip
MAXIMUM_AMOUNT = 99_999_999


def decimals(currency: str) -> int:
    """How many digits of an amount stand behind the decimal point."""
    if currency in ZERO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def formatted(amount: int, currency: str) -> str:
    """An amount for people: `12.50 USD`, `1,800 JPY`."""
    digits = decimals(currency)
    whole, rest = divmod(amount, 10**digits)
    fraction = f".{rest:0{digits}d}" if digits else ""
    return f"{whole:,}{fraction} {currency.upper()}"
