"""A lead's journey over the API, and its page for people."""
