"""Repository: the pace of connections; its statements, by what they are about."""
