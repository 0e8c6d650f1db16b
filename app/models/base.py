"""What all models share: camelCase, no unknown fields, no silent conversions, no control characters."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from app.refusals import Fault, InvalidRequest

#: No control characters and no line breaks, Unicode's own included.
ONE_LINE = "^[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]*$"
#: Tabs and line breaks are fine, other control characters are not.
SEVERAL_LINES = "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]*$"

ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=ONE_LINE)]
Notes = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=SEVERAL_LINES)]
MenuId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Amount = Annotated[int, Field(ge=0, description="In minor units of the currency: 1325 is 13.25.")]
OrderId = Annotated[str, Field(description="A UUID of version 7: ids sort by the time of placing.")]
Version = Annotated[int, Field(ge=1, description="Rises with every change. In quotes it is the ETag.")]


_is_menu_id = TypeAdapter(MenuId).validate_python


def checked_id(value: str, name: str) -> str:
    """An id that came in the path. Raises `InvalidRequest` where it could not stand in a body."""
    try:
        return _is_menu_id(value)
    except ValidationError:
        fault = "Up to 64 letters, digits and _.- in between; a letter or digit first."
        raise InvalidRequest([Fault(name, fault)]) from None


class RequestModel(BaseModel):
    """Strict: `"2"` is no number, and a field that nobody asked for is an error, not noise."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


class QueryModel(BaseModel):
    """Query parameters, which arrive as text."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class ResponseModel(BaseModel):
    """Read from the application's own objects, whose attributes have the fields' names."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, from_attributes=True, populate_by_name=True
    )


def example(*values: dict[str, Any]) -> ConfigDict:
    """Examples for the documentation, as they go over the wire."""
    return ConfigDict(json_schema_extra={"examples": list(values)})
