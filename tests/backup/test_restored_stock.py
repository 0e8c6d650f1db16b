"""A restored stock room goes on where the copy was made: at once, and not only when the next order has come."""

from collections.abc import Callable
from pathlib import Path

from domain.stock import Level
from tests.backup.command import pizzeria, serving
from tests.contract.test_stock_room import check_books, deduct, delivery, reserved
from tests.sinks import Sink


async def test_what_was_reserved_is_deducted_and_what_is_delivered_comes_in_after_a_restore(
    new_database: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    live, restored = new_database(), new_database()
    async with Sink() as sink:
        async with serving(live, sink) as service:
            await service.store.stock_room.apply([delivery("dough", 10)])
            order_id = await reserved(service.store.stock_room, {"dough": 3})
        for database, command in ((live, "backup"), (restored, "restore")):
            code, said = await pizzeria(database, command, tmp_path / "copy")
            assert code == 0, said

        async with serving(restored, sink) as service:
            room = service.store.stock_room
            await deduct(room, order_id)
            await room.apply([delivery("dough", 5)])
            assert await room.levels() == {"dough": Level(on_hand=12)}
            await check_books(room)
