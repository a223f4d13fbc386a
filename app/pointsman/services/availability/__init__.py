"""Who could take part in an appointment, and when."""
