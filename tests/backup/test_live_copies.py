"""Backups made while the service writes: whole, and a service on the restored store goes on where they stopped."""

from collections.abc import Callable
from pathlib import Path

from app.bootstrap import Service
from application.ports import OrderFilter
from domain.kitchen import KITCHEN_ID, TicketStatus
from domain.order_lifecycle import OrderStatus
from tests.backup.command import busy, moves, pizzeria, place, serving
from tests.backup.holdings import Held, held, names_in
from tests.sinks import Sink
from tests.waiting import eventually


def assert_agrees(found: Held) -> None:
    assert found.version
    assert set(found.logged) <= set(found.version)
    for order_id, version in found.version.items():
        known = found.logged[order_id], found.pending[order_id]
        assert sorted({*known[0], *known[1]}) == list(range(1, version + 1)), (order_id, version, known)
        assert all(sorted(set(versions)) == versions for versions in known), "twice, or out of order"
    assert found.positions == list(range(1, len(found.positions) + 1))
    assert found.leases == 0


async def assert_no_ticket_is_ahead(service: Service) -> None:
    for ticket in await service.store.ticket_board.list(tuple(TicketStatus), limit=100_000):
        order = await service.store.order_queries.get(ticket.order_id)
        assert order is not None
        assert ticket.version <= order.version


async def assert_who_cooks_has_a_place(service: Service) -> None:
    """And nobody else but who was about to cook. An order that is ready gives its place back when its event arrives."""
    cooking = await service.store.order_queries.list(
        OrderFilter(status=OrderStatus.COOKING), limit=1000, before_id=None
    )
    placed = {found.order_id for found in (await service.store.kitchens.get(KITCHEN_ID)).state.places}
    assert {order.id for order in cooking} <= placed
    others = [await service.store.orders.get(order_id) for order_id in placed - {order.id for order in cooking}]
    assert all(order.state.status is OrderStatus.CONFIRMED for order in others)


async def assert_delivers_what_was_pending(database: dict[str, str], before: Held, sent: list[tuple[str, int]]) -> None:
    async with Sink() as sink, serving(database, sink) as service:
        await assert_no_ticket_is_ahead(service)

        async def nothing_is_pending() -> bool:
            return not any([await outbox.backlog() for outbox in service.store.outboxes.values()])

        await eventually(nothing_is_pending, 30)
        await assert_who_cooks_has_a_place(service)
        delivered = {(event.get_subject(), int(event.get_attributes()["sequence"])) for event in sink.events}
        assert {(order_id, n) for order_id, ns in before.pending.items() for n in ns} <= delivered
        assert {(order_id, n) for order_id, v in before.version.items() for n in range(1, v + 1)} <= {*sent, *delivered}
        for move in moves(await place(service)):
            await service.mediator.execute(move)
        await eventually(nothing_is_pending, 30)
    after = await held(database)
    assert_agrees(after)
    assert {order_id: after.logged[order_id] for order_id in before.version} == {
        order_id: list(range(1, version + 1)) for order_id, version in before.version.items()
    }


async def test_copies_made_while_the_service_writes_are_whole_and_go_on_where_they_stopped(
    new_database: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    live = new_database()
    copies = []
    async with Sink() as sink, serving(live, sink) as service, busy(service):
        for number in range(2):
            before = await service.store.event_log.last_position()
            code, said = await pizzeria(live, "backup", tmp_path / f"{number}.backup")
            assert code == 0, said
            assert await service.store.event_log.last_position() > before, "nothing was written meanwhile"
            copies.append((tmp_path / f"{number}.backup", said))
        sent = [(event.get_subject() or "", int(event.get_attributes()["sequence"])) for event in sink.events]
    assert not [name for name in names_in(tmp_path) if "partial" in name]
    for number, (file, said) in enumerate(copies):
        restored = new_database()
        code, told = await pizzeria(restored, "restore", file)
        assert code == 0, told
        found = await held(restored)
        assert_agrees(found)
        pending = sum(map(len, found.pending.values()))
        counts = f"{len(found.orders):,} orders, {len(found.positions):,} logged events, {pending:,} events still"
        assert counts in said
        assert counts in told
        if number == 1:
            await assert_delivers_what_was_pending(restored, found, sent)


async def test_what_no_sink_had_taken_is_delivered_after_a_restore_at_once(
    new_database: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    live, restored = new_database(), new_database()
    live["lease_seconds"] = "600"
    async with Sink() as sink, serving(live, sink) as service:
        await sink.refuse_connections()
        orders = [await place(service) for _ in range(5)]
        assert (await pizzeria(live, "backup", tmp_path / "copy"))[0] == 0
    assert (await pizzeria(restored, "restore", tmp_path / "copy"))[0] == 0
    before = await held(restored)
    assert {order_id: before.pending[order_id] for order_id in orders} == {order_id: [1] for order_id in orders}
    await assert_delivers_what_was_pending(restored, before, [])
