"""Endpoints: the policy checked, explained, simulated and published."""
