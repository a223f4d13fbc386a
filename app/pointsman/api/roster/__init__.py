"""Endpoints: reps, roles, suppliers and working hours."""
