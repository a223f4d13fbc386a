"""What tests of a connection's set-up share."""
