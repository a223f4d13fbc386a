"""The roster changed and read."""
