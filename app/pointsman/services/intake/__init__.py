"""From a webhook or a call to a lead."""
