"""What connected vendors do for the use cases."""
