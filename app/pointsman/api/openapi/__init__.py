"""The OpenAPI document and its console."""
