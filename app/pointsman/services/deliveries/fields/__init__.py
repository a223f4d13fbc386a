"""Mapped fields of leads' records in CRMs: what is written there beside the owner."""
