"""Read models, made anew from the event log."""
