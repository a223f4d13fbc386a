"""How often, how many at once, and whether at all: what stands between a use case's call and the vendor."""
