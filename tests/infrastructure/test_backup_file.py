"""A copy of a SQLite file, made in steps, while others write between any two of them."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from infrastructure.backup_file import STEP_PAGES, BackupError, check, copy_pages, new_file, open_existing, seal

BLOB = bytes(4096)


def test_a_writer_that_never_rests_does_not_make_the_copy_start_over(tmp_path: Path) -> None:
    live, rows = tmp_path / "live", 5 * STEP_PAGES
    steps: list[int] = []
    with closing(sqlite3.connect(live, isolation_level=None)) as writer, closing(open_existing(live)) as source:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA synchronous = OFF")
        writer.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, content BLOB)")
        writer.execute("BEGIN")
        writer.executemany("INSERT INTO things VALUES (?, ?)", ((number, BLOB) for number in range(rows)))
        writer.execute("COMMIT")

        def write_in_between(what: str, done: int, total: int) -> None:
            steps.append(done)
            assert len(steps) < 20, "it starts all over"
            writer.execute("INSERT INTO things (content) VALUES (?)", (BLOB,))
            writer.execute("UPDATE things SET content = x'01' WHERE id = ?", (done // 2,))

        copy_pages(source, tmp_path / "copy", write_in_between)
    assert len(steps) > 4
    assert steps == sorted(set(steps))
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*), sum(length(content)) FROM things").fetchone() == (rows, rows * len(BLOB))


def fill_the_disk(target: Path) -> None:
    with new_file(target, replace=False) as beside:
        beside.write_bytes(BLOB)
        raise OSError("disk full")


def test_what_fails_on_the_way_leaves_neither_the_file_nor_a_part_of_it(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk"):
        fill_the_disk(tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_what_somebody_else_has_put_there_meanwhile_is_kept(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="--force"), new_file(tmp_path / "copy", replace=False):
        (tmp_path / "copy").write_text("precious")
    assert [left.name for left in tmp_path.iterdir()] == ["copy"]
    assert (tmp_path / "copy").read_text() == "precious"


def sealed(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as file:
        file.executescript("CREATE TABLE orders (id TEXT); CREATE TABLE events (id TEXT, data BLOB);")
        file.execute("INSERT INTO orders VALUES ('margherita')")
        file.executemany("INSERT INTO events VALUES (?, ?)", ((str(number), BLOB) for number in range(50)))
        file.commit()
    seal(path, "sqlite", pending=7)
    return path


def test_a_whole_backup_says_what_it_holds(tmp_path: Path) -> None:
    found = check(sealed(tmp_path / "copy"), "sqlite")
    assert (found.orders, found.events, found.pending) == (1, 50, 7)


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole.replace(b"margherita", b"margarita_"),
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-1],
        lambda whole: whole[: len(whole) // 2] + b"x" * 4096 + whole[len(whole) // 2 + 4096 :],
        lambda whole: b"x" * 4096 + whole[4096:],
        lambda whole: b"no database at all" * 1000,
        lambda whole: b"",
    ],
    ids=["a letter", "half of it", "a byte short", "a page", "the first page", "something else", "nothing"],
)
def test_a_damaged_backup_is_noticed(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = sealed(tmp_path / "copy")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BackupError, match=r"damaged|no backup"):
        check(path, "sqlite")


def test_a_backup_of_another_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="backup of sqlite"):
        check(sealed(tmp_path / "copy"), "mongodb")
