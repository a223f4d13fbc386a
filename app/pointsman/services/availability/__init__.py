"""Which reps could take part in an appointment, and when."""
