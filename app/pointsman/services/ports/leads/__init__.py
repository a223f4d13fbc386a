"""Leads, accounts and their merges."""
