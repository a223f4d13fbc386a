"""Sales floors on a real database, their calendars and CRMs, and what is asked of them."""
