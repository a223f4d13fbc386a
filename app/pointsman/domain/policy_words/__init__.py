"""A policy told in sentences, as messages."""
