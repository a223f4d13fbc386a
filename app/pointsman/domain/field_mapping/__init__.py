"""Facts of a lead and the fields of a CRM: what one says in the other, and which of two changes stands."""
