"""A setter hands a lead over: evidence, gate, closing, and the appointment."""
