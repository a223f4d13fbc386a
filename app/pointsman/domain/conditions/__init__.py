"""Conditions compiled and evaluated: one evaluator for rules, gates, simulation and explanation."""
