"""One house under test: its database, its settings, work inside of it, and its server."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.failures import Failed
from benchmarks.stage.server import serving

ROOT = Path(__file__).resolve().parents[2]
TASK_SECONDS = 600


class TaskFailed(Failed):
    """Work inside of a house ended with an error; its last lines say which."""


@dataclass
class House:
    """A database and the settings that its processes run with."""

    database_url: str
    folder: Path
    more: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        """Limits that would stop a load are raised; nothing else differs from `make run`."""
        return (
            os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "cinema_reservation.settings",
                "DATABASE_URL": self.database_url,
                "VAR_DIR": str(self.folder),
                "CACHE_URL": "",
                "EMAIL_URL": "",
                "DEBUG": "0",
                "STRIPE_SECRET_KEY": "",
                "STRIPE_WEBHOOK_SECRETS": "",
                "LOG_LEVEL": "WARNING",
                "ADDRESS_LIMITS_FACTOR": "10000",
                "MAX_HOLDS_PER_SHOW": "100000",
                "MAX_SEATS_PER_SHOW": "1000000",
                # Its customers want any seats, and are not to be told to take others.
                "FORBID_LONELY_SEATS": "0",
                "ACCESS_TOKEN_MINUTES": "600",
            }
            | self.more
            | more
        )

    def do(self, task: str, **arguments: Any) -> Any:
        """Run a function of `benchmarks.tasks` in a process inside of this house.

        `task` is `module.function`; arguments and result are JSON. Raises `TaskFailed`.
        """
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.tasks", task],
            input=json.dumps(arguments),
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=TASK_SECONDS,
            check=False,
        )
        if done.returncode:
            raise TaskFailed(f"{task}: {done.stderr[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1])

    @contextmanager
    def serving(self, **more: str) -> Iterator[int]:
        """The web server over this house, as `make run` starts it. Gives its port."""
        with serving(self.environment(**more), log=self.folder / "server.log") as port:
            yield port


@contextmanager
def house(database_url: str, **more: str) -> Iterator[House]:
    """A house over that database, with a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="cinema-benchmark-") as folder:
        yield House(database_url, Path(folder), more)
