"""The service: serve, work, migrate, and the doctor that looks at all of it."""
