"""Repositories: leads, accounts and merges."""
