"""A vendor that is signed in to by OAuth 2, and a connection that does so."""
