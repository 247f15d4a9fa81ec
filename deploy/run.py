"""`make run`: web server, worker and, with no Stripe key, the Stripe sandbox, side by side.

For one machine. Where the three run as services of their own, see docs/operations.md.
"""

import os
import shlex
import sys
import threading
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from django.conf import settings
from honcho import manager as honcho

from deploy.web import GRACE_SECONDS

# Requests under way are answered first; honcho's own patience ends after 5 seconds.
honcho.KILL_WAIT = GRACE_SECONDS + 1
READY_WITHIN_SECONDS = 60


def processes() -> dict[str, list[str]]:
    """The commands to run, by name."""
    python = sys.executable
    commands = {
        "web": [python, "-m", "deploy.web", "cinema_reservation.wsgi"],
        "worker": [python, "manage.py", "work"],
    }
    if settings.STRIPE_API_BASE:
        port = urlsplit(settings.STRIPE_API_BASE).port
        commands["sandbox"] = [python, "-m", "payments.sandbox"]
        commands["sandbox"] += ["--port", str(port)]
        commands["sandbox"] += ["--database", str(settings.VAR_DIR / "sandbox.sqlite3")]
        commands["sandbox"] += ["--webhook-url", f"http://127.0.0.1:{settings.PORT}/api/webhook/"]
        commands["sandbox"] += ["--webhook-secret", settings.STRIPE_WEBHOOK_SECRETS[0]]
    return commands


def say_where_to_go() -> None:
    """Once the server answers, print its addresses; it may take a moment to start."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not _answers(f"http://127.0.0.1:{settings.PORT}/health/ready/"):
        if time.monotonic() > deadline:
            return
        time.sleep(0.2)
    url = settings.PUBLIC_URL
    mail = "" if settings.EMAIL_URL else f"\n  Mail      kept in {settings.EMAIL_FILE_PATH}"
    print(
        f"\n  Cinema Reservation is up at {url}/"
        f"\n  API docs  {url}/api/docs/\n  Staff     {url}/admin/{mail}"
        "\n  Ctrl-C stops it.\n",
        flush=True,
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema_reservation.settings")
    manager = honcho.Manager()
    for name, command in processes().items():
        # The shell gives way to the command, so that a stop waits for the command's own end.
        line = f"exec {shlex.join(command)}"
        manager.add_process(name, line, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    threading.Thread(target=say_where_to_go, daemon=True).start()
    manager.loop()
    return int(manager.returncode or 0)


if __name__ == "__main__":
    sys.exit(main())
