"""Recurrence rules (RFC 5545, section 3.3.10): what they say, on which days they fall, and what they make of a window."""
