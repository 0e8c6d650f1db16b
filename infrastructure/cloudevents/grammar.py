"""The forms that standards give to what CloudEvents carry: moments, URIs, media types, text."""

import re
from datetime import UTC, datetime

_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:)(\d{2})(\.\d+)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_LAST_SECOND = 59


def parse_moment(text: str) -> datetime:
    """A moment as RFC 3339 writes it, in UTC, cut to milliseconds. Raises ValueError.

    A leap second counts as the last moment before it, since clocks here have none.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError("write it as RFC 3339 says, such as 2026-05-04T18:30:00Z")
    day, minute, second, fraction, offset = found.groups(default="")
    milliseconds = fraction[1:4].ljust(3, "0")
    if second == "60" and minute.endswith(":59:"):
        second, milliseconds = str(_LAST_SECOND), "999"
    try:
        moment = datetime.fromisoformat(f"{day}T{minute}{second}.{milliseconds}{offset.upper().replace('Z', '+00:00')}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such moment") from None


# RFC 3986, appendix A.
_PCT = "%[0-9A-Fa-f]{2}"
_PLAIN = r"A-Za-z0-9\-._~!$&'()*+,;="
_PCHAR = f"(?:[{_PLAIN}:@]|{_PCT})"
_SEGMENT_WITHOUT_COLON = f"(?:[{_PLAIN}@]|{_PCT})+"
_AUTHORITY = (
    f"(?:(?:[{_PLAIN}:]|{_PCT})*@)?"
    rf"(?:\[(?:[0-9A-Fa-f:.]+|[vV][0-9A-Fa-f]+\.[{_PLAIN}:]+)\]|(?:[{_PLAIN}]|{_PCT})*)"
    "(?::[0-9]*)?"
)
_REST = f"(?:/{_PCHAR}*)*"
_ROOTED = f"//{_AUTHORITY}{_REST}|/(?:{_PCHAR}+{_REST})?"
_TAIL = rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
_URI = f"[A-Za-z][A-Za-z0-9+.-]*:(?:{_ROOTED}|{_PCHAR}+{_REST}|){_TAIL}"
_RELATIVE = f"(?:{_ROOTED}|{_SEGMENT_WITHOUT_COLON}{_REST}|){_TAIL}"

is_uri = re.compile(_URI).fullmatch
is_uri_reference = re.compile(f"{_URI}|{_RELATIVE}").fullmatch

_TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 (a word of RFC 9110)
_PARAMETER = rf'[ \t]*;[ \t]*{_TOKEN}=(?:{_TOKEN}|"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*")'
#: `type/subtype`, and parameters (RFC 2045 as RFC 9110 has it).
is_media_type = re.compile(f"{_TOKEN}/{_TOKEN}(?:{_PARAMETER})*").fullmatch
_is_json = re.compile(rf"(?:application|text)/(?:{_TOKEN}\+)?json|{_TOKEN}/{_TOKEN}\+json").fullmatch


def is_json(media_type: str) -> bool:
    """Whether a media type stands for JSON."""
    return _is_json(essence(media_type)) is not None


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


#: Control characters, surrogates and noncharacters, which CloudEvents allow in no string.
_forbidden = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
).search


def is_text(value: str) -> bool:
    """Whether every character is one that a CloudEvents string may have."""
    return _forbidden(value) is None
