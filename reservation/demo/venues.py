"""Two cinemas, drawn row by row.

In a plan every letter is one seat and every point is floor: `s` standard, `p` premium,
`v` VIP, `w` a wheelchair place with its companion `c` beside it. An empty line is a
passage between rows. The screen is at the top.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import transaction

from reservation.models import Cinema, Hall, Seat, SeatCategory, SeatKind


class HallPlan(NamedTuple):
    name: str
    # Of a full-price seat in the cheapest category, in the evening; in minor units.
    price: int
    format: str
    rows: str


class CinemaPlan(NamedTuple):
    name: str
    slug: str
    address: str
    time_zone: str
    halls: list[HallPlan]


# name: (colour, surcharge in minor units)
CATEGORIES = {
    "Standard": ("#4f6d7a", 0),
    "Premium": ("#2f8f6b", 250),
    "VIP": ("#b8862b", 600),
}
CATEGORY_OF = {
    "s": "Standard",
    "p": "Premium",
    "v": "VIP",
    "w": "Standard",
    "c": "Standard",
}
KIND_OF = {"w": SeatKind.WHEELCHAIR, "c": SeatKind.COMPANION}

GRAND_HALL = """
A ..sssssssss.sssssssss..
B ..sssssssss.sssssssss..
C .ssssssssss.ssssssssss.
D .ssssssssss.ssssssssss.
E .ssssssssss.ssssssssss.
F .ssssssssss.ssssssssss.

G wc.wc.sssss.sssss.cw.cw
H sssssssssss.sssssssssss
J sssppppppps.sppppppppss
K sssppppppps.sppppppppss
L sssppppppps.sppppppppss
M sssppppppps.sppppppppss
N sssssssssss.sssssssssss
P sssssssssss.sssssssssss

R .vv.vv.vv...vv.vv.vv...
"""

SCREEN_TWO = """
A ..ssss..ssss..
B .sssss..sssss.
C .sssss..sssss.
D ssssss..ssssss
E ssssss..ssssss
F ssssss..ssssss

G wc.sss..sss.cw
H pppppp..pppppp
J pppppp..pppppp
K pppppp..pppppp
L vv..vv..vv..vv
M vv..vv..vv..vv
"""

STUDIO = """
A ss.ssssss.ss
B ss.ssssss.ss
C ss.ssssss.ss
D ss.ssssss.ss
E ss.pppppp.ss
F ss.pppppp.ss
G ss.pppppp.ss

H wc.vvvvvv.cw
"""

LAKESIDE = """
A ....ssss.ssssssss.ssss....
B ...sssss.ssssssss.sssss...
C ..ssssss.ssssssss.ssssss..
D .sssssss.ssssssss.sssssss.
E ssssssss.ssssssss.ssssssss

F wc.wc.ss.ssssssss.ss.cw.cw
G ssssssss.pppppppp.ssssssss
H ssssssss.pppppppp.ssssssss
J ssssssss.pppppppp.ssssssss
K ..vv..vv.vv.vv.vv.vv..vv..
"""

BALCONY_ROOM = """
A ssssss.ssssss
B ssssss.ssssss
C ssssss.ssssss
D ssssss.ssssss
E ssssss.ssssss
F wc.sss.sss.cw

G pppppp.pppppp
H pppppp.pppppp
J vv.vv...vv.vv
"""

CINEMAS = [
    CinemaPlan(
        name="Cinema Lanterna",
        slug="lanterna-lisboa",
        address="Rua da Lanterna 12, Lisboa, Portugal",
        time_zone="Europe/Lisbon",
        halls=[
            HallPlan("Grand Hall", 1250, "2d", GRAND_HALL),
            HallPlan("Screen 2", 1100, "2d", SCREEN_TWO),
            HallPlan("Studio", 950, "35mm", STUDIO),
        ],
    ),
    CinemaPlan(
        name="The Orpheum Lakeside",
        slug="orpheum-chicago",
        address="48 Lakeside Parade, Chicago, IL, United States",
        time_zone="America/Chicago",
        halls=[
            HallPlan("Main Stage", 1400, "2d", LAKESIDE),
            HallPlan("Balcony Room", 1150, "35mm", BALCONY_ROOM),
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
        categories = _categories()
        for hall_plan in plan.halls:
            hall = Hall.objects.create(cinema=cinema, name=hall_plan.name)
            Seat.objects.bulk_create(seats_of(hall, hall_plan.rows, categories))
    return is_new


def _categories() -> dict[str, SeatCategory]:
    return {
        name: SeatCategory.objects.get_or_create(
            name=name, defaults={"colour": colour, "surcharge": surcharge}
        )[0]
        for name, (colour, surcharge) in CATEGORIES.items()
    }


def seats_of(hall: Hall, rows: str, categories: dict[str, SeatCategory]) -> Iterator[Seat]:
    """Unsaved seats of a plan, numbered from the left in each row."""
    for y, line in enumerate(rows.strip("\n").split("\n")):
        row, _, places = line.partition(" ")
        taken = [(x, letter) for x, letter in enumerate(places) if letter != "."]
        for number, (x, letter) in enumerate(taken, start=1):
            yield Seat(
                hall=hall,
                row=row,
                number=number,
                x=x,
                y=y,
                category=categories[CATEGORY_OF[letter]],
                kind=KIND_OF.get(letter, SeatKind.STANDARD),
            )
