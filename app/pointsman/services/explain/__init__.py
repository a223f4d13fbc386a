"""Explanations, replays and simulations: nothing is written."""
