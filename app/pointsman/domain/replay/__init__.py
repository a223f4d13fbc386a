"""Decisions taken again: from their stored inputs, or under another policy."""
