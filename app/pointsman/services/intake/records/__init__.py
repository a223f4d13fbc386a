"""What people change in a lead's record in a CRM: read, and taken in as far as its fields are mapped."""
