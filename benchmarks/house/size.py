"""How large the house is. Scale 1 is a small cinema; 100 is a chain."""

from dataclasses import dataclass

SEATS_IN_ROW, ROWS = 20, 15
SEATS_PER_HALL = SEATS_IN_ROW * ROWS
HALLS_PER_CINEMA = 5
SHOWS_PER_DAY = 5
DAYS_BEFORE, DAYS_AHEAD = 20, 20
USERS_PER_HALL = 2_000


@dataclass(frozen=True)
class Size:
    """One hall at scale 1, with its forty days of programme; everything grows in proportion."""

    scale: int

    @property
    def halls(self) -> int:
        return self.scale

    @property
    def cinemas(self) -> int:
        return -(-self.halls // HALLS_PER_CINEMA)

    @property
    def shows(self) -> int:
        return self.halls * SHOWS_PER_DAY * (DAYS_BEFORE + DAYS_AHEAD)

    @property
    def users(self) -> int:
        return self.scale * USERS_PER_HALL

    @property
    def films(self) -> int:
        return 40 + self.scale
