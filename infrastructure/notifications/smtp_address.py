"""Where the mail server is, and how to talk to it: `smtp://user:password@host:port?tls=required`."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEMES = {"smtp": 587, "smtps": 465}
TLS = ("auto", "required", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpAddress:
    """`implicit_tls` is TLS from the first byte. Else `start_tls` True insists on STARTTLS, None uses it where it is
    offered, False does not."""

    host: str
    port: int
    implicit_tls: bool
    start_tls: bool | None
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_smtp_url(url: str) -> SmtpAddress:
    """Read an address. A password goes over TLS alone, unless `tls=none` says otherwise.

    Raises ValueError, whose message does not hold the URL.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    tls = options.pop("tls", "auto")
    if parts.scheme not in SCHEMES or not parts.hostname or parts.path not in ("", "/") or options or tls not in TLS:
        raise ValueError("must be smtp://user:password@host:port or smtps://..., with ?tls=auto, required or none")
    implicit = parts.scheme == "smtps"
    needed = tls == "required" or (tls == "auto" and parts.password is not None)
    return SmtpAddress(
        host=parts.hostname,
        port=parts.port or SCHEMES[parts.scheme],
        implicit_tls=implicit,
        start_tls=False if implicit or tls == "none" else (True if needed else None),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password is not None else None,
    )
