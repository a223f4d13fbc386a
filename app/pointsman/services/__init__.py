"""Use cases: each fetches, decides and writes in one transaction of its own."""
