"""What backup and restore refuse, and that nothing has changed then."""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.backup.command import busy, pizzeria, place, serving
from tests.backup.holdings import held, is_absent, names_in, path_of
from tests.contract.servers import in_database
from tests.sinks import Sink


async def test_a_file_that_is_there_is_replaced_only_by_force(
    new_database: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    live = new_database()
    async with Sink() as sink, serving(live, sink) as service:
        await place(service)
        (tmp_path / "copy").write_text("precious")
        code, said = await pizzeria(live, "backup", tmp_path / "copy")
        assert (code, "--force" in said) == (1, True)
        assert (tmp_path / "copy").read_text() == "precious"
        assert (await pizzeria(live, "backup", tmp_path / "copy", "--force"))[0] == 0
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0, "others may read it"


async def test_a_store_that_holds_something_is_replaced_only_by_force(
    new_database: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    live = new_database()
    async with Sink() as sink, serving(live, sink) as service:
        await place(service)
        assert (await pizzeria(live, "backup", tmp_path / "copy"))[0] == 0
        await place(service)
    before = await held(live)
    code, said = await pizzeria(live, "restore", tmp_path / "copy")
    assert (code, "not empty" in said) == (1, True), said
    assert (await held(live)).version == before.version
    code, said = await pizzeria(live, "restore", "--force", tmp_path / "copy")
    assert code == 0, said
    assert len((await held(live)).orders) == 1


async def test_a_damaged_backup_is_refused_and_nothing_changes(
    new_database: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    live, restored = new_database(), new_database()
    async with Sink() as sink, serving(live, sink) as service:
        for _ in range(20):
            await place(service)
        assert (await pizzeria(live, "backup", tmp_path / "copy"))[0] == 0
    whole = (tmp_path / "copy").read_bytes()
    assert whole.count(b"margherita") > 20
    bad = {
        "truncated": whole[: len(whole) // 2],
        "one letter": whole.replace(b"margherita", b"margarita_", 1),
    }
    for name, content in bad.items():
        (tmp_path / "bad").write_bytes(content)
        code, said = await pizzeria(restored, "restore", "--force", tmp_path / "bad")
        assert code == 1, (name, said)
        assert "backup" in said or "damaged" in said
        assert "Traceback" not in said
    assert await is_absent(restored)
    code, said = await pizzeria(restored, "restore", tmp_path / "missing")
    assert (code, "no file" in said) == (1, True)
    assert (await pizzeria(restored, "restore"))[0] == 2


async def test_a_database_that_a_service_has_open_is_not_replaced(tmp_path: Path) -> None:
    database = {"database_url": f"sqlite:///{tmp_path}/pizzeria.db"}
    async with Sink() as sink, serving(database, sink) as service:
        await place(service)
        assert (await pizzeria(database, "backup", tmp_path / "copy"))[0] == 0
        inode = (tmp_path / "pizzeria.db").stat().st_ino
        code, said = await pizzeria(database, "restore", "--force", tmp_path / "copy")
        assert (code, "in use" in said) == (1, True), said
        assert (tmp_path / "pizzeria.db").stat().st_ino == inode
        await place(service)
    assert (await pizzeria(database, "restore", "--force", tmp_path / "copy"))[0] == 0


async def test_a_damaged_database_and_what_lies_beside_it_are_replaced_by_force(tmp_path: Path) -> None:
    database = {"database_url": f"sqlite:///{tmp_path}/pizzeria.db"}
    path = path_of(database)
    async with Sink() as sink, serving(database, sink) as service:
        await place(service)
        assert (await pizzeria(database, "backup", tmp_path / "copy"))[0] == 0
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).write_bytes(b"rubbish" * 2000)
    assert (await pizzeria(database, "restore", tmp_path / "copy"))[0] == 1
    code, said = await pizzeria(database, "restore", "--force", tmp_path / "copy")
    assert code == 0, said
    assert names_in(tmp_path) == ["copy", "pizzeria.db"]
    assert len((await held(database)).orders) == 1


async def test_a_backup_of_one_store_is_refused_by_another(mongo_server: str, tmp_path: Path) -> None:
    database = {"database_url": f"sqlite:///{tmp_path}/pizzeria.db"}
    async with Sink() as sink, serving(database, sink):
        assert (await pizzeria(database, "backup", tmp_path / "copy"))[0] == 0
    other = {"database_url": in_database(mongo_server, f"test_{uuid.uuid4().hex}")}
    code, said = await pizzeria(other, "restore", tmp_path / "copy")
    assert (code, "backup of sqlite" in said) == (1, True), said
    assert await is_absent(other)


async def test_a_store_that_is_not_there_is_told_and_leaves_no_file(tmp_path: Path) -> None:
    code, said = await pizzeria({"database_url": f"sqlite:///{tmp_path}/none.db"}, "backup", tmp_path / "copy")
    assert (code, "no database" in said) == (1, True), said
    assert names_in(tmp_path) == []
    assert (await pizzeria({"database_url": "nonsense"}, "backup", tmp_path / "copy"))[0] == 2


async def test_a_killed_backup_leaves_nothing_under_the_final_name(tmp_path: Path) -> None:
    database = {"database_url": f"sqlite:///{tmp_path}/pizzeria.db"}
    async with Sink() as sink, serving(database, sink) as service, busy(service):
        for wait in (0.2, 0.5, 0.8):
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await pizzeria(database, "backup", "--force", tmp_path / "copy")
    if (tmp_path / "copy").exists():
        code, said = await pizzeria({"database_url": f"sqlite:///{tmp_path}/new.db"}, "restore", tmp_path / "copy")
        assert code == 0, said
