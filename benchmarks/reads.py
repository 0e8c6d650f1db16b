"""Reading one order, beside a bare FastAPI app that keeps it in a dict, or finds it in MongoDB."""

from benchmarks.lab import Lab
from benchmarks.load import Plan
from benchmarks.orders import gets, posts
from benchmarks.rows import Row, share_row
from benchmarks.run_load import run_load
from benchmarks.service import KEY_HEADER, Bare, Service

ORDERS = 1_000


def read_on_sqlite(lab: Lab) -> list[Row]:
    bare, service = Bare(lab.log), Service(lab.sqlite(), lab.log, sink=None)
    with bare, service:
        return [_read(lab, "read an order on SQLite, beside bare with a dict", bare, service, 0.8)]


def read_on_mongo(lab: Lab) -> list[Row]:
    bare, service = Bare(lab.log, lab.mongo()), Service(lab.mongo(), lab.log, sink=None)
    with bare, service:
        return [_read(lab, "read an order on MongoDB, beside bare with one `find_one`", bare, service, 0.9)]


def _read(lab: Lab, what: str, bare: Bare, service: Service, goal: float) -> Row:
    ids_at_bare, ids = _place(lab, bare.port), _place(lab, service.port)
    service.wait_until_idle()
    rates: list[tuple[float, float]] = []
    for _ in range(lab.rounds):
        rates.append((_rate(lab, bare.port, gets(ids_at_bare)), _rate(lab, service.port, gets(ids, KEY_HEADER))))
    return share_row(what, goal, [ours for _, ours in rates], [bares for bares, _ in rates])


def _place(lab: Lab, port: int) -> list[str]:
    total = lab.pick(ORDERS, 100)
    placed = run_load(Plan(port=port, requests=posts(), connections=8, total=total, keep=True))
    return [answer.order_id for answer in placed.kept]


def _rate(lab: Lab, port: int, requests: list[bytes]) -> float:
    plan = Plan(port=port, requests=requests, connections=lab.connections, seconds=lab.seconds, warmup=lab.seconds / 10)
    return run_load(plan).rate
