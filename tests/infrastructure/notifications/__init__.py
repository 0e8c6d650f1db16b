"""How customers are told."""
