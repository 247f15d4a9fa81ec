"""A house of any size, made up: cinemas, films, shows, people, and what they bought."""
