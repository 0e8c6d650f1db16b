"""One HTTP/1.1 connection to the sink: a request at a time, kept alive between them."""

import asyncio
from typing import NamedTuple, cast

import httptools


class Response(NamedTuple):
    status: int
    retry_after: str | None


class StaleConnection(ConnectionError):
    """The other side closed an idle connection just as a request went out on it. It has not read the request."""


class Connection(asyncio.Protocol):
    """Sends requests and reads the answers' status. Bodies are read to their end and dropped."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[Response] | None = None
        self._used = False
        self._answering = False
        self._retry_after: str | None = None
        self._reset_answer()
        self.reusable = True

    def send(self, request: bytes) -> asyncio.Future[Response]:
        """Send a whole request. The future fails with `StaleConnection` or another `ConnectionError`."""
        self._waiter = asyncio.get_running_loop().create_future()
        self._reset_answer()
        self._answering = False
        self._transport.write(request)
        return self._waiter

    def abort(self) -> None:
        self.reusable = False
        self._transport.abort()

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._waiter is None:
            self.abort()  # nobody asked: a 408 to an idle connection, or the rest of an answer too long
            return
        self._answering = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionError(f"what came back is not HTTP: {error}"))
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        if self._status >= 200 and not self._has_length:
            self._answer_complete()  # an answer without a length ends with its connection
        elif self._answering:
            self._fail(ConnectionError("the connection broke within the answer"))
        elif self._used:
            self._fail(StaleConnection())
        else:
            self._fail(ConnectionError(str(exc or "the connection was closed without an answer")))

    # What the parser calls

    def on_message_begin(self) -> None:
        if self._waiter is None:
            self.abort()  # a second answer to one request: what comes next would be taken for the wrong one
        self._reset_answer()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"retry-after":
            self._retry_after = value.decode("latin-1")
        elif name in (b"content-length", b"transfer-encoding"):
            self._has_length = True

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()

    def on_message_complete(self) -> None:
        if self._status >= 200:  # below are remarks (100, 103); the answer follows
            if not self._parser.should_keep_alive():
                self.abort()
            self._answer_complete()

    # Ends

    def _answer_complete(self) -> None:
        waiter, self._waiter = self._waiter, None
        self._used = True
        if waiter is not None and not waiter.done():
            waiter.set_result(Response(self._status, self._retry_after))

    def _fail(self, failure: ConnectionError) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(failure)

    def _reset_answer(self) -> None:
        self._status = 0
        self._retry_after = None
        self._has_length = False
