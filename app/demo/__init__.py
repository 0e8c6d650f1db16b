"""`pizzeria demo`: one order's story, told by a service of its own."""
