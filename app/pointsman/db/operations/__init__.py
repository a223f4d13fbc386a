"""Repositories: API keys, alerts, audit and the state of the line."""
