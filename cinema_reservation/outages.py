"""Which database errors pass by themselves, so that asking again makes sense."""

import sqlite3

from django.db import DatabaseError, InterfaceError, connection

# SQLSTATE classes and codes that mean "not now": connection failures, an operator's
# shutdown, a standby that can't write, serialization and deadlock, lock and statement
# time-outs, too many connections.
TRANSIENT_SQLSTATES = ("08", "57P", "57014", "25006", "40001", "40P01", "55P03", "53300")
# Those after which the connection is gone, and probably its neighbours too.
LOST_SQLSTATES = ("08", "57P")
# Somebody else writes, or the disk is full, is away, or may not be written now.
TRANSIENT_SQLITE_ERRORS = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
    }
)


def is_outage(error: BaseException) -> bool:
    """Whether a database error passes by itself, so that asking again makes sense.

    A damaged database file does not: that is for people to hear of, as a 500.
    """
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    cause = error.__cause__
    sqlite_code = getattr(cause, "sqlite_errorcode", None)
    if sqlite_code is not None:
        return sqlite_code & 0xFF in TRANSIENT_SQLITE_ERRORS
    sqlstate = getattr(cause, "sqlstate", None)
    if sqlstate is not None:
        # A migration changed a column; the connection drops its plan, and makes another.
        is_old_plan = sqlstate == "0A000" and "cached plan" in str(cause)
        return is_old_plan or sqlstate.startswith(TRANSIENT_SQLSTATES)
    # psycopg gives no SQLSTATE when it lost the server or the pool ran dry.
    return type(error).__name__ in {"OperationalError", "InterfaceError"}


def forget_lost_connections(error: BaseException) -> None:
    """After an outage, let go of pooled connections that are as dead as the one that broke.

    A server that restarts hangs up on all of them. Each would cost somebody a 503 otherwise.
    """
    pool = getattr(connection, "pool", None)
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    if pool is not None and (sqlstate is None or sqlstate.startswith(LOST_SQLSTATES)):
        pool.drain()
