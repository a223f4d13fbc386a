"""The vendor's side: an HTTP API in memory, spoken inside the process or served (`asgi`)."""
