"""`python -m benchmarks.stage.serve [APPLICATION]`: becomes the web server of `make run`.

The one place that knows how the server under test is started: it asks `deploy/`. With an
application's name it serves that one instead, started the same way.
"""

import os
import sys

from deploy.run import processes

OURS = "cinema_reservation.wsgi"


def main() -> None:
    command = processes()["web"]
    application = sys.argv[1] if len(sys.argv) > 1 else OURS
    os.execv(command[0], [part.replace(OURS, application) for part in command])


if __name__ == "__main__":
    main()
