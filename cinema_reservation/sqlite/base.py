"""Whoever writes to SQLite stands in line for its one write lock.

By itself SQLite has no line: who finds its lock taken sleeps, longer each time and up to a tenth
of a second, and asks again; meanwhile others come, and pass. So a writer here waits behind the
other threads of its process first. Then it is the only one of them who asks the file, often, for
only the writers of other processes can stand before it.

Nothing is safer by it: what keeps transactions apart is SQLite's own lock, as before.
"""

# The stubs know nothing of a backend's inner methods.
# mypy: disable-error-code="attr-defined, misc"

import sqlite3
import threading
import time
import weakref
from contextlib import closing

from django.db import OperationalError
from django.db.backends.sqlite3 import base
from django.db.backends.utils import debug_transaction

ASK_AGAIN_SECONDS = 0.0002
DEFAULT_PATIENCE_SECONDS = 5.0

# One per database file: its holder is the one who asks the file.
_lines: dict[str, threading.Lock] = {}


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that waits its turn before it begins a transaction that may write."""

    # For onlookers of other threads.
    waits_to_begin = False
    _leave_line: "weakref.finalize[[], DatabaseWrapper] | None" = None

    def _start_transaction_under_autocommit(self) -> None:
        if self.transaction_mode != "IMMEDIATE" or self.is_in_memory_db():
            super()._start_transaction_under_autocommit()
            return
        self.waits_to_begin = True
        try:
            self._wait_and_begin()
        finally:
            self.waits_to_begin = False

    def _wait_and_begin(self) -> None:
        until = time.monotonic() + self._patience
        self._stand_in_line()
        try:
            self._begin(until)
        except BaseException:
            self._leave()
            raise

    @property
    def _patience(self) -> float:
        """How many seconds a writer waits before it is told that the database is locked."""
        options = self.settings_dict["OPTIONS"]
        return float(options.get("timeout", DEFAULT_PATIENCE_SECONDS))

    def _stand_in_line(self) -> None:
        line = _lines.setdefault(str(self.settings_dict["NAME"]), threading.Lock())
        if not line.acquire(timeout=self._patience):
            raise OperationalError("database is locked: others in line before us took too long")
        # Leaves once, whoever calls it first; at the latest when a thread died with it.
        self._leave_line = weakref.finalize(self, line.release)

    def _begin(self, until: float) -> None:
        self._set_busy_timeout(0)
        try:
            with debug_transaction(self, "BEGIN IMMEDIATE"), self.wrap_database_errors:
                while not self._has_begun(until):
                    time.sleep(ASK_AGAIN_SECONDS)
        finally:
            self._set_busy_timeout(self._patience)

    def _has_begun(self, until: float) -> bool:
        # Closed whatever comes: what an error left open would be closed by the garbage collector,
        # in any thread, which then waits for this connection; and this one may wait for that
        # thread's transaction.
        with closing(self.connection.cursor()) as cursor:
            try:
                cursor.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() >= until:
                    raise
                return False
        return True

    def _set_busy_timeout(self, seconds: float) -> None:
        # Not by a cursor of Django's: it is no question of anybody's, and nobody should count it.
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def _commit(self) -> None:
        super()._commit()
        self._leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._leave_line is not None:
            self._leave_line()
            self._leave_line = None
