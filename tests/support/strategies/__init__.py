"""Hypothesis strategies, and the plain evaluator that the fast one is held against."""
