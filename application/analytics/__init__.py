"""What the orders add up to: facts about each, rolled up by hour, day and month, and read as reports."""
