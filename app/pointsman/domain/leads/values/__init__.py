"""What a text of a sender means: a number, a code, a time."""
