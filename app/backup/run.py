"""Runs a backup or a restore: on the store that the settings name, with a bar that shows how far it is."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.settings import Settings
from domain.errors import StoreUnavailable
from infrastructure.backup_file import BackupError, Report, Seal
from infrastructure.sqlite import backup as sqlite

STOPPED = 130


def run_backup(settings: Settings, file: Path, *, force: bool) -> int:
    """Returns the exit code: 0, or 1 where nothing was written under the file's name."""

    def back_up(report: Report) -> None:
        began = time.monotonic()
        seal = _back_up(settings, file, report, force=force)
        took = time.monotonic() - began
        typer.echo(f"Copied {_contents(seal)} to {file} ({file.stat().st_size / 1e6:,.1f} MB) in {took:,.1f} s.")

    return _run(back_up)


def run_restore(settings: Settings, file: Path, *, force: bool) -> int:
    """Returns the exit code: 0, or 1 where it was refused or has failed, and why is said."""

    def restore(report: Report) -> None:
        seal, released = _restore(settings, file, report, force=force)
        typer.echo(f"Restored {_contents(seal)}, as of {seal.made_at}. Leases released: {released:,}.")

    return _run(restore)


def _back_up(settings: Settings, file: Path, report: Report, *, force: bool) -> Seal:
    if path := settings.sqlite_path:
        return sqlite.back_up(path, file, report, force=force)
    from infrastructure.mongo import backup as mongo  # noqa: PLC0415 - only who uses MongoDB pays for its driver

    return uvloop.run(mongo.back_up(settings.database_url, settings.mongo_driver, file, report, force=force))


def _restore(settings: Settings, file: Path, report: Report, *, force: bool) -> tuple[Seal, int]:
    if path := settings.sqlite_path:
        return sqlite.restore(file, path, report, force=force)
    from infrastructure.mongo import backup as mongo  # noqa: PLC0415 - as above

    return uvloop.run(mongo.restore(file, settings.database_url, settings.mongo_driver, report, force=force))


def _contents(seal: Seal) -> str:
    return f"{seal.orders:,} orders, {seal.events:,} logged events, {seal.pending:,} events still to deliver"


def _run(work: Callable[[Report], None]) -> int:
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    try:
        with bar:
            task = bar.add_task("", total=None)
            work(lambda what, done, total: bar.update(task, description=what, completed=done, total=total))
    except StoreUnavailable as failure:
        return _failed(f"the store does not answer: {failure.__cause__ or failure}")
    except (BackupError, OSError, sqlite3.Error) as failure:
        return _failed(str(failure))
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        return STOPPED
    return 0


def _failed(reason: str) -> int:
    typer.secho(f"Refused or failed: {reason}", err=True, fg=typer.colors.RED)
    return 1
