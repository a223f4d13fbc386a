"""Reps, roles, working hours, time off and owners."""
