"""Whether a condition can ever be true, and which others cover it. The method: docs/methods/satisfiability.md."""
