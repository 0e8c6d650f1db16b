"""What is no CloudEvent, or has the wrong data, is refused by the name of what is wrong, and nothing of it is taken."""

import json
from typing import Any

import httpx
import pytest

from tests.app.orders import problem
from tests.app.reports import BATCH, DELIVERED, STRUCTURED, a_payment_report, a_report, binary, send, send_batch

WITHOUT = object()
#: An attribute, and a value that it must not have.
MALFORMED: list[tuple[str, Any]] = [
    ("specversion", WITHOUT),
    ("specversion", None),
    ("specversion", ""),
    ("specversion", "0.3"),
    ("specversion", "1.0 "),
    ("specversion", 1.0),
    ("id", WITHOUT),
    ("id", None),
    ("id", ""),
    ("id", 17),
    ("id", "a\u0007b"),
    ("id", "a\u0085b"),
    ("id", "a\uffffb"),
    ("id", "a\ud800b"),
    ("id", ["a"]),
    ("source", WITHOUT),
    ("source", ""),
    ("source", "has space"),
    ("source", "/caffè"),
    ("source", "/100%"),
    ("source", "/a#b#c"),
    ("source", "://nowhere"),
    ("source", "http://[zz]/"),
    ("source", True),
    ("type", WITHOUT),
    ("type", ""),
    ("type", {"name": "x"}),
    ("type", "a\nb"),
    ("subject", ""),
    ("subject", 5),
    ("subject", "a\u0000"),
    ("time", ""),
    ("time", "yesterday"),
    ("time", "2026-05-04"),
    ("time", "2026-05-04T18:30:00"),
    ("time", "2026-05-04 18:30:00Z"),
    ("time", "2026-05-04T18:30Z"),
    ("time", "2026-02-30T18:30:00Z"),
    ("time", "2026-05-04T25:00:00Z"),
    ("time", "2026-05-04T18:30:00+0200"),
    ("time", "2026-W19-1T18:30:00Z"),
    ("time", "0001-01-01T00:00:00+01:00"),
    ("time", 1777919400),
    ("datacontenttype", ""),
    ("datacontenttype", "json"),
    ("datacontenttype", "application/json;"),
    ("datacontenttype", 3),
    ("dataschema", ""),
    ("dataschema", "not a uri"),
    ("dataschema", "/relative"),
    ("dataschema", 7),
    ("Extension", "x"),
    ("my-extension", "x"),
    ("my_extension", "x"),
    ("é", "x"),
    ("", "x"),
    ("newline\n", "x"),
    ("extension", 1.5),
    ("extension", 2**31),
    ("extension", {"a": 1}),
    ("extension", []),
    ("extension", "a\u001fb"),
    ("data_base64", "e30="),  # beside data
]
#: The same in headers: an attribute, the value of its header, and what the header is called.
IN_HEADERS: list[tuple[str, bytes | None]] = [
    ("ce-specversion", None),
    ("ce-specversion", b"0.3"),
    ("ce-id", None),
    ("ce-id", b""),
    ("ce-id", b"100%"),
    ("ce-id", b"%zz"),
    ("ce-id", b"%C3%28"),
    ("ce-id", b"%C0%AF"),
    ("ce-id", b"%00"),
    ("ce-id", b"caff\xc3\xa8"),
    ("ce-id", b'half"quoted'),
    ("ce-id", b'"unclosed'),
    ("ce-source", None),
    ("ce-source", b"has%20space"),
    ("ce-type", None),
    ("ce-time", b"noon"),
    ("ce-subject", b""),
    ("ce-dataschema", b"relative"),
    ("ce-datacontenttype", b"application/json"),
    ("ce-data", b"{}"),
    ("ce-my_extension", b"x"),
    ("ce-extension", b"%0A"),
    ("content-type", b"json"),
]
#: Where the data of a payment are wrong: the change, and the member at fault.
WRONG_DATA: list[tuple[Any, str]] = [
    ({"amount": 0}, "/amount"),
    ({"amount": -1}, "/amount"),
    ({"amount": 12.5}, "/amount"),
    ({"amount": "12"}, "/amount"),
    ({"amount": True}, "/amount"),
    ({"amount": None}, "/amount"),
    ({"currency": "usd"}, "/currency"),
    ({"method": "shells"}, "/method"),
    ({"orderId": ""}, "/orderId"),
    ({"paymentId": "a b"}, "/paymentId"),
    ({"tip": 5}, "/tip"),
]


def broken(attribute: str, value: Any) -> dict[str, Any]:
    report = a_report()
    report.pop(attribute, None)
    return report if value is WITHOUT else report | {attribute: value}


def pointer(attribute: str) -> str:
    return f"/{attribute}"


@pytest.mark.parametrize(("attribute", "value"), MALFORMED)
async def test_a_malformed_attribute_is_named(staff: httpx.AsyncClient, attribute: str, value: Any) -> None:
    refusal = problem(await send(staff, broken(attribute, value)), 400, "malformed_cloud_event")

    assert refusal["parameter"] == pointer(attribute)
    assert f"'{attribute}'" in refusal["detail"]


@pytest.mark.parametrize(("attribute", "value"), MALFORMED[::6])
async def test_in_a_batch_its_place_is_named_too_and_nothing_is_taken(
    staff: httpx.AsyncClient, attribute: str, value: Any
) -> None:
    good = a_report()
    refusal = problem(await send_batch(staff, good, broken(attribute, value)), 400, "malformed_cloud_event")

    assert refusal["parameter"] == f"/1{pointer(attribute)}"
    assert refusal["detail"].startswith("Event 1: ")
    assert (await send(staff, good)).json()["new"] == 1


