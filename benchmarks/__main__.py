"""`python -m benchmarks [--quick] [SUITE …]`: measure, print, and keep what was found."""

import argparse
import signal
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.failures import Failed
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.report import document
from benchmarks.report.tables import print_facts, print_figures
from benchmarks.results import Results
from benchmarks.stage.databases import KINDS, NewDatabase, databases
from benchmarks.stage.house import house
from benchmarks.suites import anatomy, booking, growth, reads, rounds, storm, webhooks

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "var" / "benchmarks.json"
DOCUMENT = ROOT / "docs" / "performance.md"
# The storm's control spoils its house, so it comes last.
IN_ONE_HOUSE = {
    "booking": booking.measure,
    "anatomy": anatomy.measure,
    "reads": reads.measure,
    "webhooks": webhooks.measure,
    "storm": storm.measure,
}
IN_MANY_HOUSES = {"rounds": rounds.measure, "growth": growth.measure}
console = Console(width=110)


def main() -> int:
    # Told to stop, leave every block: they end the servers that they started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = _parser().parse_args()
    plan = QUICK if options.quick else FULL
    results = Results(machine.describe())
    begun = time.monotonic()
    try:
        for kind in options.database or plan.kinds:
            _measure(kind, plan, options.suites or plan.suites, results)
    finally:
        # Whoever stops a run keeps what it found until then.
        _report(results, keep=not options.quick)
    console.print(f"{time.monotonic() - begun:.0f} s in all")
    return 1 if results.objections else 0


def _report(results: Results, *, keep: bool) -> None:
    print_figures(console, results)
    print_facts(console, results)
    for objection in results.objections:
        console.print(objection, style="red", markup=False)
    if keep:
        found = results.beside(Results.load(KEPT)) if KEPT.exists() else results
        found.save(KEPT)
        document.write(found, DOCUMENT)


def _measure(kind: str, plan: Plan, wanted: Collection[str], results: Results) -> None:
    with databases(kind) as new:
        if set(IN_ONE_HOUSE) & set(wanted):
            _measure_in_one_house(new, kind, plan, wanted, results)
        for name, measure in IN_MANY_HOUSES.items():
            if name in wanted:
                with _told(f"{kind}: {name}", results):
                    measure(new, kind, plan, results)


def _measure_in_one_house(
    new: NewDatabase, kind: str, plan: Plan, wanted: Collection[str], results: Results
) -> None:
    with house(new("house")) as here:
        with _told(f"{kind}: filling a house", results):
            here.do("house.fill", scale=plan.scale)
        for name, measure in IN_ONE_HOUSE.items():
            if name in wanted:
                with _told(f"{kind}: {name}", results):
                    measure(here, kind, plan, results)


@contextmanager
def _told(what: str, results: Results) -> Iterator[None]:
    """Say what is done and how long it took; what fails is kept for the end."""
    begun = time.monotonic()
    try:
        with console.status(what):
            yield
    except Failed as failure:
        results.object(what, [f"{type(failure).__name__}: {failure}"])
    console.print(f"{what}: {time.monotonic() - begun:.0f} s")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="some minutes, for a first look")
    parser.add_argument("--database", action="append", choices=KINDS, help="this one only")
    names = [*IN_ONE_HOUSE, *IN_MANY_HOUSES]
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(names)}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
