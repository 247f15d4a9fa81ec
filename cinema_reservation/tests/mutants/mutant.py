"""A guard taken away."""

from dataclasses import dataclass
from pathlib import Path


class NotThisText(Exception):
    """A mutant's text is not found exactly once in its file, or what comes of it is no Python."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change that breaks one promise; `tests` are the pytest ids of those that miss it.

    `new` is empty where the guard is taken out. Locks on rows need PostgreSQL: SQLite has
    none, and one writer at a time instead.
    """

    name: str
    breaks: str
    file: str
    old: str
    new: str = ""
    tests: tuple[str, ...]
    needs_postgres: bool = False

    def mutated(self, source: str) -> str:
        """The file without the guard. Raises `NotThisText`."""
        count = source.count(self.old)
        if count != 1:
            raise NotThisText(f"{self.file} has its text {count} times, not once")
        mutated = source.replace(self.old, self.new)
        try:
            compile(mutated, self.file, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise NotThisText(f"{self.file} would be no Python: {error}") from error
        return mutated

    def check(self, tree: Path) -> None:
        """Raise `NotThisText` where it does not fit this tree."""
        path = tree / self.file
        if not path.is_file():
            raise NotThisText(f"there is no {self.file}")
        self.mutated(path.read_text())
