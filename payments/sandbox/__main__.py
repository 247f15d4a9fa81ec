"""`python -m payments.sandbox`: a Stripe of one's own, until it is interrupted."""

import argparse
import signal
import sqlite3
import sys
import threading

from payments.sandbox.sandbox import TEST_SIGNER, Sandbox

# Longer than in tests: the project's server may be restarting.
RETRY_DELAYS = (1.0, 3.0, 10.0)


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; gives the exit status."""
    options = _parser().parse_args(arguments)
    try:
        sandbox = Sandbox(**vars(options), retry_delays=RETRY_DELAYS)
    except (OSError, ValueError, sqlite3.Error) as error:
        sys.stderr.write(f"The Stripe sandbox can't start: {error}\n")
        return 1
    with sandbox:
        sys.stdout.write(f"Stripe sandbox at {sandbox.api_base} - no money moves.\n")
        sys.stdout.flush()
        _wait_for_the_end()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m payments.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8421, help="0 takes a free one")
    parser.add_argument("--webhook-url", help="where events are posted to")
    parser.add_argument("--webhook-secret", default=TEST_SIGNER, help="signs the events")
    parser.add_argument("--database", default=":memory:", help="a file that outlives a restart")
    return parser


def _wait_for_the_end() -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()


if __name__ == "__main__":
    sys.exit(main())
