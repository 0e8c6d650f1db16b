"""A real pizzeria's orders, sent through the service."""
