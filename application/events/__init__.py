"""Reactions. One file per concern; each class here is found and given what its constructor asks for."""
