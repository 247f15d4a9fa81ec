"""`python -m benchmarks [--quick] [SUITE …]`: measure, print, and keep what was found."""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.report.tables import print_figures
from benchmarks.results import Results
from benchmarks.stage.databases import databases
from benchmarks.stage.house import house
from benchmarks.suites import booking, reads, storm

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "var" / "benchmarks.json"
# The storm's control spoils its house, so it comes last.
IN_ONE_HOUSE = {"booking": booking.measure, "reads": reads.measure, "storm": storm.measure}
console = Console(width=110)


def main() -> int:
    options = _parser().parse_args()
    plan = QUICK if options.quick else FULL
    wanted = options.suites or list(IN_ONE_HOUSE)
    results = Results(machine.describe())
    begun = time.monotonic()
    for kind in plan.kinds:
        _measure(kind, plan, wanted, results)
    print_figures(console, results)
    console.print(results.facts)
    console.print(f"{time.monotonic() - begun:.0f} s in all")
    results.save(KEPT)
    for objection in results.objections:
        console.print(f"[red]{objection}")
    return 1 if results.objections else 0


def _measure(kind: str, plan: Plan, wanted: list[str], results: Results) -> None:
    with databases(kind) as new, house(new("house")) as here:
        with console.status(f"{kind}: filling a house"):
            here.do("house.fill", scale=plan.scale)
        for name, measure in IN_ONE_HOUSE.items():
            if name in wanted:
                with console.status(f"{kind}: {name}"):
                    measure(here, kind, plan, results)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute, for a first look")
    parser.add_argument("suites", nargs="*", choices=[[], *IN_ONE_HOUSE], metavar="SUITE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
