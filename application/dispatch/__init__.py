"""Reliable delivery: every event to every one of its handlers, at least once, in order per aggregate."""
