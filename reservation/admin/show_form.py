"""The form of a show: times by the cinema's clock, prices as money."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError

from reservation.admin.fields import (
    CinemaTimeField,
    MoneyField,
    instant,
    money_label,
)
from reservation.admin.policies import PolicyField, how_to_write, policy_written
from reservation.admin.refusals import RefusableForm
from reservation.models import (
    Cinema,
    ShowTime,
)

ENTERED = (
    "movie",
    "hall",
    "starts_at",
    "sales_open_at",
    "sales_close_at",
    "price",
    "format",
    "audio_language",
    "subtitle_language",
    "forbids_lonely_seats",
    "cancellation_policy",
)
MOMENTS = ("starts_at", "sales_open_at", "sales_close_at")
FIXED = "Fixed once seats of the show were reserved."


class ShowForm(RefusableForm):
    """A show, with its times by the clock of its hall's cinema."""

    starts_at = CinemaTimeField(
        label="Starts at (cinema's local time)",
        help_text="By the clock on the cinema's wall, whatever yours says; trailers first. "
        + FIXED,
    )
    sales_open_at = CinemaTimeField(
        label="Sales open at (cinema's local time)",
        required=False,
        help_text="Empty: at once. Until then the show and its seats are seen and not sold.",
    )
    sales_close_at = CinemaTimeField(
        label="Sales close at (cinema's local time)",
        required=False,
        help_text="Empty: when the show starts.",
    )
    price = MoneyField(
        label=money_label("Price"),
        help_text="Of a full-price ticket in the cheapest seats, before the cinema's rules for "
        "days and times. A change counts for seats that "
        "are held from now on; nobody who holds or bought a ticket pays another price.",
    )
    cancellation_policy = PolicyField(help_text=how_to_write("the policy of the hall's cinema"))

    class Meta:
        model = ShowTime
        fields = ENTERED
        labels: ClassVar = {"movie": "Film", "forbids_lonely_seats": "No lonely seats"}
        help_texts: ClassVar = {
            "movie": FIXED,
            "hall": FIXED,
            "audio_language": "What is spoken: a language tag, such as en or pt-BR.",
            "forbids_lonely_seats": "Customers may not leave a single seat free between taken "
            "ones or beside an aisle, as long as there is something else for them; they are told "
            "what. The box office may. A change counts for seats that are held from now on.",
            "subtitle_language": "A language tag; empty where there are no subtitles.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before: dict[str, Any] = {}
        if self.instance.pk:
            self.before = {name: getattr(self.instance, name) for name in ENTERED}
            for name in MOMENTS:
                if self.before[name] is not None:
                    self.initial[name] = CinemaTimeField.entry(
                        self.before[name], self.instance.hall.cinema
                    )
            self._name_the_cinema_s_policy()

    def _name_the_cinema_s_policy(self) -> None:
        hall = self.instance.hall
        inherited = policy_written(ShowTime(hall=hall).promised_policy)
        if policy := self.fields.get("cancellation_policy"):
            policy.help_text = how_to_write(f"the policy of {hall.cinema} ({inherited})")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        hall = cleaned.get("hall")
        for name in MOMENTS:
            if hall is None:
                cleaned.pop(name, None)
            elif cleaned.get(name) is not None:
                self._read_by_clock(name, hall.cinema)
        return self.cleaned_data

    def _read_by_clock(self, name: str, cinema: Cinema) -> None:
        """An entry that nobody touched is the moment that it was, to the second."""
        if name not in self.changed_data and self.before["hall"].cinema.zone == cinema.zone:
            self.cleaned_data[name] = self.before[name]
            return
        try:
            self.cleaned_data[name] = instant(self.cleaned_data[name], cinema)
        except ValidationError as error:
            self.add_error(name, error)

    @property
    def changes(self) -> dict[str, Any]:
        """What was really changed, as the verb wants it."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name in self.before and value != self.before[name]
        }
