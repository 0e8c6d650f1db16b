"""`pizzeria serve` as a user runs it: a process of its own."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.app.orders import placed
from tests.app.serving import KEY, STAFF

COMMAND = (sys.executable, "-c", "from app.cli import main; main()", "serve")
ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Process:
    running: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def wait_for(self, pattern: str) -> str:
        """Read its output until a line matches; return the first group."""
        assert self.running.stdout
        async with asyncio.timeout(30):
            while line := await self.running.stdout.readline():
                self.said.append(line.decode())
                if found := re.search(pattern, self.said[-1]):
                    return found[1]
        raise AssertionError(f"it never said {pattern!r}: {self.said}")

    async def end(self) -> tuple[int, str]:
        """Wait for its end; return the exit code and what it wrote to standard error."""
        async with asyncio.timeout(30):
            _, errors = await self.running.communicate()
        assert self.running.returncode is not None
        return self.running.returncode, errors.decode()


@asynccontextmanager
async def starting(folder: Path, **environment: str) -> AsyncIterator[Process]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PIZZERIA_", "K_"))}
    settings = {
        "PORT": "0",
        "PIZZERIA_DATABASE_URL": f"sqlite:///{folder}/pizzeria.db",
        "PIZZERIA_API_KEYS": f"mario:{KEY}",
        "PYTHONUNBUFFERED": "1",
    }
    running = await asyncio.create_subprocess_exec(
        *COMMAND,
        cwd=ROOT,
        env=plain | settings | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Process(running)
    finally:
        if running.returncode is None:
            running.kill()
            await running.communicate()


async def test_it_greets_and_works_with_the_key_that_it_made(tmp_path: Path) -> None:
    async with starting(tmp_path, PIZZERIA_API_KEYS="") as process:
        url = await process.wait_for(r"(http://127\.0\.0\.1:\d+)$")
        key = await process.wait_for(r"staff key\s+(\S+)")
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/api/kitchen")).status_code == 401
            assert (await client.get("/api/kitchen", headers={"X-API-Key": key})).status_code == 200


async def test_a_key_that_was_set_is_not_printed(tmp_path: Path) -> None:
    async with starting(tmp_path) as process:
        await process.wait_for(r"(metrics)")
        process.running.send_signal(signal.SIGTERM)
        assert process.running.stdout
        rest = (await process.running.stdout.read()).decode()

        assert KEY not in "".join(process.said) + rest
        assert "staff key" not in rest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_streams_and_then_the_process(tmp_path: Path, number: signal.Signals) -> None:
    async with starting(tmp_path) as process:
        url = await process.wait_for(r"(http://127\.0\.0\.1:\d+)$")
        async with httpx.AsyncClient(base_url=url, headers=STAFF, timeout=30) as client:
            order = await placed(client)
            async with client.stream("GET", "/api/kitchen/stream") as stream:
                lines = stream.aiter_lines()
                await anext(lines)
                process.running.send_signal(number)
                _ = [line async for line in lines]
                code, errors = await process.end()
        assert code == 0
        assert "graceful shutdown exceeded" not in errors
        assert "Traceback" not in errors

    async with starting(tmp_path) as process:
        url = await process.wait_for(r"(http://127\.0\.0\.1:\d+)$")
        async with httpx.AsyncClient(base_url=url, headers=STAFF) as client:
            assert (await client.get(f"/api/orders/{order['id']}")).status_code == 200


async def test_a_second_signal_waits_for_no_client_and_still_stops_in_order(tmp_path: Path) -> None:
    async with starting(tmp_path) as process:
        url = await process.wait_for(r"(http://127\.0\.0\.1:\d+)$")
        lingering = asyncio.Event()

        async def slow_body() -> AsyncIterator[bytes]:
            yield b"{"
            await lingering.wait()

        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            headers = {"Content-Type": "application/json"}
            slow = asyncio.create_task(client.post("/api/orders", content=slow_body(), headers=headers))
            await placed(client)
            process.running.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.2)
            process.running.send_signal(signal.SIGTERM)
            code, errors = await process.end()
            lingering.set()
            await asyncio.gather(slow, return_exceptions=True)

    assert code == 0
    assert "graceful shutdown exceeded" not in errors


async def test_a_killed_process_has_kept_what_it_answered(tmp_path: Path) -> None:
    async with starting(tmp_path) as process:
        url = await process.wait_for(r"(http://127\.0\.0\.1:\d+)$")
        async with httpx.AsyncClient(base_url=url) as client:
            orders = await asyncio.gather(*(placed(client) for _ in range(20)))
            process.running.kill()
            await process.end()

    async with starting(tmp_path) as process:
        url = await process.wait_for(r"(http://127\.0\.0\.1:\d+)$")
        async with httpx.AsyncClient(base_url=url, headers=STAFF) as client:
            for order in orders:
                assert (await client.get(f"/api/orders/{order['id']}")).status_code == 200


async def test_a_bad_setting_ends_it_with_a_clear_word(tmp_path: Path) -> None:
    async with starting(tmp_path, PIZZERIA_KITCHEN_CAPACITY="none", PIZZERIA_API_KEYS="hunter2") as process:
        code, errors = await process.end()

    assert code == 2
    assert "PIZZERIA_KITCHEN_CAPACITY: " in errors
    assert "PIZZERIA_API_KEYS: " in errors
    assert "hunter2" not in errors
    assert "Traceback" not in errors


async def test_a_taken_port_ends_it_with_a_clear_word(tmp_path: Path) -> None:
    async with starting(tmp_path) as first:
        url = await first.wait_for(r"(http://127\.0\.0\.1:\d+)$")
        other = tmp_path / "other"
        other.mkdir()
        async with starting(other, PORT=url.rpartition(":")[2]) as second:
            code, errors = await second.end()

    assert code != 0
    assert "address already in use" in errors


async def test_a_stop_is_heard_while_it_still_waits_for_its_store(tmp_path: Path) -> None:
    async with starting(tmp_path, PIZZERIA_DATABASE_URL="mongodb://127.0.0.1:9/none") as process:
        assert process.running.stderr
        async with asyncio.timeout(30):
            while "waiting_for_store" not in (line := (await process.running.stderr.readline()).decode()):
                assert line, "it ended"
        process.running.send_signal(signal.SIGTERM)
        await process.end()


async def test_logs_are_json_where_nobody_reads_along_and_carry_the_request_id(tmp_path: Path) -> None:
    async with starting(tmp_path, PIZZERIA_LOG_LEVEL="debug") as process:
        url = await process.wait_for(r"(http://127\.0\.0\.1:\d+)$")
        async with httpx.AsyncClient(base_url=url, headers=STAFF | {"X-Request-ID": "till-7"}) as client:
            await client.get("/api/orders/none")
        process.running.send_signal(signal.SIGTERM)
        _, errors = await process.end()

    entries = [json.loads(line) for line in errors.splitlines()]
    assert any(entry["event"] == "refused" and entry["request_id"] == "till-7" for entry in entries)
