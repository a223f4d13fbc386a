"""Repositories: decisions, ledgers, holds, gates, overrides and policies."""
