"""Takes one guard after another away and says whether a test missed it.

Exit status 1 where a mutant survives, where its text is not found exactly once, or where
the tests are red with all guards in place.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cinema_reservation.tests.mutants.catalogue import MUTANTS
from cinema_reservation.tests.mutants.mutant import Mutant, NotThisText
from cinema_reservation.tests.mutants.tree import Outcome, Tree, copy_project
from cinema_reservation.tests.postgres import postgres_url

# For the few tests of one mutant.
PATIENCE_SECONDS = 120


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    mutants = [m for m in MUTANTS if m.name in options.names or not options.names]
    if options.list:
        for mutant in mutants:
            say(f"{mutant.name:32} {mutant.breaks}")
        return 0
    began = time.monotonic()
    groups = [[m for m in mutants if m.needs_postgres is needs] for needs in (False, True)]
    escaped = [m.name for group in groups if group for m in _try_all(group)]
    say(f"{len(mutants)} guards in {time.monotonic() - began:.0f} s.")
    if escaped:
        say(f"NOT killed: {' '.join(escaped)}")
    return 1 if escaped else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m cinema_reservation.tests.mutants", description=__doc__
    )
    parser.add_argument("names", nargs="*", metavar="name", help="these only; all without any")
    parser.add_argument("--list", action="store_true", help="say what there is, and do nothing")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - {mutant.name for mutant in MUTANTS}:
        parser.error(f"there is no {', '.join(sorted(unknown))}; --list tells what there is")
    return options


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201


def _try_all(mutants: list[Mutant]) -> list[Mutant]:
    """Those of one database that were not killed; all, where the tests are red anyway."""
    with _tree(postgres=mutants[0].needs_postgres) as tree:
        say(f"All guards in place, on {'PostgreSQL' if mutants[0].needs_postgres else 'SQLite'} …")
        sound = tree.run(_tests_of(mutants), seconds=10 * PATIENCE_SECONDS)
        if not sound.all_passed:
            say(f"{sound.output}\nRed without any mutation.")
            return mutants
        return [mutant for mutant in mutants if not _is_killed(mutant, tree)]


@contextmanager
def _tree(*, postgres: bool) -> Iterator[Tree]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cinema-mutants-")))
        url = stack.enter_context(postgres_url()) if postgres else ""
        copy_project(folder / "tree")
        yield Tree(folder / "tree", folder / "var", url)


def _tests_of(mutants: Iterable[Mutant]) -> list[str]:
    return sorted({test for mutant in mutants for test in mutant.tests})


def _is_killed(mutant: Mutant, tree: Tree) -> bool:
    began = time.monotonic()
    try:
        with tree.without(mutant):
            outcome = tree.run(mutant.tests, seconds=PATIENCE_SECONDS)
    except NotThisText as reason:
        say(f"LOST      {mutant.name}: {reason}")
        return False
    except subprocess.TimeoutExpired:
        say(f"HUNG      {mutant.name}: no answer in {time.monotonic() - began:.0f} s")
        return False
    _tell(mutant, outcome, seconds=time.monotonic() - began)
    return outcome.kills


def _tell(mutant: Mutant, outcome: Outcome, *, seconds: float) -> None:
    if outcome.kills:
        say(f"killed    {mutant.name} ({seconds:.1f} s) by {outcome.failed}")
    elif outcome.all_passed:
        say(f"SURVIVED  {mutant.name}: {mutant.breaks}")
    else:
        say(f"BROKEN    {mutant.name}: no test could fail\n{outcome.output}")


if __name__ == "__main__":
    sys.exit(main())
