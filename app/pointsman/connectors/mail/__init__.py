"""What goes to people by mail: invitations as files, addresses as mail servers take them, messages over connections."""
