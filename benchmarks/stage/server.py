"""Starting and stopping servers: each a process of ours, on a loopback port of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.failures import Failed

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS, STOP_SECONDS = 60, 40


class NotServing(Failed):
    """A server did not come up; the end of its log says why."""


@contextmanager
def serving(environment: Mapping[str, str], *, log: Path, application: str = "") -> Iterator[int]:
    """The web server as `deploy/` starts it, with our application or another. Gives its port."""
    port = free_port()
    here = {
        "PORT": str(port),
        "BIND": f"127.0.0.1:{port}",
        "PUBLIC_URL": f"http://localhost:{port}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
    }
    command = [sys.executable, "-m", "benchmarks.stage.serve"]
    with running([*command, *filter(None, [application])], {**environment, **here}, log=log) as up:
        wait_for(port, up, log)
        yield port


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], *, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, stopped with the block and all that it started."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(environment),
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until somebody answers at that port. Raises `NotServing`."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(port):
            return
        time.sleep(0.05)
    raise NotServing(log.read_text()[-2000:])


def _answers(port: int) -> bool:
    """Whether somebody answers there, whatever they say."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET /health/ready/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return connection.recv(100).startswith(b"HTTP/1.")
    except OSError:
        return False


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
