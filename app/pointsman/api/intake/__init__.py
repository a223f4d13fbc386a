"""Endpoints: webhooks, leads, accounts and the inbox."""
