"""Pointsman: lead routing that protects roles."""

__version__ = "0.1.0"
