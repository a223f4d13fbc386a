"""Signed links to pages about one lead: what their tokens say, how long they live, and the callers that may list and end them."""
