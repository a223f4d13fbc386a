"""Leads that wait: tried again, or closed."""
