"""The commands about the policy: check, publish, compare, explain, simulate."""
