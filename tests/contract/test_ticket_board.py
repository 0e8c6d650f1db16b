"""The kitchen's tickets: opened once, moved forward only."""

from dataclasses import replace
from datetime import timedelta

from application.clock import utc_now
from application.ports import TicketChange
from application.store import Store
from domain.events import OrderedItem
from domain.kitchen import OPEN_TICKETS, Ticket, TicketStatus

NOW = utc_now()


def ticket(order_id: str, *, confirmed_minutes_ago: int = 0, version: int = 2) -> Ticket:
    confirmed = NOW - timedelta(minutes=confirmed_minutes_ago)
    return Ticket(
        order_id=order_id,
        status=TicketStatus.QUEUED,
        version=version,
        items=(OrderedItem(pizza="diavola", size="small", quantity=1, extra_toppings=("olives",), line_total=1469),),
        fulfilment="pickup",
        pizza_count=1,
        confirmed_at=confirmed,
        estimated_ready_time=confirmed + timedelta(minutes=12),
        notes="ring twice",
        updated_at=confirmed,
    )


def change(order_id: str, version: int, status: TicketStatus, cook: str | None = "Luigi") -> TicketChange:
    return TicketChange(order_id=order_id, version=version, status=status, cook=cook, updated_at=NOW)


async def tickets(store: Store) -> list[Ticket]:
    return await store.ticket_board.list(list(TicketStatus), limit=100)


async def test_a_ticket_comes_back_as_it_was_opened(store: Store) -> None:
    await store.ticket_board.apply([ticket("a")])

    assert await tickets(store) == [ticket("a")]


async def test_opening_again_changes_nothing(store: Store) -> None:
    await store.ticket_board.apply([ticket("a"), change("a", 3, TicketStatus.COOKING)])

    await store.ticket_board.apply([ticket("a"), ticket("a", version=9)])

    (found,) = await tickets(store)
    assert (found.version, found.status, found.cook) == (3, TicketStatus.COOKING, "Luigi")


async def test_a_change_that_is_behind_or_repeated_is_ignored(store: Store) -> None:
    await store.ticket_board.apply([ticket("a"), change("a", 4, TicketStatus.READY)])

    await store.ticket_board.apply(
        [change("a", 3, TicketStatus.COOKING), change("a", 4, TicketStatus.CANCELLED, cook=None)]
    )

    (found,) = await tickets(store)
    assert (found.version, found.status) == (4, TicketStatus.READY)


async def test_changes_of_many_orders_apply_in_the_given_order(store: Store) -> None:
    await store.ticket_board.apply(
        [
            ticket("a"),
            ticket("b"),
            change("a", 3, TicketStatus.COOKING),
            ticket("c"),
            change("b", 3, TicketStatus.CANCELLED, cook=None),
            change("a", 4, TicketStatus.READY),
        ]
    )

    assert {t.order_id: (t.status, t.version) for t in await tickets(store)} == {
        "a": (TicketStatus.READY, 4),
        "b": (TicketStatus.CANCELLED, 3),
        "c": (TicketStatus.QUEUED, 2),
    }


async def test_a_change_to_a_ticket_that_is_not_there_opens_none(store: Store) -> None:
    await store.ticket_board.apply([change("a", 3, TicketStatus.COOKING)])
    await store.ticket_board.apply([])

    assert await tickets(store) == []


async def test_notes_are_forgotten_and_nothing_else(store: Store) -> None:
    await store.ticket_board.apply([ticket("a"), ticket("b")])

    await store.ticket_board.forget_notes(["a", "nobody"])

    assert sorted(await tickets(store), key=lambda found: found.order_id) == [
        replace(ticket("a"), notes=None),
        ticket("b"),
    ]


async def test_open_tickets_are_listed_the_one_confirmed_first_at_the_top(store: Store) -> None:
    await store.ticket_board.apply(
        [
            ticket("new", confirmed_minutes_ago=1),
            ticket("old", confirmed_minutes_ago=9),
            ticket("done", confirmed_minutes_ago=20),
            ticket("middle", confirmed_minutes_ago=5),
            change("done", 3, TicketStatus.READY),
        ]
    )

    board = store.ticket_board
    assert [t.order_id for t in await board.list(OPEN_TICKETS, limit=10)] == ["old", "middle", "new"]
    assert [t.order_id for t in await board.list(OPEN_TICKETS, limit=2)] == ["old", "middle"]


async def test_a_change_without_a_cook_leaves_the_one_who_cooked(store: Store) -> None:
    await store.ticket_board.apply([ticket("order", confirmed_minutes_ago=5)])
    await store.ticket_board.apply(
        [change("order", 3, TicketStatus.COOKING, "Luigi"), change("order", 4, TicketStatus.CANCELLED, None)]
    )

    (cancelled,) = await store.ticket_board.list([TicketStatus.CANCELLED], limit=10)
    assert (cancelled.cook, cancelled.version) == ("Luigi", 4)
