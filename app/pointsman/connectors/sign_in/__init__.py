"""Signing in to vendors by OAuth 2, and what is kept sealed for connectors: tokens and memory."""
