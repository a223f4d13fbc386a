"""A database for each test, and the connections that outlive it."""
