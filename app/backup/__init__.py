"""Copies of the store, made while the service runs, and put back."""
