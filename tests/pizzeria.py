"""`pizzeria` as users run it: a process of its own, with the settings that a test gives it and no others."""

import asyncio
import os
import random
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
#: Below the range from which kernels choose by themselves.
PORTS = (10_000, 27_000)


async def start(
    *arguments: object,
    settings: Mapping[str, str],
    output: int | IO[bytes] = PIPE,
    tree: Path = ROOT,
    module: str = "app.cli",
) -> Process:
    """Start the command line of the code in `tree`. All that it says goes to `output`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PIZZERIA_", "K_"))}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *map(str, arguments)),
        cwd=tree,
        env=inherited | {"PYTHONPATH": ""} | dict(settings),
        stdin=DEVNULL,
        stdout=output,
        stderr=STDOUT,
    )


async def run(
    *arguments: object, settings: Mapping[str, str], tree: Path = ROOT, seconds: float = 60
) -> tuple[int, str]:
    """Run a command to its end; returns its exit code and all that it said. Raises TimeoutError."""
    process = await start(*arguments, settings=settings, tree=tree)
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, said.decode(errors="replace")


def free_port() -> int:
    """One that no client is given by the kernel, nor another run: a service comes back to it after each end."""
    while True:
        port = random.randrange(*PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
