"""Durations, local time and public holidays. Daylight saving is resolved in `local_time` alone."""
