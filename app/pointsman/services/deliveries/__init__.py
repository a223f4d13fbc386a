"""Effects owed to vendors: enqueued with the change that causes them, then carried out."""
