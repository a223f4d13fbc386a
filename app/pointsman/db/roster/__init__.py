"""Repository: the roster and its versions."""
