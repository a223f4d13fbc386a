"""The checks that a policy passes before it is published."""
