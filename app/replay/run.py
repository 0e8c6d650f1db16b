"""Runs a replay: sends, shows how far it is, and reports what it found."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

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


def run_replay(
    url: str,
    api_key: str,
    *,
    concurrency: int,
    days: int | None,
    period: tuple[date | None, date | None],
    settle: float,
) -> int:
    """Send the orders of `period`, or of its first `days`, check what became of them, and return the exit code."""
    console = Console()

    async def run() -> Report:
        async with connect(url, api_key, concurrency) as client:
            return await _send_and_check(console, client, place.menu, orders, settle)

    try:
        place = load_pizzaplace()
        orders = place.between(*period, days)
        report = uvloop.run(run())
    except ReplayFailed as failure:
        typer.echo(f"Stopped: {failure}", err=True)
        return 1
    except KeyboardInterrupt:
        typer.echo("Stopped. Run it again to go on.", err=True)
        return 130
    _print(console, report)
    return 0 if report.holds else 1


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
