"""What a connector can do beside keeping things: lists, busy times, changes, webhooks."""
