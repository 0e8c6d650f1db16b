"""The measurements still work: a very short run, and the parts that every figure rests on."""

import asyncio
import subprocess
import sys
from pathlib import Path

from benchmarks.http1 import Message, MessageProtocol, request
from benchmarks.load import Generator, LoadResult, Plan
from benchmarks.processes import ROOT
from benchmarks.rows import at_least, at_most, share_row
from benchmarks.sink import Sink
from tests.waiting import eventually


def test_a_quick_run_measures_accepting_and_draining(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "accept-sqlite", "--only", "drain"]
    run = subprocess.run(  # noqa: S603 - our own module
        [*command, "--directory", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )

    assert run.returncode == 0, run.stderr
    assert "| accept an order durably on SQLite | 0.65 of bare |" in run.stdout
    assert "in batches | 12,000/s |" in run.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_goal_is_missed_by_its_share_and_met_with_nothing_left() -> None:
    assert share_row("rate", 0.5, [40.0, 20.0, 60.0], [100.0, 100.0, 100.0]).verdict == "**short by 20%**"
    assert share_row("rate", 0.5, [50.0], [100.0]).verdict == "met"
    assert at_least("rate", 1_000, [750.0]).verdict == "**short by 25%**"
    assert at_most("time", 2, [3.0], "s").verdict == "**short by 50%**"
    assert at_most("time", 2, [2.0], "s").verdict == "met"


def test_the_sink_counts_each_event_once_in_every_mode() -> None:
    sink = Sink(0)
    structured = b'{"specversion":"1.0","id":"%s","data":{"orderId":"o"}}'
    sink.take(Message(b"POST / HTTP/1.1", structured % b"a"))
    sink.take(Message(b"POST / HTTP/1.1\r\nce-id: b\r\nce-source: /", b'{"orderId":"o"}'))
    sink.take(Message(b"POST / HTTP/1.1", b"[%s,%s]" % (structured % b"c", structured % b"a")))

    assert (sink.count.events, sink.count.repeats, sink.count.posts) == (3, 1, 3)


async def test_the_generator_counts_what_was_answered() -> None:
    result = await _generate_against(b"201 Created", total=50)

    assert (result.answers, result.error) == (50, None)
    assert result.rate > 0


async def test_one_answer_that_is_no_success_fails_the_run() -> None:
    result = await _generate_against(b"503 Service Unavailable", total=50)

    assert result.error is not None
    assert "503" in result.error


class _Server(MessageProtocol):
    open = 0

    def __init__(self, status: bytes) -> None:
        super().__init__()
        self._status = status

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        _Server.open += 1

    def connection_lost(self, exc: Exception | None) -> None:
        _Server.open -= 1

    def received(self, message: Message) -> None:
        self.transport.write(b"HTTP/1.1 %s\r\ncontent-length: 2\r\n\r\n{}" % self._status)


async def _generate_against(status: bytes, total: int) -> LoadResult:
    server = await asyncio.get_running_loop().create_server(lambda: _Server(status), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        result = await Generator(Plan(port=port, requests=[request("GET", "/")], connections=4, total=total)).run()
        await eventually(lambda: _Server.open == 0)
    return result
