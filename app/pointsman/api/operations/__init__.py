"""Endpoints: keys, connections, deliveries, alerts, audit and health."""
