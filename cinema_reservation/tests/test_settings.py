"""The system refuses to start on combinations that would be unsafe."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONG_KEY = "k" * 50
PUBLIC = {
    "PUBLIC_URL": "https://cinema.example",
    "ALLOWED_HOSTS": "cinema.example",
    "SECRET_KEY": LONG_KEY,
    "STRIPE_SECRET_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRETS": "whsec_1",
}


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own, with that environment and no other."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import cinema_reservation.settings as s; print(s.DEBUG)"],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "environment",
    [{}, PUBLIC, PUBLIC | {"BIND": "0.0.0.0:80"}, {"DEBUG": "1"}, {"PORT": "9000"}]
    + [{"ALERT_EMAILS": "money@cinema.example, boss@cinema.example"}]
    + [{"WORKER_ROUND_SECONDS": "0.2"}],
)
def test_it_starts_on_a_laptop_with_nothing_set_and_in_public_with_all(environment):
    result = start(**environment)
    assert result.returncode == 0, result.stderr


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in PUBLIC.items() if key != name}


REFUSED = [
    (without("SECRET_KEY"), "SECRET_KEY must be set"),
    (PUBLIC | {"SECRET_KEY": "short"}, "at least 32 characters"),
    (PUBLIC | {"DEBUG": "1"}, "DEBUG is on"),
    ({"DEBUG": "1", "ALLOWED_HOSTS": "localhost,cinema.example"}, "DEBUG is on"),
    ({"ALLOWED_HOSTS": "*"}, "SECRET_KEY must be set"),
    (PUBLIC | {"PUBLIC_URL": "cinema.example"}, "PUBLIC_URL"),
    (without("STRIPE_SECRET_KEY"), "STRIPE_SECRET_KEY must be set"),
    (without("STRIPE_WEBHOOK_SECRETS"), "STRIPE_WEBHOOK_SECRETS"),
    (PUBLIC | {"STRIPE_API_BASE": "http://127.0.0.1:8421"}, "not a test key"),
    (
        {"STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_WEBHOOK_SECRETS": "w"}
        | {"STRIPE_API_BASE": "http://127.0.0.1:8421"},
        "not a test key",
    ),
    ({"HOLD_MINUTES": "0"}, "HOLD_MINUTES is '0'"),
    ({"PORT": "abc"}, "PORT is 'abc'"),
    ({"TRAILER_MINUTES": "-5"}, "TRAILER_MINUTES is '-5'"),
    ({"CURRENCY": "dollars"}, "CURRENCY is 'dollars'"),
    ({"WORKER_ROUND_SECONDS": "0"}, "WORKER_ROUND_SECONDS is '0'"),
    ({"WORKER_ROUND_SECONDS": "-1"}, "WORKER_ROUND_SECONDS is '-1'"),
    ({"WORKER_ROUND_SECONDS": "nan"}, "WORKER_ROUND_SECONDS is 'nan'"),
    ({"WORKER_ROUND_SECONDS": "inf"}, "WORKER_ROUND_SECONDS is 'inf'"),
    ({"ALERT_EMAILS": "ops"}, "ALERT_EMAILS lists 'ops'"),
    ({"ALERT_EMAILS": "money@cinema.example, "}, "ALERT_EMAILS lists ''"),
    ({"BIND": "0.0.0.0:8000"}, "others can reach this"),
    ({"DEBUG": "1", "BIND": "[::]:8000"}, "others can reach this"),
    ({"STRIPE_API_BASE": "http://stripe.example"}, "only a sandbox on this machine"),
    ({"STRIPE_API_BASE": "http://127.0.0.1.evil.example"}, "only a sandbox on this machine"),
]


@pytest.mark.parametrize(("environment", "sentence"), REFUSED)
def test_it_refuses_and_says_what_to_do(environment, sentence):
    result = start(**environment)
    assert result.returncode != 0
    assert "ImproperlyConfigured" in result.stderr
    assert sentence in result.stderr


def test_a_laptop_keeps_its_own_secret_key(tmp_path):
    from cinema_reservation.guards import laptop_secret_key

    path = tmp_path / "secret_key"
    key = laptop_secret_key(path)
    assert len(key) >= 50
    assert laptop_secret_key(path) == key
    assert path.stat().st_mode & 0o077 == 0
