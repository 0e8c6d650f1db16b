"""The business of a pizzeria, in the standard library alone: no framework, no store, no clock of its own."""
