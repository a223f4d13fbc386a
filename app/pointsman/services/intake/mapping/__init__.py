"""From a body to what it says of a lead: its JSON, its events, and the expressions of the mapping."""
