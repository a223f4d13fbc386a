"""How a call to a vendor ended, written down. What a worker writes after its lease ran out does not count."""
