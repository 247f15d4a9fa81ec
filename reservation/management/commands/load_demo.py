"""`manage.py load_demo`: a house that plays, for trying things out."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import track

from reservation.demo import films, people, posters, promotions, shows, venues

Thing = TypeVar("Thing")


class Command(BaseCommand):
    help = (
        "Adds two cinemas, public-domain films with posters, a week of shows from today, and "
        "two accounts. Run again, it adds only what is missing. Refused on a public host: the "
        "passwords are known to everybody."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SERVES_LOOPBACK_ONLY:
            raise CommandError(
                "The demo's passwords are public, so it is loaded only where ALLOWED_HOSTS and "
                "PUBLIC_URL name this machine alone."
            )
        self.console = Console(highlight=False)
        self._load()
        self._tell_accounts()

    def _load(self) -> None:
        people.add_ticket_types()
        added = films.add_films()
        self._each("Posters", posters.missing_posters(), posters.add_poster)
        cinemas = self._each("Cinemas", venues.CINEMAS, venues.add_cinema)
        days = self._each("Shows", shows.hall_days(timezone.now()), shows.add_shows)
        for demo_code in promotions.CODES:
            promotions.add_code(demo_code)
        for account in people.ACCOUNTS:
            people.add_account(account)
        self.console.print(
            f"Demo programme: {added} films, {sum(cinemas)} cinemas, {sum(days)} shows added."
        )

    def _each(self, title: str, things: Sequence[Thing], add: Callable[[Thing], Any]) -> list[Any]:
        """Add all of them beside a bar that shows how far it is; no bar in a log file."""
        bar = track(things, title, console=self.console, disable=not self.console.is_terminal)
        return [add(thing) for thing in bar]

    def _tell_accounts(self) -> None:
        self.console.print("Demo accounts (username / password):")
        for account in people.ACCOUNTS:
            self.console.print(f"  {account.username} / {account.password}   {account.role}")
        codes = ", ".join(demo_code.code for demo_code in promotions.CODES)
        self.console.print(f"Demo promo codes: {codes}")
