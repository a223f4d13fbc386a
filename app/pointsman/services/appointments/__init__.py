"""What is done with a booked appointment: the transitions of its life and their effects."""
