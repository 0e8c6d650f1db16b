"""Known mistakes, each put back into a copy of the service: what the suite must notice.

A mistake is a patch in `mutants/`, under its name for both stores, or `<name>.<store>.patch` for each. One that does
not apply is an error: the code has moved on, and the mistake has to move with it.
"""

import os
import shutil
import subprocess
from pathlib import Path

from tests.pizzeria import ROOT

PATCHES = Path(__file__).with_name("mutants")
PACKAGES = ("app", "application", "domain", "infrastructure")
LAUNCHER = ("tests/__init__.py", "tests/faults/__init__.py", "tests/faults/launcher.py")


def plant(mistake: str, store: str, folder: Path) -> Path:
    """A copy of the service with the mistake in it. Raises ValueError where the patch does not apply."""
    tree = folder / "mutant"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in LAUNCHER:
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tree / file)
    patch = patch_of(mistake, store)
    # Out of sight of any repository around it: `git apply` would leave alone what that does not track.
    outside = os.environ | {"GIT_CEILING_DIRECTORIES": str(folder)}
    applied = subprocess.run(  # noqa: S603
        ["git", "apply", "--verbose", patch],  # noqa: S607
        cwd=tree,
        env=outside,
        capture_output=True,
        text=True,
        check=False,
    )
    if applied.returncode:
        raise ValueError(f"{patch.name} does not apply any more:\n{applied.stderr}")
    return tree


def patch_of(mistake: str, store: str) -> Path:
    of_store = PATCHES / f"{mistake}.{store}.patch"
    return of_store if of_store.exists() else PATCHES / f"{mistake}.patch"


def described(mistake: str, store: str) -> str:
    """What the mistake is, in a sentence: the patch's first line."""
    return patch_of(mistake, store).read_text().partition("\n")[0]
