"""Reactions to what others report to us: their CloudEvents, taken at POST /api/events."""
