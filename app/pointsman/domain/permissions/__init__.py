"""What each kind of caller may do and say: one table, pure, that API, intake, use cases and booking page ask."""
