"""A decision told in sentences."""
