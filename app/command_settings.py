"""The settings of a command: what makes no sense is told to who typed it."""

from typing import Any

import typer

from app.settings import Settings, SettingsError, load_settings


def settings_or_exit(**overrides: Any) -> Settings:
    """As `load_settings`. Raises `typer.Exit` with 2 where they make no sense, and says why."""
    try:
        return load_settings(**overrides)
    except SettingsError as failure:
        typer.secho(f"These settings make no sense:\n{failure}", err=True, fg=typer.colors.RED)
        raise typer.Exit(2) from None
