"""`pointsman connections`: the accounts at vendors that are connected."""
