"""Customers: one per number however many orders come first, and as the newest order or the staff has them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from application.clock import utc_now
from application.customers.directory import ProfileDirectory
from application.ports.customers import ContactPreferences
from application.store import Store
from domain.customer import MAX_ADDRESSES, ContactDetails
from domain.events import CustomerChangedEvent, CustomerRegisteredEvent
from domain.order_lifecycle import FulfilmentType
from domain.order_state import Address, Fulfilment
from tests.builders import DELIVERY
from tests.contract.conftest import OpenStore
from tests.contract.customers import PHONE, Counter, ordered

NOW = utc_now()


@pytest.fixture
def counter(store: Store) -> Counter:
    return Counter(store)


@pytest.fixture
async def other(open_store: OpenStore) -> AsyncIterator[Counter]:
    """Another replica's."""
    async with open_store(10.0) as there:
        yield Counter(there)


def to(street: str) -> Fulfilment:
    return Fulfilment(type=FulfilmentType.DELIVERY, address=Address(street=street, city="Napoli", postal_code="80100"))


def ago(minutes: int) -> Any:
    return NOW - timedelta(minutes=minutes)


async def waiting_events(store: Store) -> list[Any]:
    return [entry.event for claim in await store.outboxes["customer"].claim_due("", 10) for entry in claim.pending]


async def test_ten_first_orders_at_once_make_one_customer(counter: Counter, other: Counter) -> None:
    orders = [ordered(placed_at=ago(n), name=f"Anna {n}") for n in range(10)]
    events = [order.raised[0] for order in orders]
    for order in orders:
        await counter.store.orders.add(order)

    await asyncio.gather(
        *((counter, other)[n % 2].profiles.handle_batch([event]) for n, event in enumerate(events))  # type: ignore[list-item]
    )

    profile = await other.profile()
    assert profile.state.details.name == "Anna 0"
    assert profile.state.first_order_at == ago(9)
    registered = [event for event in await waiting_events(counter.store) if isinstance(event, CustomerRegisteredEvent)]
    assert len(registered) == 1


async def test_an_id_is_the_same_in_every_replica_and_tells_nobody_the_number(counter: Counter, other: Counter) -> None:
    customer_id = await counter.ids.of(PHONE)

    assert customer_id == await other.ids.of("+39 081 123-4567")
    assert customer_id != await counter.ids.of("+390811234568")
    assert "1234567" not in customer_id


async def test_an_event_that_comes_again_changes_nothing(counter: Counter) -> None:
    order = ordered(email="anna@example.com", fulfilment=DELIVERY)
    placed: Any = order.raised[0]
    await counter.meets(order)
    before = await counter.profile()

    for _ in range(3):
        await counter.profiles.handle_batch([placed, placed])

    after = await counter.profile()
    assert (after.version, after.state) == (before.version, before.state)


async def test_a_late_event_does_not_bring_the_past_back(counter: Counter) -> None:
    old, new = ordered(name="Anna Russo", placed_at=ago(9)), ordered(name="Anna Esposito", placed_at=ago(1))
    late: Any = old.raised[0]
    await counter.meets(new)
    await counter.meets(old)
    met = await counter.profile()

    await counter.profiles.handle_batch([late])

    assert met.state.details.name == "Anna Esposito"
    assert met.state.first_order_at == ago(9)
    assert (await counter.profile()).version == met.version


async def test_a_new_order_tells_what_has_changed_and_keeps_the_rest(counter: Counter) -> None:
    await counter.meets(ordered(email="anna@example.com", placed_at=ago(9)))
    await counter.meets(ordered(name="Anna Russo", fulfilment=DELIVERY, placed_at=ago(1)))

    details = (await counter.profile()).state.details
    assert (details.name, details.email) == ("Anna Russo", "anna@example.com")
    assert details.addresses == (DELIVERY.address,)
    changes = [event for event in await waiting_events(counter.store) if isinstance(event, CustomerChangedEvent)]
    assert [event.fields for event in changes] == [("name", "addresses")]


async def test_of_several_new_orders_the_newest_counts_whichever_comes_first(counter: Counter) -> None:
    await counter.meets(ordered(placed_at=ago(9)))

    await counter.meets(*(ordered(name=f"Anna {n}", placed_at=ago(n), fulfilment=to(f"Via {n}")) for n in (2, 1, 3)))

    details = (await counter.profile()).state.details
    assert details.name == "Anna 1"
    assert [address.street for address in details.addresses] == ["Via 1", "Via 2", "Via 3"]


async def test_the_last_addresses_are_kept_the_newest_first(counter: Counter) -> None:
    for n in range(MAX_ADDRESSES + 3):
        await counter.meets(ordered(fulfilment=to(f"Via {n}"), placed_at=ago(20 - n)))
    await counter.meets(ordered(fulfilment=to(f"Via {MAX_ADDRESSES}"), placed_at=ago(1)))

    streets = [address.street for address in (await counter.profile()).state.details.addresses]
    assert len(streets) == MAX_ADDRESSES
    assert streets[:2] == [f"Via {MAX_ADDRESSES}", f"Via {MAX_ADDRESSES + 2}"]


async def test_what_the_staff_put_right_stays_until_a_newer_order_says_otherwise(counter: Counter) -> None:
    order = ordered(placed_at=ago(9))
    placed: Any = order.raised[0]
    await counter.meets(order)
    profile = await counter.profile()
    profile.edit(ContactDetails(name="Hanna", language="de", sms_wanted=False), order.id, NOW, "luigi")
    await counter.store.customers.save(profile)

    await counter.profiles.handle_batch([placed])
    assert (await counter.profile()).state.details.name == "Hanna"

    await counter.meets(ordered(name="Hannah", placed_at=ago(1)))
    details = (await counter.profile()).state.details
    assert (details.name, details.language, details.sms_wanted) == ("Hannah", "de", False)


async def test_the_directory_tells_how_customers_want_to_be_told(counter: Counter) -> None:
    directory = ProfileDirectory(counter.store.customers, counter.ids)
    assert await directory.preferences([PHONE]) == {PHONE: ContactPreferences()}

    await counter.meets(ordered())
    profile = await counter.profile()
    profile.edit(ContactDetails(name="Anna", language="it", email_wanted=False), "", NOW, "luigi")
    await counter.store.customers.save(profile)

    stranger = "+390000000000"
    assert await directory.preferences([PHONE, stranger]) == {
        PHONE: ContactPreferences(email=False, sms=True, language="it"),
        stranger: ContactPreferences(),
    }


async def test_one_customer_that_fails_holds_back_no_other(counter: Counter) -> None:
    good, bad = ordered(), ordered(phone="+390000000000")
    events: list[Any] = [good.raised[0], bad.raised[0]]
    await counter.store.orders.add(good)
    await counter.store.orders.add(bad)

    await counter.profiles.handle_batch(events)

    assert (await counter.profile()).is_known
    assert (await counter.profile("+390000000000")).is_known
