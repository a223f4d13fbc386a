"""The readiness test in front of gated work."""
