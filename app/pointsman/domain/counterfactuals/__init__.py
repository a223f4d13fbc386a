"""What would have to change for another decision. The method: docs/methods/counterfactuals.md."""
