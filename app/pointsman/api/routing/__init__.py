"""Endpoints: decisions, holds, pools, overrides and reassignments."""
