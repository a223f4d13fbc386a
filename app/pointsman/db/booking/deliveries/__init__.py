"""Repository: effects owed to connections; its statements, by what they are about."""
