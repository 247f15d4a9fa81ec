"""What a ticket costs. Amounts are in minor units (cents)."""


def ticket_price(*, show_price: int, surcharge: int, percentage: int) -> int:
    """The price of one seat: (show + category), times the ticket type's share.

    Rounded half up to the minor unit, so that 50 % of 1.25 is 0.63.
    """
    return ((show_price + surcharge) * percentage + 50) // 100
