"""`pizzeria replay`: the command, its progress bar and its report."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.replay.audit import Finding, audit
from app.replay.client import PizzeriaClient, connect
from app.replay.failure import ReplayFailed
from app.replay.pizzaplace import HistoricOrder, load_pizzaplace
from app.replay.walk import walk_all

DAY = ["%Y-%m-%d"]


class Rate(ProgressColumn):
    """Orders a second, lately."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f} orders/s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`seconds` are those of sending, without the checks that follow."""

    orders: int
    seconds: float
    requests: int
    repeats: int
    findings: Sequence[Finding]

    @property
    def holds(self) -> bool:
        return all(finding.holds for finding in self.findings)


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
    console = Console()

    async def run() -> Report:
        async with connect(url, api_key, concurrency) as client:
            return await _send_and_check(console, client, place.menu, orders, settle)

    try:
        place = load_pizzaplace()
        orders = place.between(first and first.date(), last and last.date(), days)
        report = uvloop.run(run())
    except ReplayFailed as failure:
        typer.echo(f"Stopped: {failure}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("Stopped. Run it again to go on.", err=True)
        raise typer.Exit(130) from None
    _print(console, report)
    raise typer.Exit(0 if report.holds else 1)


async def _send_and_check(
    console: Console, client: PizzeriaClient, menu: dict[str, Any], orders: Sequence[HistoricOrder], settle: float
) -> Report:
    await client.count_waiting()  # fails at once where nobody listens, which later calls would be patient with
    await client.replace_menu(menu)
    started = time.monotonic()
    with _progress(console) as progress:
        task = progress.add_task("Orders of 2015", total=len(orders))
        sent = await walk_all(client, orders, lambda: progress.advance(task))
    seconds = time.monotonic() - started
    requests, repeats = client.requests, client.repeats
    console.print("Waiting for the last events, and reading every order back ...")
    findings = await audit(client, sent, settle)
    return Report(orders=len(orders), seconds=seconds, requests=requests, repeats=repeats, findings=findings)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        console=console,
    )


def _print(console: Console, report: Report) -> None:
    table = Table("", "sent", "there", "")
    for finding in report.findings:
        mark = Text("yes", "green") if finding.holds else Text("NO", "bold red")
        table.add_row(finding.what, finding.expected, finding.found, mark)
    console.print(table)
    rate = report.orders / report.seconds if report.seconds else 0
    console.print(
        f"{report.orders:,} orders in {report.seconds:,.1f} s: {rate:,.0f} orders/s, "
        f"{report.requests:,} requests, {report.repeats:,} of them repeats"
    )
