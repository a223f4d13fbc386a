"""Edge: the servers of its own that a single machine needs. A production deployment uses none of this."""
