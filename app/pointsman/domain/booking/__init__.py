"""When a rep can be booked: busy times, hours, slots, and the life of an appointment."""
