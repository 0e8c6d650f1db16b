"""The service over HTTP: on a real server, with a real store."""
