"""The least of HTTP/1.1 that the generator and the sink need: messages with a length, over kept-alive connections."""

import asyncio
import re
from typing import NamedTuple, cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Message(NamedTuple):
    """`head` is everything before the blank line."""

    head: bytes
    body: bytes


class MessageProtocol(asyncio.Protocol):
    """Cuts what arrives into messages. A head without a length has no body."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        while True:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                break
            length = _LENGTH.search(buffer, 0, end)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(buffer) < stop:
                break
            self.received(Message(buffer[:end], buffer[end + 4 : stop]))
            buffer = buffer[stop:]
        self._buffer = buffer

    def received(self, message: Message) -> None:
        raise NotImplementedError


def request(method: str, path: str, body: bytes = b"", *headers: str) -> bytes:
    """A whole request; `headers` are lines without their end."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", *headers]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
