"""Runs an import: reads the file, takes its orders in, adds them up, and says how it went."""

import os
import time
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
import uvloop
from rich.console import Console
from rich.progress import Progress

from app.bootstrap import build_store
from app.importing.importer import Count, Importer
from app.importing.parsing import Defaults
from app.importing.rows import BrokenRow, Format, UnreadableFile, grouped, read_rows
from app.parts import make_keeper
from app.progress import make_progress
from app.settings import Settings
from application.events.analytics import customer_keys
from application.events.cloudevents import CloudEventsHandler
from application.store import Store
from domain.actor import act_as
from domain.errors import StoreUnavailable
from domain.menu import MENU_ID, marios_menu

STOPPED = 130
#: How many orders are read before the bar moves.
TELL_EVERY = 100


def run_import(settings: Settings, file: Path, form: Format, *, currency: str | None, publish: bool) -> int:
    """Returns the exit code: 0, or 1 where a row is broken or the import has failed."""
    began = time.monotonic()
    console = Console(stderr=True)

    async def run() -> Count:
        act_as("import")
        store = build_store(settings, lambda *_: None)
        await store.open()
        try:
            importer = await _importer(settings, store, currency, publish=publish)
            with make_progress(console) as progress:
                await _read(importer, file, form, progress)
                await _add_up(settings, store, progress)
        finally:
            await store.close()
        return importer.count

    try:
        count = uvloop.run(run())
    except StoreUnavailable as failure:
        return _failed(f"the store does not answer: {failure.__cause__ or failure}. Run it again to go on")
    except (UnreadableFile, OSError) as failure:
        return _failed(str(failure))
    except KeyboardInterrupt:
        typer.echo("Stopped. Run it again to go on.", err=True)
        return STOPPED
    return _tell(count, time.monotonic() - began)


async def _importer(settings: Settings, store: Store, currency: str | None, *, publish: bool) -> Importer:
    menu = await store.menus.find(MENU_ID) or marios_menu()
    return Importer(
        store.order_history,
        await customer_keys(store.secrets),
        defaults=Defaults(currency or menu.state.currency, ZoneInfo(settings.time_zone)),
        cooking_time=timedelta(minutes=settings.cooking_minutes),
        tell=(CloudEventsHandler.__name__,) if publish else (),
        complain=_complain,
    )


async def _read(importer: Importer, file: Path, form: Format, progress: Progress) -> None:
    with file.open("rb") as source:
        task = progress.add_task("Taking orders in", total=os.fstat(source.fileno()).st_size)
        for number, group in enumerate(grouped(read_rows(source, form))):
            await importer.take(group)
            if number % TELL_EVERY == 0:
                progress.update(task, completed=source.tell())
        await importer.flush()


async def _add_up(settings: Settings, store: Store, progress: Progress) -> None:
    """What analytics would else do in the background, once a service runs."""
    task = progress.add_task("Adding them up", total=None)
    keeper = make_keeper(settings, store)
    await keeper.refresh_all(report=lambda done, total: progress.update(task, completed=done, total=total))


def _complain(row: BrokenRow) -> None:
    typer.echo(f"row {row.number}: {row.reason}", err=True)


def _tell(count: Count, seconds: float) -> int:
    known = f", {count.known:,} were there already" if count.known else ""
    typer.echo(f"Imported {count.new:,} orders{known}, in {seconds:,.1f} s.")
    if count.broken:
        typer.echo(f"Rows that are broken: {count.broken:,}. The orders that they belong to were left out.", err=True)
    return 1 if count.broken else 0


def _failed(reason: str) -> int:
    typer.secho(f"Stopped: {reason}.", err=True, fg=typer.colors.RED)
    return 1
