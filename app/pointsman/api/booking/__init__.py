"""Endpoints: slots, appointments, hand-overs and booking links."""
