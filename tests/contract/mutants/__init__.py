"""Deliberately broken connectors: the reference connector with one plausible mistake each, as made on a busy day."""
