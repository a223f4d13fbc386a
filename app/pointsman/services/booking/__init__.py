"""Slots, slot holds, booking and rescheduling."""
