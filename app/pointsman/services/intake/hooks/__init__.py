"""Webhooks that a connector answers, what they are about, and what they did not tell."""
