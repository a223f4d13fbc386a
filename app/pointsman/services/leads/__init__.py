"""The person and the account behind what came in."""
