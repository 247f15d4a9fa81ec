"""`python -m deploy.web`: the web server of one node, by the project's settings and so by `.env`.

Granian: it reads requests without Python's help, so a client that sends slowly keeps nobody
else waiting. Why, and with what figures: docs/decisions.md.
"""

import multiprocessing
import os
import resource
import socket
import sys
from logging import LogRecord
from pathlib import Path
from typing import Any

from django.conf import settings
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LOGGING_CONFIG
from granian.server import Server

OURS = "cinema_reservation.wsgi"
# Kept-alive connections of one process, busy or idle. More wait to be accepted.
CONNECTIONS = 4096
# Requests in flight may finish before a stopped process is killed.
GRACE_SECONDS = 30


def options() -> dict[str, Any]:
    """What Granian is started with."""
    return {
        **listening(settings.BIND),
        "interface": Interfaces.WSGI,
        "websockets": False,
        # Python runs on one core per process: a process per core.
        "workers": settings.WEB_CONCURRENCY,
        "blocking_threads": settings.WEB_THREADS,
        "blocking_threads_idle_timeout": 600,
        "backlog": CONNECTIONS,
        "backpressure": CONNECTIONS,
        # Where it may be HTTP/2 too, a client that sends nothing is waited for without end.
        "http": HTTPModes.http1,
        "http1_settings": HTTP1Settings(header_read_timeout=settings.WEB_IDLE_SECONDS * 1000),
        "respawn_failed_workers": True,
        "workers_kill_timeout": GRACE_SECONDS,
        "log_access": bool(settings.ACCESS_LOG),
        "log_dictconfig": logging(settings.ACCESS_LOG),
    }


def listening(bind: str) -> dict[str, Any]:
    """Address and port, or the socket's path, of `HOST:PORT` or `unix:PATH`."""
    if bind.startswith("unix:"):
        return {"uds": Path(bind.removeprefix("unix:"))}
    host, _, port = bind.rpartition(":")
    name = host.strip("[]") or "0.0.0.0"  # noqa: S104  # said so by whoever names no host
    found = socket.getaddrinfo(name, int(port), type=socket.SOCK_STREAM)
    return {"address": found[0][4][0], "port": int(port)}


def logging(access_log: str) -> dict[str, Any]:
    """Granian's own logging, its access log in a file where one is named."""
    handlers: dict[str, Any] = {**LOGGING_CONFIG["handlers"]}  # type: ignore[dict-item]
    handlers["console"] = {**handlers["console"], "filters": [is_news]}
    if access_log not in {"", "-"}:
        file = {"formatter": "access", "class": "logging.FileHandler", "filename": access_log}
        handlers["access"] = file
    return {"handlers": handlers}


def is_news(record: LogRecord) -> bool:
    """Not that we let requests wait in threads: that is meant (`settings.WEB_THREADS`)."""
    return "Python threads, which seems quite high" not in record.getMessage()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema_reservation.settings")
    # Its processes share connections to the database among their threads; nobody else does.
    os.environ.setdefault("DATABASE_POOL", str(settings.WEB_DATABASE_CONNECTIONS))
    # A forked process would inherit our handlers, and not hear a stop until it is up.
    multiprocessing.set_start_method("spawn")
    _allow_connections()
    application = sys.argv[1] if len(sys.argv) > 1 else OURS
    Server(f"{application}:application", **options()).serve()


def _allow_connections() -> None:
    """As many open files as the system lets us have: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
