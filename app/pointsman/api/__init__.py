"""Edge: api."""
