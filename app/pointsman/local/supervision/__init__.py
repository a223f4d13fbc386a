"""Several programs as one: started, kept alive and stopped together."""
