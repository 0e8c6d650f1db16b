"""The edge: HTTP, settings, the command line, and the one module that wires every layer (`bootstrap`)."""
