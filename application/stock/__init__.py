"""The stock room: what orders need, what a new pizza is given, what runs out."""
