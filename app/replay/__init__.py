"""Sends a real year of orders through a running service, over HTTP like any other client."""
