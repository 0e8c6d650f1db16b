"""What the effects of orders within the store must add up to: every order's stock and points, each moved once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set

from tests.faults.effects_books import Bought, Effects
from tests.faults.recipes import needs

STOCK_MISSING, STOCK_TWICE = "stock movements missing", "stock movements twice"
STOCK_UNASKED, STOCK_SUM = "stock movements that nothing calls for", "stock levels that are not the sum, or below zero"
POINTS_MISSING, POINTS_TWICE = "points missing", "points twice"
POINTS_UNASKED, POINTS_OWNER = "points that nothing calls for", "customers with another's points"
COUNTS = (
    STOCK_MISSING,
    STOCK_TWICE,
    STOCK_UNASKED,
    STOCK_SUM,
    POINTS_MISSING,
    POINTS_TWICE,
    POINTS_UNASKED,
    POINTS_OWNER,
)
#: A point for each whole unit of the currency, in minor units.
POINT = 100
#: By how much a kind of movement changes what is on hand and what is reserved, for each unit that an order needs.
EFFECT = {"reserved": (0, 1), "deducted": (-1, -1), "released": (0, -1), "returned": (1, 0)}
#: What may become of a reservation for an order that never came.
BEGUN = frozenset({"reserved", "released"})
#: What may become of an order's stock later on.
LATER = (BEGUN, frozenset({"reserved", "deducted"}), frozenset({"reserved", "deducted", "returned"}))
DELIVERED = frozenset({"opening", "delivery", "correction"})

#: What was found: the count that it belongs to, and where.
Found = Iterator[tuple[str, str]]
Kinds = frozenset[str]


def judge_effects(effects: Effects, *, unsure: int, ahead: bool = False) -> Found:
    """Compare what the store holds with what its orders call for. `unsure`: how many orders were tried to be placed and
    not answered with one; each of those may have reserved something for an order that never came. `ahead`: the stock
    may know more of an order than it does itself; what it says is still to add up."""
    yield from _judge_stock(effects, unsure, ahead)
    yield from _judge_levels(effects)
    yield from _judge_points(effects)


# Stock


def _judge_stock(effects: Effects, unsure: int, ahead: bool) -> Found:
    moved: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    amounts: dict[tuple[str, str, str], tuple[int, int]] = {}
    for movement in effects.stock:
        if movement.order_id is not None:
            moved[movement.order_id, movement.ingredient][movement.kind] += 1
            amounts[movement.order_id, movement.ingredient, movement.kind] = movement.on_hand, movement.reserved
        elif movement.kind not in DELIVERED:
            yield STOCK_UNASKED, f"{movement} is nobody's"
    for (order_id, ingredient), kinds in moved.items():
        for kind, times in kinds.items():
            if times > 1:
                yield STOCK_TWICE, f"{order_id}: {ingredient} was {kind} {times} times"
    for order_id, bought in effects.bought.items():
        needed = needs(bought.items)
        for ingredient, amount in needed.items():
            came = frozenset(moved.pop((order_id, ingredient), Counter()))
            yield from _judge_kinds(f"{order_id}: {ingredient}", came, _wanted(bought) + (LATER if ahead else ()))
            for kind in came & EFFECT.keys():
                if amounts[order_id, ingredient, kind] != tuple(amount * unit for unit in EFFECT[kind]):
                    yield STOCK_UNASKED, f"{order_id}: {ingredient} was {kind} by another amount than {amount}"
    yield from _judge_strays(moved, unsure, EFFECT.keys() if ahead else BEGUN)


def _wanted(bought: Bought) -> tuple[Kinds, ...]:
    """Any of these. Of one that was cancelled soon after it was confirmed, the cancellation may be handled first, or
    both at once: then it is released, and not deducted at all."""
    if not bought.cancelled:
        return (frozenset({"reserved", "deducted"} if bought.confirmed else {"reserved"}),)
    if bought.cooked:
        return (frozenset({"reserved", "deducted"}),)
    return (BEGUN, frozenset({"reserved", "deducted", "returned"})) if bought.confirmed else (BEGUN,)


def _judge_kinds(what: str, came: Kinds, wanted: tuple[Kinds, ...]) -> Found:
    if came in wanted:
        return
    if {"deducted", "released"} <= came:
        yield STOCK_TWICE, f"{what} was deducted and released"
    nearest = min(wanted, key=lambda kinds: len(kinds ^ came))
    for kind in sorted(nearest - came):
        yield STOCK_MISSING, f"{what} was not {kind}"
    for kind in sorted(came - nearest):
        yield STOCK_UNASKED, f"{what} was {kind}"


def _judge_strays(moved: Mapping[tuple[str, str], Counter[str]], unsure: int, allowed: Set[str]) -> Found:
    """What moved for orders that are not there, or that do not need it: a reservation may wait for an order that never
    came, or may have been freed for it, and no more."""
    strays: dict[str, set[str]] = defaultdict(set)
    for (order_id, ingredient), kinds in moved.items():
        strays[order_id].add(ingredient)
        if not kinds.keys() <= allowed or "reserved" not in kinds:
            yield STOCK_UNASKED, f"{order_id}: {ingredient} was {', '.join(kinds)}, and there is no such order"
    if len(strays) > unsure:
        for order_id in strays:
            yield STOCK_UNASKED, f"{order_id}, {len(strays)} like it, {unsure} at most can be explained"


def _judge_levels(effects: Effects) -> Found:
    on_hand, reserved = Counter[str](), Counter[str]()
    for movement in effects.stock:
        on_hand[movement.ingredient] += movement.on_hand
        reserved[movement.ingredient] += movement.reserved
    for ingredient in on_hand.keys() | effects.levels.keys():
        level, total = effects.levels.get(ingredient, (0, 0)), (on_hand[ingredient], reserved[ingredient])
        if level != total:
            yield STOCK_SUM, f"{ingredient}: {level}, the movements say {total}"
        if min(*level, level[0] - level[1]) < 0:
            yield STOCK_SUM, f"{ingredient}: {level}"


# Points


def _judge_points(effects: Effects) -> Found:
    times: Counter[tuple[str, str]] = Counter((movement.order_id, movement.kind) for movement in effects.points)
    points = {(movement.order_id, movement.kind): movement.points for movement in effects.points}
    wanted = {
        (order_id, kind): change
        for order_id, bought in effects.bought.items()
        if bought.items
        for kind, change in _points(bought)
        if change
    }
    for (order_id, kind), count in times.items():
        if count > 1:
            yield POINTS_TWICE, f"{order_id}: {kind} {count} times"
    for order_id, kind in wanted.keys() - points.keys():
        yield POINTS_MISSING, f"{order_id}: {wanted[order_id, kind]} {kind}"
    for order_id, kind in points.keys() - wanted.keys():
        yield POINTS_UNASKED, f"{order_id}: {points[order_id, kind]} {kind}"
    for order_id, kind in points.keys() & wanted.keys():
        if points[order_id, kind] != wanted[order_id, kind]:
            yield POINTS_UNASKED, f"{order_id}: {points[order_id, kind]} {kind}, not {wanted[order_id, kind]}"
    yield from _judge_owners(effects)


def _points(bought: Bought) -> Iterable[tuple[str, int]]:
    earned = bought.total // POINT if bought.confirmed else 0
    return (
        ("earned", earned),
        ("taken_back", -earned if bought.cancelled else 0),
        ("redeemed", -bought.redeemed),
        ("given_back", bought.redeemed if bought.cancelled else 0),
    )


def _judge_owners(effects: Effects) -> Found:
    """A customer is a number: whose points are under two ids has two balances, and an id with two numbers' points gives
    away one's to the other."""
    phones: dict[str, set[str]] = defaultdict(set)
    owners: dict[str, set[str]] = defaultdict(set)
    for movement in effects.points:
        bought = effects.bought.get(movement.order_id)
        if bought is not None:
            phones[movement.customer_id].add(bought.phone)
            owners[bought.phone].add(movement.customer_id)
    for one, others in (*phones.items(), *owners.items()):
        if len(others) > 1:
            yield POINTS_OWNER, f"{one} and {', '.join(sorted(others))}"
