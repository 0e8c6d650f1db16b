"""`pizzeria import`: the command and its options."""

from pathlib import Path
from typing import Annotated

import typer

from app.command_settings import settings_or_exit
from app.importing.rows import COLUMNS, Format

HELP = (
    """Take orders of the past into the store that PIZZERIA_DATABASE_URL names, each once however often it is run.

    A row of FILE is a line of an order, CSV with headings or a JSON object a line, with these columns (* needed):

    \b
"""
    + "\n".join(f"    {name:<16}{meaning}" for name, meaning in COLUMNS.items())
    + """

    An order of which a row is broken stays out; each such row is told with its number and the reason, and the exit
    code is 1. Nobody is notified of these orders, and nothing is published unless asked. The service may run meanwhile.
    """
)


def import_(
    file: Annotated[Path, typer.Argument(help="CSV or JSON lines.", exists=True, dir_okay=False)],
    *,
    form: Annotated[
        Format | None, typer.Option("--format", help="Without it by the name: .csv, or .jsonl, .ndjson.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="Of orders that name none. Without it: the menu's.", metavar="CODE")
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Send their CloudEvents to the sink, once a service runs.")
    ] = False,
) -> None:
    # Only who imports pays for what that takes.
    from app.importing.run import run_import  # noqa: PLC0415

    chosen = form or _by_name(file)
    settings = settings_or_exit()
    if publish and not settings.cloudevents_sink:
        typer.secho("--publish needs PIZZERIA_CLOUDEVENTS_SINK.", err=True, fg=typer.colors.RED)
        raise typer.Exit(2)
    raise typer.Exit(run_import(settings, file, chosen, currency=currency, publish=publish))


def _by_name(file: Path) -> Format:
    suffix = file.suffix.lower()
    if suffix == ".csv":
        return "csv"
    if suffix in (".jsonl", ".ndjson"):
        return "jsonl"
    typer.secho(f"What is {file.name}? Say --format csv or --format jsonl.", err=True, fg=typer.colors.RED)
    raise typer.Exit(2)
