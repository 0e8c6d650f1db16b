"""How rolled-up figures are kept: each part of a block as MessagePack, which is read without the others."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from application.analytics.figures import Customers, Figures, KitchenTimes, Parts, Sales, Timeline

F = TypeVar("F", bound=Figures)

#: Where each part is kept: the column or field of this name.
PART_NAMES: Mapping[type[Any], str] = {
    Timeline: "timeline",
    Sales: "sales",
    KitchenTimes: "kitchen",
    Customers: "customers",
}

_encoder = msgspec.msgpack.Encoder()
_decoders: Mapping[type[Any], msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(dict[str, kind])  # type: ignore[valid-type]
    for kind in PART_NAMES
}


def encode_parts(parts: Parts) -> dict[str, bytes]:
    return {name: _encoder.encode(getattr(parts, name)) for name in PART_NAMES.values()}


def decode_part(kind: type[F], data: bytes) -> dict[str, F]:
    decoded: dict[str, F] = _decoders[kind].decode(data)
    return decoded


def decode_parts(data: Mapping[str, bytes]) -> Parts:
    """A part that is missing is empty."""
    return Parts(**{name: decode_part(kind, data[name]) for kind, name in PART_NAMES.items() if name in data})
