"""Leads' records in CRMs: owed with every change of what they show, and told once."""
