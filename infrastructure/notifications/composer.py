"""Finds the words, in the language of whoever is told. The libraries for it are loaded when the first are wanted."""

from functools import cached_property
from typing import TYPE_CHECKING

from application.ports.notifications import Mail, Notice

if TYPE_CHECKING:
    from infrastructure.notifications.rendering import Renderer


class TemplateComposer:
    """Implements `application.ports.notifications.MessageComposer`. `language` is the pizzeria's own (BCP 47),
    `time_zone` the one that its clock shows (IANA)."""

    def __init__(self, language: str, time_zone: str) -> None:
        self._language = language
        self._time_zone = time_zone

    def load(self) -> None:
        """Load now what would delay the first message."""
        _ = self._renderer

    def sms(self, notice: Notice) -> str:
        return self._renderer.sms(notice)

    def subject(self, notice: Notice) -> str:
        return self._renderer.subject(notice)

    def mail(self, notice: Notice) -> Mail:
        return self._renderer.mail(notice)

    @cached_property
    def _renderer(self) -> "Renderer":
        from infrastructure.notifications.rendering import Renderer  # noqa: PLC0415 - a tenth of a second, and 10 MB

        return Renderer(self._language, self._time_zone)
