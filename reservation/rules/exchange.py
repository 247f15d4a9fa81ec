"""What an exchange of seats or show costs, by the settlement equation.

At rest, paid - refunded = amount due, and the amount due of a confirmed reservation is its
total less what staff waived, never below nothing. An exchange moves nothing but the total,
so what is to be paid or goes back is the difference of the two amounts due:

    max(new total - waived, 0) - max(old total - waived, 0)

It is neither the difference of the totals (who was given 5.00 of 12.00 back and takes
seats for 4.00 has paid 7.00, and gets 7.00) nor reckoned from payments: money that is on
its way at that moment is settled by the equation before and after alike.

A dearer exchange takes effect when its difference is paid. Until then the old total is
due: should the exchange fail after all, the difference is more than is due and goes back by
itself. So whoever settles first makes an exchange that is covered, and with the new total
in place the difference is exactly what was missing; only then is it asked what is too much.
A cheaper exchange takes effect at once, and what is kept above the new amount due goes back.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dearer:
    """`pay` has to be paid before it takes effect."""

    pay: int


@dataclass(frozen=True, slots=True)
class Cheaper:
    """It takes effect at once, and `refund` goes back."""

    refund: int


@dataclass(frozen=True, slots=True)
class Even:
    """It takes effect at once, and no money moves."""


Difference = Dearer | Cheaper | Even


def difference(*, old_total: int, waived: int, new_total: int) -> Difference:
    """What changing a confirmed reservation's total costs, or gives back, in minor units.

    Its waivers stay, whatever it costs: what was given up of the old total is not asked
    for in the new one.
    """
    change = _due(new_total, waived) - _due(old_total, waived)
    if change > 0:
        return Dearer(change)
    return Cheaper(-change) if change < 0 else Even()


def _due(total: int, waived: int) -> int:
    return max(total - waived, 0)


def is_open(*, change: Difference, same_show: bool, cancelling_costs: int) -> bool:
    """Whether seats may still be exchanged, by what was promised for cancelling them.

    As long as cancelling costs nothing, an exchange is no more than cancelling and buying
    anew in one step. After that it may not become a way around the fee: seats are exchanged
    for others of the same show, under the same promise, and for none that cost less. So
    whoever exchanges first and cancels then never gets back more than who only cancels, but
    for what they paid on top.
    """
    return cancelling_costs == 0 or (same_show and not isinstance(change, Cheaper))
