"""What goes over the wire: the requests that are accepted and the shapes of the answers, in camelCase."""
