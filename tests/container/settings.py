"""The names under which settings are read from the environment."""

from pydantic import AliasChoices

from app.settings import Settings


def known_settings() -> set[str]:
    names: set[str] = set()
    for name, field in Settings.model_fields.items():
        match field.validation_alias:
            case None:
                names.add(f"PIZZERIA_{name.upper()}")
            case AliasChoices(choices=choices):
                names.update(str(choice) for choice in choices)
            case alias:
                names.add(str(alias))
    return names
