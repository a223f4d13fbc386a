"""What can go wrong with a server of our own."""


class LocalServerError(Exception):
    """A local server could not be started. The message says why and what to do; it is meant for a terminal."""
