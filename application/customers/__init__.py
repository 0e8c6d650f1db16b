"""Customers: found by their orders, told as they wish, forgotten when they ask."""
