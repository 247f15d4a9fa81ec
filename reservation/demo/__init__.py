"""The demo programme: two cinemas, films in the public domain, and a week of shows."""
