"""Pairs of people and companies, and what a human says of them."""
