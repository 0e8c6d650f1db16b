"""How customers are told: the texts, and the ways to phones and mailboxes."""
