"""The engine, its errors, prepared statements and jobs."""
