"""Repository: the calendars of reps; its statements, by what they are about."""
