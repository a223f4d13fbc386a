"""Appointments, the time they take, calendars, connections and deliveries."""
