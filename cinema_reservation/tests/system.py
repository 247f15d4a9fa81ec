"""The whole system as `make run` starts it: processes of its own, on ports of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import requests
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60
Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], *, within: float = PATIENCE_SECONDS) -> Found:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"still nothing after {within} s"
        time.sleep(0.1)


class System:
    """A running system, its data in a folder that is thrown away."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.mail = folder / "mail"
        self.port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "VAR_DIR": str(folder),
            "DATABASE_URL": database_url,
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "SANDBOX_PORT": str(self.sandbox_port),
            "WORKER_ROUND_SECONDS": "0.2",
            "EMAIL_FILE_PATH": str(self.mail),
            "STRIPE_SECRET_KEY": "",
        }

    def manage(self, *arguments: str, **environment: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            check=True,
            timeout=300,
            stdout=subprocess.DEVNULL,
        )

    @contextmanager
    def running(self, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """All of it: web server, worker and sandbox."""
        with self._process("deploy.run", log) as process:
            yield process

    @contextmanager
    def serving(self, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """The web server alone, for what is asked of the server itself."""
        with self._process("deploy.web", log) as process:
            yield process

    @contextmanager
    def _process(self, module: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        with self.starting(module, log) as process:
            eventually(lambda: process.poll() is not None or self.is_ready())
            assert process.poll() is None, log.read_text()
            yield process

    @contextmanager
    def starting(self, module: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """A process of it, without waiting until it is ready."""
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=ROOT,
                env=self.environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGTERM)
                process.wait(timeout=40)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/health/ready/", timeout=2).ok
        except requests.RequestException:
            return False

    def ask(self, method: str, path: str, *, token: str = "", **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= more.pop("headers", {})
        return requests.request(
            method, f"{self.url}/api/{path}", headers=headers, timeout=30, **more
        )

    def code_mailed_to(self, address: str) -> str:
        """The newest code in the mail kept for that address."""

        def look() -> str | None:
            files = sorted(self.mail.glob("*"), key=lambda file: file.stat().st_mtime)
            texts = [file.read_text() for file in files]
            codes = [
                code
                for text in texts
                if f"To: {address}" in text
                for code in re.findall(r"^(\d{6})$", text, re.MULTILINE)
            ]
            return codes[-1] if codes else None

        return eventually(look)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def database_of_its_own() -> Iterator[str]:
    """An empty database of the kind that the tests run on; "" is SQLite's default file."""
    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        yield ""
        return
    server = os.environ["DATABASE_URL"]
    name = f"journey_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", server, count=1)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
