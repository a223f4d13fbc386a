"""From a lead and a policy to a decision."""
