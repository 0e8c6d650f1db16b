"""A sink that prints each CloudEvent it receives on a line: `python scripts/event_sink.py --port 8081`."""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat

LARGEST_BODY = 4 * 1024 * 1024
BATCH_TYPE = "application/cloudevents-batch+json"

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def parse(headers: dict[str, str], body: bytes) -> list[BaseCloudEvent]:
    """Read the events of a request in any content mode. Raises ValueError for what is none."""
    try:
        if headers.get("content-type", "").startswith(BATCH_TYPE):
            return [JSONFormat().read(None, json.dumps(event)) for event in json.loads(body)]
        return [from_http_event(HTTPMessage(headers, body))]
    except Exception as error:  # the SDK lets raw errors of every kind out for malformed input
        raise ValueError(f"not a CloudEvent: {error}") from error


def line(event: BaseCloudEvent) -> str:
    """Show an event on one line; what a terminal would take for a command is shown as ?."""
    moment = event.get_time()
    text = "  ".join(
        (
            f"{moment:%H:%M:%S}" if moment else "--:--:--",
            f"{event.get_type():<46}",
            f"{event.get_subject() or '-'}",
            f"#{str(event.get_extension('sequence') or '-').lstrip('0')}",
            json.dumps(event.get_data(), default=str, ensure_ascii=True),
        )
    )
    return "".join(character if character.isprintable() else "?" for character in text)


async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Answer 202 to every POST that holds CloudEvents, 200 to a GET (a health check), 400 or 413 to the rest."""
    if scope["method"] != "POST":
        await _answer(send, 200 if scope["method"] in ("GET", "HEAD") else 405)
        return
    body = await _body(receive)
    if body is None:
        await _answer(send, 413)
        return
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        received = [line(event) for event in parse(headers, body)]
    except ValueError as error:
        print(f"refused: {error}", flush=True)
        await _answer(send, 400)
        return
    print(*received, sep="\n", flush=True)
    await _answer(send, 202)


async def _body(receive: Receive) -> bytes | None:
    body, more = b"", True
    while more and len(body) <= LARGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return None if more else body


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    # Other containers must reach it; on a shared machine give 127.0.0.1.
    parser.add_argument("--host", default="0.0.0.0")  # noqa: S104
    parser.add_argument("--port", type=int, default=8081)
    arguments = parser.parse_args()
    print(f"waiting for CloudEvents on port {arguments.port}", flush=True)
    config = uvicorn.Config(
        app, host=arguments.host, port=arguments.port, log_level="warning", lifespan="off", access_log=False
    )
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
