"""The world outside: stores, sinks, screens. Each implements a protocol of the layers within."""
