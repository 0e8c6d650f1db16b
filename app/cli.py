"""The command line: `pizzeria serve`, `pizzeria replay`, `pizzeria backup`, `pizzeria restore`, `pizzeria import`,
`pizzeria rebuild`, `pizzeria demo`."""

import asyncio
import sys
from typing import Annotated

import typer
import uvloop

from app.auth import StaffKeys
from app.backup.command import backup, restore
from app.bootstrap import build_service
from app.command_settings import settings_or_exit
from app.demo.command import demo
from app.importing.command import HELP as IMPORT_HELP
from app.importing.command import import_
from app.logs import configure_logs
from app.main import create_app
from app.rebuilding.command import rebuild
from app.replay.command import replay
from app.server import make_server
from app.settings import Settings

app = typer.Typer(help="Mario's Pizzeria order service.", no_args_is_help=True, add_completion=False)
app.command()(replay)
app.command()(backup)
app.command()(restore)
app.command()(rebuild)
app.command()(demo)
app.command("import", help=IMPORT_HELP)(import_)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; else HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; else PORT.")] = None,
) -> None:
    """Run the service until SIGTERM or Ctrl-C. Everything else is set in the environment: see the README."""
    settings = settings_or_exit(host=host, port=port)
    configure_logs(settings.log_format, settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        started = runner.run(_serve(settings))
    sys.exit(0 if started else 3)


async def _serve(settings: Settings) -> bool:
    service = build_service(settings)
    web = create_app(service)

    def greet(port: int) -> None:
        _greet(settings.host, port, web.state.staff_keys)

    def end_streams() -> None:
        service.feed.close()
        if not server.started:
            web.state.give_up_start()

    server = make_server(web, settings.host, settings.port, on_start=greet, on_stop=end_streams)
    await server.serve()
    return server.started


def _greet(host: str, port: int, keys: StaffKeys) -> None:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 (compared, not bound)
    address = f"http://{shown}:{port}"
    typer.echo(f"Mario's Pizzeria is open at {address}")
    typer.echo(f"  try it out  {address}/docs")
    typer.echo(f"  reference   {address}/redoc")
    typer.echo(f"  metrics     {address}/metrics")
    if keys.generated:
        typer.echo(f"  staff key   {keys.generated}  (made for this run; set PIZZERIA_API_KEYS to keep one)")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
