"""Mail to buyers: which mailbox it goes to and how often, over which connection, and the link that it has."""
