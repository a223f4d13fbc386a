"""How a connection is filled in: its connector's JSON Schema as a form, and as examples of a request."""
