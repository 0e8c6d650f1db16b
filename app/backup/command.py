"""`pizzeria backup` and `pizzeria restore`: the commands and their options."""

from pathlib import Path
from typing import Annotated

import typer

from app.command_settings import settings_or_exit


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write the backup.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it exists.")] = False,
) -> None:
    """Copy the store into one file, while the service runs. The store is the one that PIZZERIA_DATABASE_URL names.

    The file holds customers' data and the secret that order tokens are made with: keep it as safe as the store.
    """
    # Only who makes a backup pays for what that takes.
    from app.backup.run import run_backup  # noqa: PLC0415

    raise typer.Exit(run_backup(settings_or_exit(), file, force=force))


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `pizzeria backup` has written.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace what the store holds now.")] = False,
) -> None:
    """Put a backup into the store that PIZZERIA_DATABASE_URL names. Stop every service on it first."""
    from app.backup.run import run_restore  # noqa: PLC0415 - as above

    raise typer.Exit(run_restore(settings_or_exit(), file, force=force))
