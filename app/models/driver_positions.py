"""The last known positions of drivers, as the staff sees them."""

from datetime import datetime

from pydantic import Field

from app.models.base import QueryModel, ResponseModel, example

POSITION_EXAMPLE = {"driverId": "gino", "latitude": 43.7696, "longitude": 11.2558, "at": "2026-05-04T18:30:00Z"}


class DriverPositionResponse(ResponseModel):
    model_config = example(POSITION_EXAMPLE)

    driver_id: str
    latitude: float = Field(description="In degrees, north of the equator (WGS 84).")
    longitude: float = Field(description="In degrees, east of Greenwich.")
    at: datetime = Field(description="When the driver was there.")


class DriverPositionsResponse(ResponseModel):
    model_config = example({"items": [POSITION_EXAMPLE]})

    items: list[DriverPositionResponse]


class DriverPositionsQuery(QueryModel):
    limit: int = Field(100, ge=1, le=500)
