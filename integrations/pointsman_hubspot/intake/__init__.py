"""Webhooks of HubSpot: answered at the edge, read in batches, and caught up with by search."""
