"""Gunicorn for one node. Everything can be overruled by `GUNICORN_CMD_ARGS`."""

import os

bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
# Python runs on one core per process: a process per core, and threads that wait for the
# database meanwhile.
workers = int(os.environ.get("WEB_CONCURRENCY", os.cpu_count() or 1))
threads = int(os.environ.get("WEB_THREADS", "8"))
worker_class = "gthread"
keepalive = 5
timeout = 60
# Requests in flight may finish before a worker stops.
graceful_timeout = 30
# The process answers without Python's `__pycache__` in the way of read-only images.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
# It would be one file in the home directory for all servers of this user.
control_socket_disable = True
accesslog = os.environ.get("ACCESS_LOG")
