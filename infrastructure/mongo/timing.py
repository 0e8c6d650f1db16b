"""How long the server takes for each command, for the metrics."""

import threading

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from infrastructure.observer import Observer


class CommandTimer(CommandListener):
    """Motor runs commands in threads, and what observes counts without locks: so one at a time."""

    def __init__(self, observe: Observer) -> None:
        self._observe = observe
        self._one_at_a_time = threading.Lock()

    def started(self, event: CommandStartedEvent) -> None:
        """Only ends matter."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self._note(event.command_name, event.duration_micros)

    def failed(self, event: CommandFailedEvent) -> None:
        self._note(f"{event.command_name} failed", event.duration_micros)

    def _note(self, operation: str, microseconds: int) -> None:
        with self._one_at_a_time:
            self._observe(operation, microseconds / 1_000_000)
