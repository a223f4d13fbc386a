"""The check of what rules have CRMs do."""
