"""Keeping and letting go: retention schedules, and until when each document must be kept."""
