"""Repositories: appointments, slot holds, calendars, connections and deliveries."""
