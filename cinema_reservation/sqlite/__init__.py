"""Django's SQLite, with a queue of writers; the `ENGINE` of `settings.DATABASES`."""
