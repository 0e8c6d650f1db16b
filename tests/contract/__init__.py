"""One suite, every store: what the application may rely on, whatever keeps its orders."""
