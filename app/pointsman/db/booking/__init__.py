"""Repositories: appointments, slot holds, booking links; calendars, connections, their pace, and what is owed to them."""
