"""What the host keeps at a vendor: a value and a Protocol for each kind."""
