"""Repositories: inbox, intakes and idempotency keys."""
