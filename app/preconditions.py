"""ETags: an aggregate's version in quotes, and the conditions that clients make on it (RFC 9110, section 13); and the
keys that make a repeat count once."""

import re
from typing import Annotated

from fastapi import Header

from app.refusals import Fault, InvalidRequest, MalformedPrecondition

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag that you decided on: 412 where it is stale. `*` takes any version.",
        json_schema_extra={"pattern": r'^("[1-9][0-9]{0,8}"|\*)$'},
    ),
]

KEY_PATTERN = "^[!-~]{1,200}$"

_etag = re.compile(r'"([1-9][0-9]{0,8})"').fullmatch


def etag(version: int) -> tuple[bytes, bytes]:
    """The ETag header."""
    return b"etag", b'"%d"' % version


def expected_version(if_match: str | None) -> int | None:
    """The version that `If-Match` demands; None where any will do. Raises `MalformedPrecondition`."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _etag(if_match.strip())
    if found is None:
        raise MalformedPrecondition('Send one ETag as you got it, such as "3" in quotes, or *.', parameter="If-Match")
    return int(found[1])


def is_known(if_none_match: str | None, version: int) -> bool:
    """Whether the client's `If-None-Match` says that it has this version already. Weak tags compare as strong ones."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or f'"{version}"' in tags


def check_key(key: str) -> None:
    """Raise `InvalidRequest` for an `Idempotency-Key` that is none."""
    visible = key.isascii() and key.isprintable() and " " not in key
    if not visible or not 1 <= len(key) <= 200:
        raise InvalidRequest([Fault("Idempotency-Key", "Send 1 to 200 visible ASCII characters.")])
