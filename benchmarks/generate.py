"""`python -m benchmarks.generate --scale 10`: fill the empty database of DATABASE_URL."""

import argparse
import os

import django
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def main() -> None:
    """Make a house up and write it, with a bar that tells how far it is."""
    options = _parser().parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema_reservation.settings")
    django.setup()
    from benchmarks.house.fill import fill  # noqa: PLC0415  # models need Django set up
    from benchmarks.house.size import Size  # noqa: PLC0415

    size = Size(options.scale)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn()) as progress:
        bar = progress.add_task(f"{size.shows} shows, {size.users} users", total=size.shows)
        fill(
            size,
            seed=options.seed,
            holds=not options.settled,
            told=lambda done, of: progress.update(bar, completed=done, total=of),
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description=__doc__)
    parser.add_argument("--scale", type=int, default=1, help="1 is a hall, 100 is a chain")
    parser.add_argument("--seed", type=int, default=1, help="the same makes the same house")
    parser.add_argument("--settled", action="store_true", help="leave no hold open")
    return parser


if __name__ == "__main__":
    main()
