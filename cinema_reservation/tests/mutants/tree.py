"""A copy of the project, in which guards may be taken away and tests be run."""

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from cinema_reservation.tests.mutants.mutant import Mutant

ROOT = Path(__file__).resolve().parents[3]
# pytest's exit statuses.
ALL_PASSED, SOME_FAILED = 0, 1


class Outcome(NamedTuple):
    """What became of a run of tests: its exit status, the first test that failed, its words."""

    status: int
    failed: str
    output: str

    @property
    def all_passed(self) -> bool:
        return self.status == ALL_PASSED

    @property
    def kills(self) -> bool:
        """Only a test that ran and failed does; what breaks before that proves nothing."""
        return self.status == SOME_FAILED and bool(self.failed)


def copy_project(to: Path) -> None:
    """Copy all that git does not ignore, as it is now, changes that are not committed included."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            target = to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    # By its hash and not by its time, what was compiled is told from what was mutated within
    # the same second.
    by_hash = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(to, quiet=2, invalidation_mode=by_hash)


class Tree:
    """A copied project and the database on which its tests run; "" is SQLite."""

    def __init__(self, folder: Path, data: Path, database_url: str) -> None:
        self.folder = folder
        data.mkdir()
        self._environment = os.environ | {
            "VAR_DIR": str(data),
            "TEST_SQLITE_NAME": str(data / "test.sqlite3"),
            "DATABASE_URL": database_url,
            "PYTHONDONTWRITEBYTECODE": "1",
            # What nobody here needs takes as long to load as all the rest.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }

    @contextmanager
    def without(self, mutant: Mutant) -> Iterator[None]:
        """Take the guard away, and put it back. Raises `NotThisText`."""
        path = self.folder / mutant.file
        mutant.check(self.folder)
        source = path.read_text()
        path.write_text(mutant.mutated(source))
        try:
            yield
        finally:
            path.write_text(source)

    def run(self, tests: Iterable[str], *, seconds: float) -> Outcome:
        """Run these tests, on empty tables. Raises `subprocess.TimeoutExpired`."""
        options = ["-x", "-q", "-p", "pytest_django.plugin", "-p", "no:cacheprovider"]
        options += ["--create-db", "--no-header", "--tb=line", "-rfE"]
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        failed = re.search(r"^FAILED \S+?([^:\s]+)(?: - |$)", run.stdout, re.MULTILINE)
        return Outcome(run.returncode, failed[1] if failed else "", run.stdout + run.stderr)
