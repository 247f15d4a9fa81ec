"""What ends a suite early; the others go on, and the run fails in the end."""


class Failed(Exception):
    """Something else happened than what was to be measured; the text says what."""
