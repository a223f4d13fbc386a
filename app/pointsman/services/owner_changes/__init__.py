"""A human's change of a lead's owner in a CRM is news: accepted, refused or set back, as the policy says."""
