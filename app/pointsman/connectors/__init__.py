"""Edge: the connectors that are installed, and the only place that speaks their SDK."""
