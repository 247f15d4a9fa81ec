"""What settings may never be, checked once at start.

Each refusal is an `ImproperlyConfigured` whose sentence tells the operator what to set.
"""

import contextlib
import math
import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1", "testserver"})
TEST_KEY_PREFIXES = ("sk_test_", "rk_test_")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the system under that host name."""
    return host.lower() in LOOPBACK_HOSTS


def check_exposure(
    *, debug: bool, secret_key: str, public_url: str, loopback_only: bool, bind: str
) -> None:
    """Refuse to serve the public with a debugger, a missing key or no such URL."""
    if not public_url.startswith(("http://", "https://")) or not urlsplit(public_url).hostname:
        raise ImproperlyConfigured(
            f"PUBLIC_URL is {public_url!r}; set it to the full address that browsers use, "
            "such as https://cinema.example."
        )
    if loopback_only:
        # A Host header is easily forged: what listens to others is open to others.
        if not bind.startswith("unix:") and not is_loopback(bind.rpartition(":")[0]):
            raise ImproperlyConfigured(
                f"BIND is {bind!r}, so others can reach this, while ALLOWED_HOSTS and PUBLIC_URL "
                "name this machine only. Set all three for the public, or bind to 127.0.0.1."
            )
        return
    if debug:
        raise ImproperlyConfigured(
            "DEBUG is on while ALLOWED_HOSTS or PUBLIC_URL names a public host. "
            "Unset DEBUG, or serve localhost only."
        )
    if len(secret_key) < 32:
        raise ImproperlyConfigured(
            "SECRET_KEY must be set, with at least 32 characters, to serve a public host. "
            "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )


def whole_number(name: str, text: str, *, least: int) -> int:
    """A setting that counts something. Raises `ImproperlyConfigured`, which names it."""
    if text.isascii() and text.isdigit() and int(text) >= least:
        return int(text)
    raise ImproperlyConfigured(f"{name} is {text!r}; set it to a whole number from {least}.")


def seconds(name: str, text: str, *, least: float = 0.001) -> float:
    """A pause, maybe a short one. Raises `ImproperlyConfigured`, which names the setting."""
    with contextlib.suppress(ValueError):
        if least <= float(text) < math.inf:
            return float(text)
    raise ImproperlyConfigured(f"{name} is {text!r}; set it to {least:g} seconds or more.")


def addresses(name: str, texts: list[str]) -> list[str]:
    """E-mail addresses. Raises `ImproperlyConfigured`, which names the one that is none."""
    stripped = [text.strip() for text in texts]
    for text in stripped:
        try:
            validate_email(text)
        except ValidationError as error:
            raise ImproperlyConfigured(
                f"{name} lists {text!r}; set it to e-mail addresses such as "
                "money@cinema.example, separated by commas."
            ) from error
    return stripped


def currency(text: str) -> str:
    """An ISO 4217 code in Stripe's lower case. Raises `ImproperlyConfigured`."""
    if text.isascii() and text.isalpha() and len(text) == 3:
        return text.lower()
    raise ImproperlyConfigured(f"CURRENCY is {text!r}; set it to an ISO 4217 code such as EUR.")


def laptop_secret_key(path: Path) -> str:
    """The key of a system that serves this machine only: made once, kept beside its data."""
    if not path.exists():
        # Written aside and linked into place: of processes that start together, one wins,
        # and none reads half a key.
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text()


def check_stripe(*, key: str, api_base: str, webhook_secrets: list[str]) -> None:
    """Refuse to talk to nobody, to be fooled by anybody, or to send a real key anywhere else.

    `api_base` is empty for Stripe itself. Anything else is the sandbox, which has to be on
    this machine and to be asked with a test key.
    """
    if not key:
        raise ImproperlyConfigured(
            "STRIPE_SECRET_KEY must be set to serve a public host. The sandbox, which needs "
            "no key, serves localhost only."
        )
    if not webhook_secrets or not all(webhook_secrets):
        raise ImproperlyConfigured(
            "STRIPE_WEBHOOK_SECRETS must list the signing secret of the webhook endpoint; "
            "without it anybody could claim to have paid."
        )
    if not api_base:
        return
    if not key.startswith(TEST_KEY_PREFIXES):
        raise ImproperlyConfigured(
            "STRIPE_API_BASE is set together with a key that is not a test key. "
            "Unset STRIPE_API_BASE to use Stripe, or use a key that begins with sk_test_."
        )
    if not is_loopback(urlsplit(api_base).hostname or ""):
        raise ImproperlyConfigured(
            f"STRIPE_API_BASE is {api_base!r}; only a sandbox on this machine "
            "(http://127.0.0.1:PORT) may stand in for Stripe."
        )
