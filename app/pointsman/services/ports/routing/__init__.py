"""Policies, decisions, ledgers, gates, overrides and holds."""
