"""What attacks: texts, bodies, calendars and bytes that break out, blow up or starve."""
