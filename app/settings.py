"""Everything that can be set, from the environment; every setting has a default that works on a laptop."""

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from infrastructure.cloudevents.mapping import parse_overrides
from infrastructure.cloudevents.outcomes import REQUEST_TIMEOUT
from infrastructure.notifications.languages import LANGUAGES, primary_language
from infrastructure.notifications.sender import Sender
from infrastructure.notifications.smtp_address import parse_smtp_url

SQLITE_SCHEME = "sqlite:///"
STORE_SCHEMES = (SQLITE_SCHEME, "mongodb://", "mongodb+srv://")
SHORTEST_KEY = 8
LONGEST_TIMEOUT = 14.0


class SettingsError(Exception):
    """A setting makes no sense. The message names the variable and what is wrong, and never its value."""


def _http_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return url


HttpUrl = Annotated[str, AfterValidator(_http_url)]
OptionalHttpUrl = Annotated[HttpUrl | None, BeforeValidator(lambda value: value or None)]


class Settings(BaseSettings):
    """Named as in the environment, with the prefix `PIZZERIA_` unless an alias says otherwise.

    What may hold a secret stays out of the repr. Durations are in the unit that their name ends in.
    """

    model_config = SettingsConfigDict(
        env_prefix="PIZZERIA_", populate_by_name=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    host: str = Field(default="127.0.0.1", validation_alias="HOST")
    port: int = Field(default=8000, ge=0, le=65535, validation_alias="PORT")
    public_url: OptionalHttpUrl = None

    database_url: str = Field(default="sqlite:///pizzeria.db", repr=False)
    mongo_driver: Literal["motor", "pymongo"] = "motor"

    #: Staff keys: `name:key,name2:key2`, or bare keys.
    api_keys: str = Field(default="", repr=False)

    cloudevents_sink: OptionalHttpUrl = Field(
        default=None, repr=False, validation_alias=AliasChoices("PIZZERIA_CLOUDEVENTS_SINK", "K_SINK")
    )
    #: Attributes that every CloudEvent gets: Knative's `{"extensions": {...}}`.
    cloudevents_extensions: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict, validation_alias="K_CE_OVERRIDES"
    )
    cloudevents_mode: Literal["structured", "binary", "batched"] = "structured"
    cloudevents_source: str = Field(default="/orders/service", min_length=1)
    cloudevents_type_prefix: str = Field(default="com.mariopizzeria", pattern=r"^[a-z0-9]+(\.[a-z0-9-]+)*$")

    #: Seconds for one POST. With the publisher's patience it stays below what a handler has for one call.
    cloudevents_timeout_seconds: float = Field(default=REQUEST_TIMEOUT, ge=0.1, le=LONGEST_TIMEOUT)

    #: When an order is confirmed without a hand.
    confirm: Literal["manual", "when_paid", "at_once"] = "manual"
    #: What becomes of incoming CloudEvents of a type that nobody here knows.
    unknown_events: Literal["ignore", "refuse"] = "ignore"

    kitchen_display_url: OptionalHttpUrl = Field(default=None, repr=False)
    kitchen_display_timeout_seconds: float = Field(default=REQUEST_TIMEOUT, ge=0.1, le=LONGEST_TIMEOUT)
    kitchen_capacity: int = Field(default=12, ge=1, le=1_000)
    cooking_minutes: int = Field(default=12, ge=1, le=240)
    #: How long the way to the customer may take after an order was to be ready.
    delivery_minutes: int = Field(default=30, ge=1, le=1_440)

    #: The pizzeria's own: for customers who did not choose a language; the hours that they are told, and the days and
    #: hours of analytics, are those of its zone.
    language: str = Field(default="en", pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")
    time_zone: str = Field(default="UTC", min_length=1, max_length=64)
    notifications: Literal["all", "off"] = "all"
    #: Seconds for one SMS or one mail.
    notification_timeout_seconds: float = Field(default=REQUEST_TIMEOUT, ge=0.1, le=LONGEST_TIMEOUT)
    sms_account: str = ""
    sms_token: str = Field(default="", repr=False)
    sms_from: str = Field(default="", max_length=20)
    #: The base of a Twilio-compatible API. Behind what it needs, since fields are checked in this order.
    sms_url: OptionalHttpUrl = Field(default=None, repr=False)
    mail_from: str = Field(default="", max_length=320)
    smtp_url: Annotated[str | None, BeforeValidator(lambda value: value or None)] = Field(default=None, repr=False)

    #: What a loyalty point pays for, in minor units of the currency.
    point_value: int = Field(default=5, ge=1, le=10_000)

    #: What a pizza that joins the menu has on hand at first; 0: it is not stocked, and not tracked.
    opening_portions: int = Field(default=10, ge=0, le=100_000)

    lease_seconds: float = Field(default=10, ge=1, le=600)
    retry_base_seconds: float = Field(default=1, gt=0, le=60)
    retry_cap_seconds: float = Field(default=300, gt=0, le=86_400)
    retry_attempts: int = Field(default=10, ge=1, le=100)

    max_body_bytes: int = Field(default=65_536, ge=1_024, le=16_777_216)
    max_requests: int = Field(default=1_000, ge=1, le=100_000)
    max_streams: int = Field(default=200, ge=0, le=100_000)
    backlog_max_age_seconds: float = Field(default=300, gt=0)

    log_format: Literal["auto", "console", "json"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("database_url")
    @classmethod
    def _known_store(cls, url: str) -> str:
        if not url.startswith(STORE_SCHEMES) or url in STORE_SCHEMES:
            raise ValueError("must be sqlite:///path/to/file or mongodb://host/database")
        return url

    @field_validator("api_keys")
    @classmethod
    def _keys_are_usable(cls, text: str) -> str:
        staff_by_key(text)
        return text

    @field_validator("language")
    @classmethod
    def _spoken(cls, tag: str) -> str:
        if primary_language(tag) not in LANGUAGES:
            raise ValueError(f"must begin with one of {', '.join(sorted(LANGUAGES))}")
        return tag

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError("must be the name of a time zone, such as Europe/Rome") from None
        return name

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, text: str) -> str:
        if text:
            Sender.parse(text)
        return text

    @field_validator("sms_url")
    @classmethod
    def _sms_is_whole(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url and not all(info.data.get(name) for name in ("sms_account", "sms_token", "sms_from")):
            raise ValueError("needs PIZZERIA_SMS_ACCOUNT, PIZZERIA_SMS_TOKEN and PIZZERIA_SMS_FROM too")
        return url

    @field_validator("smtp_url")
    @classmethod
    def _mail_is_whole(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url:
            parse_smtp_url(url)
            if not info.data.get("mail_from"):
                raise ValueError("needs PIZZERIA_MAIL_FROM too")
        return url

    @field_validator("cloudevents_extensions", mode="before")
    @classmethod
    def _knative_overrides(cls, value: Any) -> Any:
        return parse_overrides(value) if isinstance(value, str) else value

    @property
    def sqlite_path(self) -> Path | None:
        """The database's file; None where the store is MongoDB."""
        is_file = self.database_url.startswith(SQLITE_SCHEME)
        return Path(self.database_url.removeprefix(SQLITE_SCHEME)) if is_file else None

    def staff_by_key(self) -> dict[str, str]:
        """The staff's names by API key; empty where no key is set."""
        return staff_by_key(self.api_keys)


def staff_by_key(text: str) -> dict[str, str]:
    """Read `name:key,name2:key2`; a bare key's owner is called `staff`. Raises ValueError for what is no key list."""
    names: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, key = entry.rpartition(":")
        if len(key) < SHORTEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError(f"every key needs at least {SHORTEST_KEY} visible ASCII characters")
        if key in names:
            raise ValueError("the same key stands there twice")
        names[key] = name.strip() or "staff"
    return names


def load_settings(**overrides: Any) -> Settings:
    """Read the environment. `overrides` that are not None win. Raises `SettingsError`."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as failure:
        problems = [f"{_variable(error['loc'])}: {_reason(error['msg'])}" for error in failure.errors()]
        raise SettingsError("\n".join(problems)) from None


def _variable(loc: tuple[int | str, ...]) -> str:
    name = str(loc[0]) if loc else "settings"
    return name if name.isupper() else f"PIZZERIA_{name.upper()}"


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be ", "must be ")
