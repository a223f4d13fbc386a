"""Appointments compared with what stands in the calendars."""
