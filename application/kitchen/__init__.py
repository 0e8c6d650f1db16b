"""The kitchen: its places, and how long an order will take."""
