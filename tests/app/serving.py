"""Runs the whole service on a free loopback port, in a thread with a loop of its own."""

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvloop

from app.bootstrap import Service, build_service
from app.main import create_app
from app.server import Server, make_server
from app.settings import Settings

KEY = "marios-secret-key"
STAFF = {"X-API-Key": KEY}
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Pizzeria:
    """A service that runs. `anybody` and `staff` make clients; close them."""

    url: str
    service: Service
    server: Server
    loop: asyncio.AbstractEventLoop

    def anybody(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=PATIENCE)

    def staff(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=PATIENCE, headers=STAFF)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.server.stop)


@contextmanager
def serving(folder: Path, **settings: Any) -> Iterator[Pizzeria]:
    """Serve from a SQLite file in `folder`; `settings` are fields of `Settings`."""
    plain: dict[str, Any] = {
        "database_url": f"sqlite:///{folder}/pizzeria.db",
        "api_keys": f"mario:{KEY}",
        "port": 0,
    }
    chosen = Settings(**plain | settings)
    started: queue.Queue[Pizzeria | BaseException] = queue.Queue()
    thread = threading.Thread(target=_run, args=(chosen, started), name="pizzeria")
    thread.start()
    outcome = started.get(timeout=PATIENCE)
    if isinstance(outcome, BaseException):
        raise outcome
    try:
        yield outcome
    finally:
        outcome.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the server did not stop"


def _run(settings: Settings, started: "queue.Queue[Pizzeria | BaseException]") -> None:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, started))
    except BaseException as failure:
        started.put(failure)
        raise


async def _serve(settings: Settings, started: "queue.Queue[Pizzeria | BaseException]") -> None:
    service = build_service(settings)

    def tell(port: int) -> None:
        started.put(Pizzeria(f"http://127.0.0.1:{port}", service, server, asyncio.get_running_loop()))

    server = make_server(create_app(service), "127.0.0.1", 0, on_start=tell, on_stop=service.feed.close)
    await server.serve()
