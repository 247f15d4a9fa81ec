"""Two cinemas, drawn row by row, as staff type a plan: see `rules/plan/reading.py`."""

from datetime import time
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from reservation import plan_entry, plans
from reservation.models import Cinema, Hall, PriceRule, SeatCategory


class DemoHall(NamedTuple):
    name: str
    # Of a full-price seat in the cheapest category, before price rules; in minor units.
    price: int
    format: str
    rows: str


class CinemaPlan(NamedTuple):
    name: str
    slug: str
    address: str
    time_zone: str
    halls: list[DemoHall]


# name: (colour, surcharge in minor units)
CATEGORIES = {
    "Standard": ("#4f6d7a", 0),
    "Premium": ("#2f8f6b", 250),
    "VIP": ("#b8862b", 600),
}
PRICE_RULES: list[dict[str, Any]] = [
    {"name": "Matinee", "to_time": time(17, 0), "amount": -250},
    {"name": "Weekend", "weekdays": [4, 5, 6], "amount": 150},
]
GRAND_HALL = """
P = Premium

A ..SSSSSSSSS.SSSSSSSSS..
B ..SSSSSSSSS.SSSSSSSSS..
C .SSSSSSSSSS.SSSSSSSSSS.
D .SSSSSSSSSS.SSSSSSSSSS.
E .SSSSSSSSSS.SSSSSSSSSS.
F .SSSSSSSSSS.SSSSSSSSSS.

G WC.WC.SSSSS.SSSSS.CW.CW
H SSSSSSSSSSS.SSSSSSSSSSS
J SSSPPPPPPPS.SPPPPPPPPSS
K SSSPPPPPPPS.SPPPPPPPPSS
L SSSPPPPPPPS.SPPPPPPPPSS
M SSSPPPPPPPS.SPPPPPPPPSS
N SSSSSSSSSSS.SSSSSSSSSSS
P SSSSSSSSSSS.SSSSSSSSSSS

R .VV.VV.VV...VV.VV.VV...
"""

SCREEN_TWO = """
P = Premium

A ..SSSS..SSSS..
B .SSSSS..SSSSS.
C .SSSSS..SSSSS.
D SSSSSS..SSSSSS
E SSSSSS..SSSSSS
F SSSSSS..SSSSSS

G WC.SSS..SSS.CW
H PPPPPP..PPPPPP
J PPPPPP..PPPPPP
K PPPPPP..PPPPPP
L VV..VV..VV..VV
M VV..VV..VV..VV
"""

STUDIO = """
P = Premium

A SS.SSSSSS.SS
B SS.SSSSSS.SS
C SS.SSSSSS.SS
D SS.SSSSSS.SS
E SS.PPPPPP.SS
F SS.PPPPPP.SS
G SS.PPPPPP.SS

H WC.VVVVVV.CW
"""

LAKESIDE = """
P = Premium

A ....SSSS.SSSSSSSS.SSSS....
B ...SSSSS.SSSSSSSS.SSSSS...
C ..SSSSSS.SSSSSSSS.SSSSSS..
D .SSSSSSS.SSSSSSSS.SSSSSSS.
E SSSSSSSS.SSSSSSSS.SSSSSSSS

F WC.WC.SS.SSSSSSSS.SS.CW.CW
G SSSSSSSS.PPPPPPPP.SSSSSSSS
H SSSSSSSS.PPPPPPPP.SSSSSSSS
J SSSSSSSS.PPPPPPPP.SSSSSSSS
K ..VV..VV.VV.VV.VV.VV..VV..
"""

BALCONY_ROOM = """
P = Premium

A SSSSSS.SSSSSS
B SSSSSS.SSSSSS
C SSSSSS.SSSSSS
D SSSSSS.SSSSSS
E SSSSSS.SSSSSS
F WC.SSS.SSS.CW

G PPPPPP.PPPPPP
H PPPPPP.PPPPPP
J VV.VV...VV.VV
"""

CINEMAS = [
    CinemaPlan(
        name="Cinema Lanterna",
        slug="lanterna-lisboa",
        address="Rua da Lanterna 12, Lisboa, Portugal",
        time_zone="Europe/Lisbon",
        halls=[
            DemoHall("Grand Hall", 1250, "2d", GRAND_HALL),
            DemoHall("Screen 2", 1100, "2d", SCREEN_TWO),
            DemoHall("Studio", 950, "35mm", STUDIO),
        ],
    ),
    CinemaPlan(
        name="The Orpheum Lakeside",
        slug="orpheum-chicago",
        address="48 Lakeside Parade, Chicago, IL, United States",
        time_zone="America/Chicago",
        halls=[
            DemoHall("Main Stage", 1400, "2d", LAKESIDE),
            DemoHall("Balcony Room", 1150, "35mm", BALCONY_ROOM),
        ],
    ),
]


@transaction.atomic
def add_cinema(plan: CinemaPlan) -> bool:
    """Build a cinema with its halls and seats; False where it stands already.

    One that stands is left alone, whatever staff have made of it since.
    """
    cinema, is_new = Cinema.objects.get_or_create(
        slug=plan.slug,
        defaults={
            "name": plan.name,
            "address": plan.address,
            "time_zone": plan.time_zone,
        },
    )
    if is_new:
        _add_categories()
        for rule in PRICE_RULES:
            PriceRule.objects.create(cinema=cinema, **rule)
        for built in plan.halls:
            hall = Hall.objects.create(cinema=cinema, name=built.name)
            plans.change_plan(hall_id=hall.pk, plan=plan_entry.read(built.rows), at=timezone.now())
    return is_new


def _add_categories() -> None:
    for name, (colour, surcharge) in CATEGORIES.items():
        SeatCategory.objects.get_or_create(
            name=name, defaults={"colour": colour, "surcharge": surcharge}
        )
