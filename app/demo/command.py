"""`pizzeria demo`: the command."""

import typer


def demo() -> None:
    """Tell one order's story: a pizza joins the menu and is stocked by itself, is ordered, confirmed and shipped.

    It runs a service of its own on a database of its own, which is gone at the end, with a sink for its CloudEvents on
    loopback. At the end it checks what has become of everything, and fails where that is not as it should be.
    """
    # Only who wants the demo pays for its sink.
    import uvloop  # noqa: PLC0415

    from app.demo.story import StoryFailed, run_demo  # noqa: PLC0415
    from app.logs import configure_logs  # noqa: PLC0415

    configure_logs("auto", "error")
    try:
        uvloop.run(run_demo(typer.echo))
    except StoryFailed as failure:
        typer.echo(f"\nThis should not be: {failure}", err=True)
        raise typer.Exit(1) from None
