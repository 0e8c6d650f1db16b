"""The Dockerfile: clean, pinned, and naming only what exists."""

import re
import subprocess
import sysconfig
from pathlib import Path

from tests.container.settings import known_settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_hadolint_finds_nothing_to_say_about_the_dockerfile() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"

    verdict = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)  # noqa: S603

    assert (verdict.stdout + verdict.stderr, verdict.returncode) == ("", 0)


def test_the_base_image_is_pinned_to_a_patch_release() -> None:
    images = [image for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.M) if image != "base"]

    assert images
    assert all(re.fullmatch(r"\S+:\d+\.\d+\.\d+-slim-\w+", image) for image in images)


def test_the_image_runs_as_an_ordinary_user() -> None:
    (user,) = re.findall(r"^USER (\S+)", DOCKERFILE, re.M)

    assert int(user) > 0


def test_every_file_that_is_copied_exists_and_is_let_into_the_build() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.M)
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert set(copied) == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_every_setting_of_the_image_is_one_that_the_service_knows() -> None:
    settings = set(re.findall(r"\b(PIZZERIA_\w+|HOST|PORT)=", DOCKERFILE))

    assert {"HOST", "PORT", "PIZZERIA_DATABASE_URL"} <= settings <= known_settings()
