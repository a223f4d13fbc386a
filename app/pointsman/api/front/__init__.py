"""What judges a request before a route does: paths, methods, callers, sources."""
