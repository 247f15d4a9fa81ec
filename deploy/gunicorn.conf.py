"""Gunicorn for one node, by the project's settings and so by `.env` too.

Everything can be overruled by `GUNICORN_CMD_ARGS`.
"""

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema_reservation.settings")

bind = settings.BIND
# Python runs on one core per process: a process per core, and threads that wait for the
# database meanwhile.
workers = settings.WEB_CONCURRENCY
threads = settings.WEB_THREADS
worker_class = "gthread"
keepalive = 5
timeout = 60
# Requests in flight may finish before a worker stops.
graceful_timeout = 30
# Heartbeats in memory: on a slow disk a healthy worker would look dead.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
# Which proxies to believe is for NUM_PROXIES to say; gunicorn would believe this machine's.
secure_scheme_headers: dict[str, str] = {}
# It would be one file in the home directory for all servers of this user.
control_socket_disable = True
accesslog = settings.ACCESS_LOG or None
