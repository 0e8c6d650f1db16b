"""How the edges tell what they measured."""

from collections.abc import Callable

#: Told of an operation (or how it ended), and of how long it took, in seconds.
Observer = Callable[[str, float], None]
