"""Which seats a choice leaves behind, and which seats to offer: pure questions about a hall.

    from reservation.rules import seating
    seating.best_available(places, taken, 4)

What a lonely seat is, and when one may be left all the same: see `lonely.py`.
"""

from reservation.rules.seating.accompanied import around_wheelchairs
from reservation.rules.seating.best import best_available
from reservation.rules.seating.lonely import Mending, lonely, mend
from reservation.rules.seating.places import Place

__all__ = ["Mending", "Place", "around_wheelchairs", "best_available", "lonely", "mend"]
