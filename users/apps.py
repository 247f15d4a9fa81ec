from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"
    verbose_name = "People"

    def ready(self) -> None:
        from users import schema  # noqa: F401, PLC0415 - importing it tells drf-spectacular
