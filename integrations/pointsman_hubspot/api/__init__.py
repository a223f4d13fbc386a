"""HubSpot's API: where its parts lie, what it answers, and the calls that the connector makes."""
