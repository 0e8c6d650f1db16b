"""Use cases: commands, queries and reactions. Imports the domain alone; what it needs from outside are `ports`."""
