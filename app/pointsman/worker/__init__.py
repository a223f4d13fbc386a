"""Edge: worker."""
