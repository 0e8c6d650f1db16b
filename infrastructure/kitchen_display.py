"""The screen in the kitchen, reached over HTTP."""

import asyncio
from typing import Any

import httpx
import msgspec

from domain.events import DomainEvent
from infrastructure.cloudevents.data import event_data
from infrastructure.cloudevents.naming import event_name
from infrastructure.cloudevents.outcomes import REQUEST_TIMEOUT, check_answer, no_answer

WHO = "the kitchen display"


class HttpKitchenDisplay:
    """Implements `application.ports.KitchenDisplay`, and closes the client that it was given."""

    def __init__(self, url: str, client: httpx.AsyncClient, *, timeout: float = REQUEST_TIMEOUT) -> None:
        """`timeout` is for a whole call, in seconds."""
        self._url = url
        self._client = client
        self._timeout = timeout

    async def close(self) -> None:
        await self._client.aclose()

    async def show(self, event: DomainEvent) -> None:
        """Post what happened, under the event's id so that the display can tell a repeat.

        Raises `Unavailable`, `Rejected`, `SinkRefused`.
        """
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.post(
                    self._url,
                    json=_on_screen(event),
                    headers={"Idempotency-Key": event.event_id},
                    follow_redirects=False,
                )
        except (httpx.TransportError, OSError) as failure:
            raise no_answer(WHO, failure) from failure
        check_answer(WHO, response.status_code, response.headers.get("Retry-After"))


def _on_screen(event: DomainEvent) -> dict[str, Any]:
    shown: dict[str, Any] = {"event": event_name(type(event)), **msgspec.to_builtins(event_data(event))}
    # The display hangs in the kitchen, and "no nuts" must reach the cook; the customer's name need not.
    if notes := getattr(event, "notes", None):
        shown["notes"] = notes
    return shown
