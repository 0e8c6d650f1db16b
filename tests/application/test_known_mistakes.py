"""The mistakes that the fault suite puts back into the service still fit its code: found here, not an hour later."""

from pathlib import Path

import pytest

from tests.faults.mutants import PATCHES, plant

STORES = ("mongodb", "sqlite")


@pytest.mark.parametrize("patch", sorted(path.stem for path in PATCHES.iterdir()))
def test_every_known_mistake_still_fits_the_code(patch: str, tmp_path: Path) -> None:
    mistake, _, store = patch.partition(".")
    for named in (store,) if store else STORES:
        assert plant(mistake, named, tmp_path / named).is_dir()
