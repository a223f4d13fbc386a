"""The service over HTTP: its keys, its callers, and what they sign and send."""
