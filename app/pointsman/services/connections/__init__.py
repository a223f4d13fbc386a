"""Connections to vendors: made, checked, paused and resumed."""