@pytest.mark.parametrize(("header", "value"), IN_HEADERS)
async def test_a_malformed_header_is_named(staff: httpx.AsyncClient, header: str, value: bytes | None) -> None:
    headers, body = binary(a_report())
    raw = [(name.encode(), text.encode()) for name, text in headers.items() if name != header]
    raw += [(header.encode(), value)] if value is not None else []
    response = await staff.post("/api/events", content=body, headers=raw)

    assert problem(response, 400, "malformed_cloud_event")["parameter"] == header


async def test_a_header_that_comes_twice_is_named(staff: httpx.AsyncClient) -> None:
    headers, body = binary(a_report())
    raw = [(name.encode(), text.encode()) for name, text in headers.items()]
    response = await staff.post("/api/events", content=body, headers=[*raw, (b"ce-id", b"another")])

    assert problem(response, 400, "malformed_cloud_event")["parameter"] == "ce-id"


@pytest.mark.parametrize(("change", "member"), WRONG_DATA)
async def test_wrong_data_are_named_by_their_member(staff: httpx.AsyncClient, change: Any, member: str) -> None:
    report = a_payment_report("o", **change)
    headers, body = binary(report)

    assert problem(await send(staff, report), 422, "invalid_request")["parameter"] == f"/data{member}"
    batch = problem(await send_batch(staff, a_report(), a_report(), report), 422, "invalid_request")
    assert batch["parameter"] == f"/2/data{member}"
    alone = await staff.post("/api/events", content=body, headers=headers)
    assert problem(alone, 422, "invalid_request")["parameter"] == member


@pytest.mark.parametrize(
    ("data", "member"),
    [
        ({"latitude": 91}, "/latitude"),
        ({"longitude": -180.1}, "/longitude"),
        ({"latitude": "43"}, "/latitude"),
        ({"at": "noon"}, "/at"),
        ({"at": 5}, "/at"),
        ({"at": "2026-05-04T18:30:00"}, "/at"),
        ({"driverId": "gi no"}, "/driverId"),
    ],
)
async def test_a_wrong_position_is_named(staff: httpx.AsyncClient, data: dict[str, Any], member: str) -> None:
    report = a_report()
    refusal = problem(await send(staff, report | {"data": report["data"] | data}), 422, "invalid_request")
    assert refusal["parameter"] == f"/data{member}"


@pytest.mark.parametrize(("data", "member"), [({"amount": 0}, "/amount"), ({"ingredient": "a b"}, "/ingredient")])
async def test_a_wrong_delivery_is_named(staff: httpx.AsyncClient, data: dict[str, Any], member: str) -> None:
    delivery = {"ingredient": "dough", "amount": 5} | data
    refusal = problem(await send(staff, a_report(type=DELIVERED, data=delivery)), 422, "invalid_request")
    assert refusal["parameter"] == f"/data{member}"


@pytest.mark.parametrize("data", [None, [], "text", 5, {}])
async def test_a_known_type_needs_its_data(staff: httpx.AsyncClient, data: Any) -> None:
    refusal = problem(await send(staff, a_report() | {"data": data}), 422, "invalid_request")
    assert refusal["parameter"].startswith("/data")


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"data_base64": "!"}, "/data_base64"),
        ({"data_base64": "e30"}, "/data_base64"),
        ({"data_base64": 5}, "/data_base64"),
        ({"data_base64": "bm8="}, "/data_base64"),
    ],
)
async def test_data_that_cannot_be_decoded_are_named(
    staff: httpx.AsyncClient, changes: dict[str, Any], parameter: str
) -> None:
    refusal = problem(await send(staff, a_report(data=None) | changes), 400, "malformed_cloud_event")
    assert refusal["parameter"] == parameter


async def test_the_data_of_a_known_type_are_json(staff: httpx.AsyncClient) -> None:
    refusal = problem(await send(staff, a_report(datacontenttype="text/xml")), 415, "unsupported_media_type")
    headers, _ = binary(a_report())
    nonsense = await staff.post("/api/events", content=b"{", headers=headers)

    assert refusal["parameter"] == "/datacontenttype"
    problem(nonsense, 400, "malformed_cloud_event")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        json.dumps(a_report()).encode("utf-16"),
        b'{"id": "a", "id": "b"}',
        b'{"extension": NaN}',
        b"[" * 30_000,
    ],
)
async def test_what_is_no_json_is_refused(staff: httpx.AsyncClient, body: bytes) -> None:
    for content_type in (STRUCTURED, BATCH):
        problem(await send(staff, body, content_type), 400, "malformed_json")


async def test_a_batch_is_a_list_and_its_members_are_objects(staff: httpx.AsyncClient) -> None:
    problem(await send(staff, a_report(), BATCH), 400, "malformed_cloud_event")
    problem(await send(staff, [a_report()], STRUCTURED), 400, "malformed_cloud_event")
    member = problem(await send_batch(staff, a_report(), "text"), 400, "malformed_cloud_event")
    assert member["parameter"] == "/1"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/cloudevents",
        "application/cloudevents+xml",
        "application/cloudevents+json; charset=latin-1",
        "text/plain",
    ],
)
async def test_what_carries_no_event_is_refused(staff: httpx.AsyncClient, content_type: str) -> None:
    refusal = problem(await send(staff, a_report(), content_type), 415, "unsupported_media_type")
    assert refusal["parameter"] == "content-type"
