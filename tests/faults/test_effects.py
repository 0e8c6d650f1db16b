"""The ledger's own test of effects: a whole story is in order, and every way to spoil it is counted under its name."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.faults import effects as within
from tests.faults import messages as outside
from tests.faults.effects import judge_effects
from tests.faults.effects_books import Bought, Effects, PointsMovement, Record, StockMovement
from tests.faults.messages import EMAIL, SMS, Message, Told, judge_messages

PHONE, MAIL = "+39055001", "ada@example.com"
ITEMS = ({"pizza": "margherita", "size": "small", "quantity": 2, "extra_toppings": []},)
PLACED, CONFIRMED, COOKING = (f"01a1fe1b-c0b6-75f6-9502-00000000000{number}" for number in (1, 2, 3))


def an_order(**changes: Any) -> Bought:
    facts: dict[str, Any] = {
        "items": ITEMS, "total": 2599, "redeemed": 0, "phone": PHONE, "email": MAIL,
        "confirmed": True, "cooked": True, "cancelled": False,
    }  # fmt: skip
    return Bought(**(facts | changes))


def moved(kind: str, on_hand: int, reserved: int, order_id: str | None = "o") -> list[StockMovement]:
    return [StockMovement(order_id, ingredient, kind, on_hand, reserved) for ingredient in ("dough", "mozzarella")]


def a_message(channel: str, event_id: str, *, incarnation: str = "a1") -> Message:
    key = f"{event_id}/sms" if channel == SMS else f"<{event_id}@pizzeria.example>"
    return Message(channel, incarnation, key, PHONE if channel == SMS else MAIL, f"{channel}-{event_id}")


@dataclass
class Story:
    """An order that was placed, confirmed and begun; its customer heard of all of it, has points, and the dough is
    gone."""

    order: Bought = field(default_factory=an_order)
    stock: list[StockMovement] = field(
        default_factory=lambda: moved("delivery", 10, 0, None) + moved("reserved", 0, 2) + moved("deducted", -2, -2)
    )
    levels: dict[str, tuple[int, int]] = field(default_factory=lambda: {"dough": (8, 0), "mozzarella": (8, 0)})
    points: list[PointsMovement] = field(default_factory=lambda: [PointsMovement("o", "earned", "c", 25)])
    messages: list[Message] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    unsure: int = 0

    def __post_init__(self) -> None:
        for event_id in (PLACED, CONFIRMED, COOKING):
            for channel in (EMAIL, SMS) if event_id != PLACED else (EMAIL,):
                self.messages.append(a_message(channel, event_id))
                self.records[f"{event_id}/{channel}"] = Record("sent", f"{channel}-{event_id}", None)

    @property
    def found(self) -> set[str]:
        effects = Effects({"o": self.order}, self.stock, self.levels, self.points, self.records)
        types = ("OrderPlacedEvent", "OrderConfirmedEvent", "CookingStartedEvent")
        happened = {
            event_id: Told("o", version, type_)
            for version, (event_id, type_) in enumerate(zip((PLACED, CONFIRMED, COOKING), types, strict=True), 1)
        }
        return {what for what, _ in judge_effects(effects, unsure=self.unsure)} | {
            what for what, _ in judge_messages(self.messages, effects, happened, sent=True)
        }


def test_a_story_in_order_has_no_faults() -> None:
    assert Story().found == set()


def test_repeats_under_the_same_key_are_no_fault() -> None:
    story = Story()
    story.messages += [replace(message, incarnation="b1") for message in story.messages]
    assert story.found == set()


def test_who_has_no_mail_address_gets_no_mail_and_that_is_on_record() -> None:
    story = Story(order=an_order(email=None))
    story.messages = [message for message in story.messages if message.channel == SMS]
    for record_id in story.records:
        if record_id.endswith(EMAIL):
            story.records[record_id] = Record("skipped", None, "no_email")
    assert story.found == set()


@pytest.mark.parametrize(
    ("order", "ends"),
    [
        (an_order(confirmed=False, cooked=False), []),
        (an_order(confirmed=False, cooked=False, cancelled=True), moved("released", 0, -2)),
        (an_order(cooked=False, cancelled=True), moved("released", 0, -2)),
        (an_order(cooked=False, cancelled=True), moved("deducted", -2, -2) + moved("returned", 2, 0)),
        (an_order(cancelled=True), moved("deducted", -2, -2)),
    ],
)
def test_every_end_of_an_order_has_its_movements(order: Bought, ends: list[StockMovement]) -> None:
    story = Story(order=order, stock=moved("delivery", 10, 0, None) + moved("reserved", 0, 2) + ends)
    for ingredient in story.levels:
        mine = [movement for movement in story.stock if movement.ingredient == ingredient]
        story.levels[ingredient] = sum(made.on_hand for made in mine), sum(made.reserved for made in mine)
    story.points = [PointsMovement("o", "earned", "c", 25)] if order.confirmed else []
    story.points += [PointsMovement("o", "taken_back", "c", -25)] if order.confirmed and order.cancelled else []
    assert story.found == set()


def reserve_for_nobody(story: Story) -> None:
    story.stock += moved("reserved", 0, 1, "gone")
    story.levels = {"dough": (8, 1), "mozzarella": (8, 1)}


def test_a_reservation_without_an_order_needs_a_request_that_came_to_nothing() -> None:
    story = Story()
    reserve_for_nobody(story)
    assert story.found == {within.STOCK_UNASKED}
    story.unsure = 1
    assert story.found == set()


def deduct_nothing(story: Story) -> None:
    del story.stock[-2:]
    story.levels = {"dough": (10, 2), "mozzarella": (10, 2)}


def deduct_twice(story: Story) -> None:
    story.stock += moved("deducted", -2, -2)


def release_too(story: Story) -> None:
    story.stock += moved("released", 0, -2)


def deduct_too_much(story: Story) -> None:
    story.stock[-2:] = moved("deducted", -3, -2)
    story.levels = {"dough": (7, 0), "mozzarella": (7, 0)}


def return_what_was_cooked(story: Story) -> None:
    story.stock += moved("returned", 2, 0)
    story.levels = {"dough": (10, 0), "mozzarella": (10, 0)}


def forget_a_movement_in_the_level(story: Story) -> None:
    story.levels["dough"] = (10, 0)


def sell_what_is_not_there(story: Story) -> None:
    del story.stock[:2]
    story.levels = {"dough": (-2, 0), "mozzarella": (-2, 0)}


def credit_nothing(story: Story) -> None:
    story.points.clear()


def credit_twice(story: Story) -> None:
    story.points *= 2


def credit_too_much(story: Story) -> None:
    story.points[0] = replace(story.points[0], points=26)


def take_back_for_nothing(story: Story) -> None:
    story.points.append(PointsMovement("o", "taken_back", "c", -25))


def credit_another(story: Story) -> None:
    story.points.append(PointsMovement("o", "given_back", "d", 1))


def lose_text(story: Story) -> None:
    story.messages.pop()


def mail_under_a_new_id(story: Story) -> None:
    story.messages.append(replace(story.messages[0], key=f"<{PLACED}.2@pizzeria.example>"))


def text_what_never_happened(story: Story) -> None:
    story.messages.append(a_message(SMS, "01a1fe1b-c0b6-75f6-9502-000000000009"))


def text_of_the_placing(story: Story) -> None:
    story.messages.append(a_message(SMS, PLACED))


def mail_out_of_order(story: Story) -> None:
    story.messages.insert(0, a_message(EMAIL, COOKING))


def mail_to_another(story: Story) -> None:
    story.messages[0] = replace(story.messages[0], to="bo@example.com")


def record_nothing(story: Story) -> None:
    del story.records[f"{CONFIRMED}/sms"]


def record_a_failure(story: Story) -> None:
    story.records[f"{CONFIRMED}/sms"] = Record("failed", None, "unavailable")


def record_another_receipt(story: Story) -> None:
    story.records[f"{CONFIRMED}/sms"] = Record("sent", "SM0", None)


def record_what_never_happened(story: Story) -> None:
    story.records["another/sms"] = Record("sent", "SM0", None)


@pytest.mark.parametrize(
    ("spoil", "counted"),
    [
        (deduct_nothing, within.STOCK_MISSING),
        (deduct_twice, within.STOCK_TWICE),
        (release_too, within.STOCK_TWICE),
        (deduct_too_much, within.STOCK_UNASKED),
        (return_what_was_cooked, within.STOCK_UNASKED),
        (forget_a_movement_in_the_level, within.STOCK_SUM),
        (sell_what_is_not_there, within.STOCK_SUM),
        (credit_nothing, within.POINTS_MISSING),
        (credit_twice, within.POINTS_TWICE),
        (credit_too_much, within.POINTS_UNASKED),
        (take_back_for_nothing, within.POINTS_UNASKED),
        (credit_another, within.POINTS_OWNER),
        (lose_text, outside.LOST),
        (mail_under_a_new_id, outside.TWICE),
        (text_what_never_happened, outside.UNASKED),
        (text_of_the_placing, outside.UNASKED),
        (mail_out_of_order, outside.DISORDERED),
        (mail_to_another, outside.ASTRAY),
        (record_nothing, outside.RECORDS),
        (record_a_failure, outside.RECORDS),
        (record_another_receipt, outside.RECORDS),
        (record_what_never_happened, outside.RECORDS),
    ],
)
def test_what_is_spoilt_is_counted(spoil: Callable[[Story], None], counted: str) -> None:
    story = Story()
    spoil(story)
    assert counted in story.found
