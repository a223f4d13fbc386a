"""What is told to people, as data: a key and its arguments."""
