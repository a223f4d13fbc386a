"""A lead or an appointment given to another rep."""
