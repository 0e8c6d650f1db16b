"""The sink that prints, run as a user runs it."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from infrastructure.cloudevents.mapping import EventMapping
from infrastructure.cloudevents.publisher import MODES, HttpCloudEventPublisher
from tests.infrastructure.events import one_of_each

SCRIPT = Path(__file__).parents[2] / "scripts" / "event_sink.py"


class RunningSink:
    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{port}/"

    async def next_line(self) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(20):
            return (await self._process.stdout.readline()).decode().rstrip()

    async def answers(self) -> bool:
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(self.url)).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
async def printing_sink() -> AsyncIterator[RunningSink]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), "--host", "127.0.0.1", "--port", str(port), stdout=asyncio.subprocess.PIPE
    )
    sink = RunningSink(process, port)
    try:
        async with asyncio.timeout(20):
            while not await sink.answers():
                await asyncio.sleep(0.05)
        await sink.next_line()
        yield sink
    finally:
        process.terminate()
        await process.wait()


async def test_each_event_is_a_readable_line_in_every_mode(printing_sink: RunningSink) -> None:
    events = one_of_each()
    for mode in MODES:
        publisher = HttpCloudEventPublisher(printing_sink.url, EventMapping(), mode=mode)
        await publisher.publish(events)
        await publisher.close()
        printed = [await printing_sink.next_line() for _ in events]
        assert all(event.aggregate_id in line for event, line in zip(events, printed, strict=True)), mode
        assert "com.mariopizzeria.order.placed.v1" in printed[0]
        assert "#1 " in printed[0]
        assert '"totalAmount": 5147' in printed[0]


async def test_what_is_no_event_is_refused_and_named(printing_sink: RunningSink) -> None:
    async with httpx.AsyncClient() as client:
        for body in (b"", b"{", b"[]", b'{"specversion": "1.0"}'):
            headers = {"content-type": "application/cloudevents+json"}
            answer = await client.post(printing_sink.url, content=body, headers=headers)
            assert answer.status_code == 400
            assert (await printing_sink.next_line()).startswith("refused: not a CloudEvent")
