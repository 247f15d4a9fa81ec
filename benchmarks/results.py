"""What a run found: ratios with their targets, and curves."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.stage.turns import Measured


@dataclass(frozen=True)
class Figure:
    """A ratio: what was measured, against what, on which database."""

    suite: str
    database: str
    name: str
    against: str
    ours: float
    theirs: float
    unit: str = "per second"
    at_least: float | None = None
    at_most: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def verdict(self) -> str:
        """Whether the target is met; empty where there is none."""
        if self.at_least is not None:
            return "met" if self.ratio >= self.at_least else "missed"
        if self.at_most is not None:
            return "met" if self.ratio <= self.at_most else "missed"
        return ""


@dataclass
class Results:
    """All that one run found."""

    machine: dict[str, Any]
    figures: list[Figure] = field(default_factory=list)
    # suite -> database -> what that suite has to tell beside ratios
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    # What must never be and was: a run with any of these fails.
    objections: list[str] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        self.figures.append(figure)

    def tell(self, suite: str, database: str, facts: Any) -> None:
        self.facts.setdefault(suite, {})[database] = facts

    def object(self, where: str, objections: Sequence[str]) -> None:
        self.objections += [f"{where}: {objection}" for objection in objections]

    def of(self, suite: str) -> Sequence[Figure]:
        return [figure for figure in self.figures if figure.suite == suite]

    def beside(self, earlier: "Results") -> "Results":
        """These, and of an earlier run what was not measured anew."""
        fresh = {(figure.suite, figure.database) for figure in self.figures}
        kept = [f for f in earlier.figures if (f.suite, f.database) not in fresh]
        facts = {
            suite: earlier.facts.get(suite, {}) | self.facts.get(suite, {})
            for suite in [*earlier.facts, *self.facts]
        }
        return Results(self.machine, kept + self.figures, facts, self.objections)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, path: Path) -> "Results":
        kept = json.loads(path.read_text())
        figures = [Figure(**figure) for figure in kept["figures"]]
        return cls(kept["machine"], figures, kept["facts"], kept["objections"])


def compared(
    suite: str,
    database: str,
    name: str,
    against: str,
    sides: tuple[Measured, Measured],
    **more: Any,
) -> Figure:
    """The figure of two sides that had their turns."""
    ours, theirs = sides
    return Figure(suite, database, name, against, ours.median, theirs.median, **more)
