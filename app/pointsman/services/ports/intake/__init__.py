"""Intakes, the inbox and repeated requests."""
