"""`pizzeria replay`: the command and its options."""

from datetime import datetime
from typing import Annotated

import typer

DAY = ["%Y-%m-%d"]


def replay(
    *,
    api_key: Annotated[str, typer.Option(envvar="PIZZERIA_API_KEY", help="A staff key of the service.")],
    url: Annotated[str, typer.Option(help="Where the service is.")] = "http://127.0.0.1:8000",
    concurrency: Annotated[
        int, typer.Option(min=1, max=500, help="Orders at a time. Stay below the kitchen's capacity.")
    ] = 8,
    days: Annotated[int | None, typer.Option(min=1, help="Send no more than this many days.")] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="First day, 2015-01-01 or later.")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last day.")] = None,
    settle: Annotated[float, typer.Option(min=0, help="Seconds to wait at the end for every event to arrive.")] = 120,
) -> None:
    """Replace the menu and send a real pizzeria's orders of 2015, each through its whole life.

    Run it again to go on after a stop: orders that are there already are found, not placed twice. At the end it
    compares what the service holds with what was sent, and fails where that is not the same to the cent.
    """
    # Only who replays pays for the client and the progress bar: a fifth of the time that the service takes to start.
    from app.replay.run import run_replay  # noqa: PLC0415

    period = (first and first.date(), last and last.date())
    raise typer.Exit(run_replay(url, api_key, concurrency=concurrency, days=days, period=period, settle=settle))
