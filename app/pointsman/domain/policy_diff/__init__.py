"""What differs between two policies."""
