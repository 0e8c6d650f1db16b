"""The languages that there are texts in: a folder of templates each."""

from pathlib import Path

TEMPLATES = Path(__file__).with_name("templates")
LANGUAGES = frozenset(folder.name for folder in TEMPLATES.iterdir() if folder.is_dir())


def primary_language(tag: str) -> str:
    """Of a BCP 47 tag: `it` of `it-CH`."""
    return tag.replace("_", "-").partition("-")[0].lower()
