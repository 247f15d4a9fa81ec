"""Everything the sandbox remembers: Stripe's objects as JSON, in one SQLite database."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from payments.sandbox.objects import StripeObject

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_of_a_payment_intent
    ON objects (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS objects_by_status_and_end
    ON objects (kind, json_extract(body, '$.status'), json_extract(body, '$.expires_at'));
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    request_id TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created INTEGER NOT NULL
);
"""

BODIES = "SELECT body FROM objects"
SEQUENCE_OF = "SELECT sequence FROM objects WHERE id = ?"

Value = str | int | None
# A field of the object, an SQL operator and what to compare with: several values for IN.
Condition = tuple[str, str, Value | list[str]]


class Store:
    """Objects by id and by kind; what is written in one `transaction` appears at once."""

    def __init__(self, database: str) -> None:
        if database != ":memory:":
            Path(database).parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        # One connection for all threads: an in-memory database belongs to its connection.
        self._lock = threading.RLock()
        self._after_commit: list[Callable[[], None]] = []
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        """Forget the database; using the store afterwards is an error."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is kept, or none. Joins a transaction that is open."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            announcements = self._after_commit = []
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        for announce in announcements:
            announce()

    def after_commit(self, announce: Callable[[], None]) -> None:
        """Call `announce` once the open transaction is kept; never if it is rolled back."""
        self._after_commit.append(announce)

    def add(self, added: StripeObject) -> None:
        """Keep a new object."""
        self.execute(
            "INSERT INTO objects (id, kind, body) VALUES (?, ?, ?)",
            (added["id"], added["object"], json.dumps(added)),
        )

    def save(self, changed: StripeObject) -> None:
        """Keep an object's new state."""
        self.execute(
            "UPDATE objects SET body = ? WHERE id = ?", (json.dumps(changed), changed["id"])
        )

    def find(self, object_id: str) -> StripeObject | None:
        """The object with this id, whatever its kind."""
        rows = self.execute(f"{BODIES} WHERE id = ?", (object_id,))
        return json.loads(rows[0][0]) if rows else None

    def select(
        self,
        kind: str,
        *conditions: Condition,
        limit: int = -1,
        starting_after: str = "",
        ending_before: str = "",
    ) -> list[StripeObject]:
        """Objects of one kind that meet the conditions, newest first.

        A `limit` counts from the given cursor, as in Stripe's lists; -1 is no limit.
        """
        # Values are bound; fields and operators are this package's own words.
        terms, values = ["kind = ?"], list[Value]([kind])
        for field, operator, value in conditions:
            several = value if isinstance(value, list) else [value]
            places = ", ".join("?" * len(several))
            terms.append(f"json_extract(body, '$.{field}') {operator} ({places})")
            values += several
        for cursor, operator in ((starting_after, "<"), (ending_before, ">")):
            if cursor:
                terms.append(f"sequence {operator} ({SEQUENCE_OF})")
                values.append(cursor)
        order = "ASC" if ending_before else "DESC"
        where = " AND ".join(terms)
        rows = self.execute(
            f"{BODIES} WHERE {where} ORDER BY sequence {order} LIMIT {limit}", values
        )
        found = [json.loads(body) for (body,) in rows]
        return found[::-1] if ending_before else found

    def execute(self, statement: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        """Run one statement by itself and give its rows."""
        with self._lock:
            return self._connection.execute(statement, tuple(values)).fetchall()
