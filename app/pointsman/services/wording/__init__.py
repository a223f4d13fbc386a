"""How messages are read: the catalogues of each language, and what a reader sees."""
