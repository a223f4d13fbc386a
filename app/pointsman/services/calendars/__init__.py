"""Busy times read from the connected calendars."""
