"""Text from outside: hosts, patterns, JSON, suggestions and phrases."""
