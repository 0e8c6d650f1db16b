"""Runs a rebuild, with a bar that shows how far it is."""

import time

import typer
import uvloop
from rich.console import Console

from app.bootstrap import build_store
from app.parts import make_keeper
from app.progress import make_progress
from app.settings import Settings
from application.analytics.rebuild import Rebuild, Report
from application.events.analytics import customer_keys
from domain.errors import FiguresBehind, StoreUnavailable

STOPPED = 130


def run_rebuild(settings: Settings) -> int:
    """Returns the exit code: 0, or 1 where it has failed."""
    began = time.monotonic()
    try:
        with make_progress(Console(stderr=True)) as bar:
            task = bar.add_task("", total=None)
            made = uvloop.run(
                _rebuild(
                    settings,
                    lambda what, done, total: bar.update(task, description=what, completed=done, total=total),
                )
            )
    except (StoreUnavailable, FiguresBehind) as failure:
        reason = failure.__cause__ or failure
        typer.secho(f"Stopped: {reason}. Run it again.", err=True, fg=typer.colors.RED)
        return 1
    except KeyboardInterrupt:
        typer.echo("Stopped. Run it again.", err=True)
        return STOPPED
    typer.echo(
        f"Made the facts of {made:,} orders anew, and what they add up to, in {time.monotonic() - began:,.1f} s."
    )
    return 0


async def _rebuild(settings: Settings, report: Report) -> int:
    store = build_store(settings, lambda *_: None)
    await store.open()
    try:
        rebuild = Rebuild(
            store.order_facts,
            store.event_log,
            store.order_queries,
            keys=await customer_keys(store.secrets),
            keeper=make_keeper(settings, store),
        )
        return await rebuild.run(report)
    finally:
        await store.close()
