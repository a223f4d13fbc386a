"""What several tests share: databases, floors, servers, strategies."""
