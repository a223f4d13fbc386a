"""What commands share: their database, their reader, and the names that they take and show."""
