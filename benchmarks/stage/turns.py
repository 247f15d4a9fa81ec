"""By turns: A B A B …, so that whatever else the machine does falls on all sides alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Side = Callable[[], float]


@dataclass(frozen=True)
class Measured:
    """The results of all turns of one side."""

    turns: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.turns)

    def over(self, other: "Measured") -> float:
        """This side's median as a share of the other's."""
        return self.median / other.median


def by_turns(
    sides: Mapping[str, Side], *, rounds: int, warm_up: bool = True
) -> dict[str, Measured]:
    """Let each side have its turn, round after round; a first round is not counted."""
    if warm_up:
        for side in sides.values():
            side()
    results: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            results[name].append(side())
    return {name: Measured(tuple(turns)) for name, turns in results.items()}
