"""Jobs, audit, alerts, API keys and the state of the service."""
