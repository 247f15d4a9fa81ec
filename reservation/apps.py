from django.apps import AppConfig


class ReservationConfig(AppConfig):
    name = "reservation"
    verbose_name = "Cinema"

    def ready(self) -> None:
        from reservation import edition  # noqa: PLC0415  # its models come after the app

        edition.follow_changes()
