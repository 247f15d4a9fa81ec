"""The house's settings without anything in front of or behind a view."""

from cinema_reservation import settings

globals().update({name: getattr(settings, name) for name in dir(settings) if name.isupper()})

MIDDLEWARE: list[str] = []
INSTALLED_APPS: list[str] = []
ROOT_URLCONF = "benchmarks.bare.urls"
