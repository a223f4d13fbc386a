"""The policy document: its models, its JSON Schema, and how it is read."""
