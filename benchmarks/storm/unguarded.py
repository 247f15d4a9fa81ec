"""The control: the house with its guards switched off, so that the checker has to find it out.

No row is locked, no transaction keeps others from coming between a look and what follows
from it, and the constraint that makes a double sale impossible is gone. Nobody would run
it; it proves that the checker sees what it is there for.
"""

import re
from collections.abc import Callable
from typing import Any

from cinema_reservation import settings

globals().update({name: getattr(settings, name) for name in dir(settings) if name.isupper()})

INSTALLED_APPS = [*settings.INSTALLED_APPS, "benchmarks.storm.apps.Unguarded"]
LOCK = re.compile(r" FOR (NO KEY )?UPDATE( OF [\w\", ]+)?( NOWAIT| SKIP LOCKED)?", re.IGNORECASE)


def without_lock(
    execute: Callable[..., Any], sql: str, parameters: Any, many: Any, context: Any
) -> Any:
    """Every statement as it is, less the lock that it would take."""
    return execute(LOCK.sub("", sql), parameters, many, context)
