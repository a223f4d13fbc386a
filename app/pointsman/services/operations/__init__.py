"""API keys, and the state of the line."""
