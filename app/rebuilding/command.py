"""`pizzeria rebuild`: the command."""

import typer

from app.command_settings import settings_or_exit


def rebuild() -> None:
    """Make analytics anew from the event log, in the store that PIZZERIA_DATABASE_URL names.

    The service may run meanwhile and goes on answering; run one rebuild at a time. An order placed while it runs is
    counted as ever. Run it after a restore of a backup whose analytics you do not trust, or when figures look wrong:
    they are the same afterwards, or right.
    """
    # Only who rebuilds pays for what that takes.
    from app.rebuilding.run import run_rebuild  # noqa: PLC0415

    raise typer.Exit(run_rebuild(settings_or_exit()))
