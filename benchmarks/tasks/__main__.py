"""`python -m benchmarks.tasks MODULE.FUNCTION`: arguments and result are JSON, in and out."""

import importlib
import json
import os
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema_reservation.settings")
    django.setup()
    module, function = sys.argv[1].split(".")
    task = getattr(importlib.import_module(f"benchmarks.tasks.{module}"), function)
    result = task(**json.load(sys.stdin))
    sys.stdout.write(f"\n{json.dumps(result, default=str)}\n")


if __name__ == "__main__":
    main()
