"""What an order costs, and how long a start takes, with a million orders in the store, beside an empty one."""

from pathlib import Path

from benchmarks.accept import accept_for
from benchmarks.fill import multiply_last_order
from benchmarks.lab import Lab, median
from benchmarks.load import Plan
from benchmarks.orders import posts
from benchmarks.rows import Row, spread
from benchmarks.run_load import run_load
from benchmarks.service import Service, SinkProcess

GOAL = 1.2


def size(lab: Lab) -> list[Row]:
    orders = lab.pick(1_000_000, 5_000)
    empty, full = lab.sqlite_path(), lab.sqlite_path()
    _place_one(lab, full)
    multiply_last_order(full, orders)
    costs = _costs(lab, empty, full)
    starts = [(_start(lab, empty), _start(lab, full)) for _ in range(lab.rounds)]
    what = f"with {orders:,} orders in SQLite, against an empty store"
    return [_row(f"cost per order {what}", costs, "ms (1/rate)"), _row(f"start-up {what}", starts, "s")]


def _place_one(lab: Lab, path: Path) -> None:
    with Service(f"sqlite:///{path}", lab.log, sink=None) as service:
        run_load(Plan(port=service.port, requests=posts(), connections=1, total=1))
        service.wait_until_idle()


def _costs(lab: Lab, empty: Path, full: Path) -> list[tuple[float, float]]:
    """Milliseconds per order accepted, in pairs."""
    sink = SinkProcess(lab.log)
    small, large = (Service(f"sqlite:///{path}", lab.log, sink=sink.url) for path in (empty, full))
    with sink, small, large:
        for service in (small, large):
            _accept(lab, service)
        return [(_accept(lab, small), _accept(lab, large)) for _ in range(lab.rounds)]


def _accept(lab: Lab, service: Service) -> float:
    rate = accept_for(lab, service.port).rate
    service.wait_until_idle()
    return 1e3 / rate


def _start(lab: Lab, path: Path) -> float:
    with Service(f"sqlite:///{path}", lab.log, sink=None) as service:
        return service.start_seconds


def _row(what: str, pairs: list[tuple[float, float]], unit: str) -> Row:
    ratios = [large / small for small, large in pairs]
    small, large = (median(values) for values in zip(*pairs, strict=True))
    return Row(
        what=what,
        goal=f"{GOAL:g} times",
        measured=f"{large:.3f} {unit}; empty {small:.3f}",
        ratio=spread(ratios, "{:.2f}"),
        missed=max(0.0, median(ratios) / GOAL - 1),
    )
