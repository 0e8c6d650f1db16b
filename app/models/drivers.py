"""Drivers and their tours, as clients see and change them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.models.base import OrderId, QueryModel, RequestModel, ResponseModel, ShortText, Version, example
from application.commands.drivers import ChangeDriverCommand, RegisterDriverCommand
from application.commands.start_tour import StartTourCommand
from application.ports.drivers import DriverView
from application.queries.drivers import DriverPage, ListDriversQuery
from domain.driver import MAX_STOPS, StopStatus, Tour

DRIVER_ID = r"^driver-[a-z0-9][a-z0-9-]*$"
#: All aggregates share one event log, so a driver must not be called as a pizza or an order may be.
DriverId = Annotated[
    str,
    StringConstraints(min_length=8, max_length=64, pattern=DRIVER_ID),
    Field(description="Chosen by you: `driver-`, then lower-case letters, digits and hyphens."),
]
KnownOrderId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]

DRIVER_EXAMPLE: dict[str, Any] = {
    "id": "driver-luigi",
    "version": 2,
    "name": "Luigi",
    "active": True,
    "tour": {
        "id": "01a1fc0a-dc10-7d01-9c11-6a8f21b7c0de",
        "startedAt": "2026-05-04T18:45:00.125Z",
        "stops": [
            {
                "number": 1,
                "orderId": "01a1fc0a-da02-70ba-b23f-1fafa9d8f1b3",
                "trackingNumber": "01a1fc0a-dc10-7d01-9c11-6a8f21b7c0de-1",
                "status": "open",
                "settledAt": None,
                "reason": None,
            }
        ],
    },
}


class RegisterDriverRequest(RequestModel):
    model_config = example({"id": "driver-luigi", "name": "Luigi"})

    id: DriverId
    name: ShortText

    def to_command(self) -> RegisterDriverCommand:
        return RegisterDriverCommand(driver_id=self.id, name=self.name)


class ChangeDriverRequest(RequestModel):
    model_config = example({"name": "Luigi", "active": False})

    name: ShortText
    active: bool = Field(description="Whether he drives for the pizzeria at present.")

    def to_command(self, driver_id: str, expected_version: int | None) -> ChangeDriverCommand:
        return ChangeDriverCommand(
            driver_id=driver_id, name=self.name, active=self.active, expected_version=expected_version
        )


class AssignDriverRequest(RequestModel):
    model_config = example({"driver": "driver-luigi"})

    driver: DriverId


class StartTourRequest(RequestModel):
    """Ready deliveries that are the driver's or nobody's, in the order of the stops."""

    model_config = example({"orders": ["01a1fc0a-da02-70ba-b23f-1fafa9d8f1b3"]})

    orders: list[KnownOrderId] = Field(min_length=1, max_length=MAX_STOPS)

    def to_command(self, driver_id: str) -> StartTourCommand:
        return StartTourCommand(driver_id=driver_id, order_ids=tuple(self.orders))


class DriversQuery(QueryModel):
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, pattern=DRIVER_ID, max_length=64, description="`nextCursor` of the page before.")

    def to_query(self) -> ListDriversQuery:
        return ListDriversQuery(limit=self.limit, cursor=self.cursor)


class StopResponse(ResponseModel):
    number: int = Field(ge=1)
    order_id: OrderId
    tracking_number: str
    status: StopStatus = Field(description="`completed` once the order is delivered; `dropped` where it will not be.")
    settled_at: datetime | None
    reason: str | None = Field(description="Why it was dropped.")


class TourResponse(ResponseModel):
    id: str
    started_at: datetime
    stops: list[StopResponse]

    @classmethod
    def of(cls, tour: Tour) -> "TourResponse":
        return cls(
            id=tour.id,
            started_at=tour.started_at,
            stops=[
                StopResponse(
                    number=stop.number,
                    order_id=stop.order_id,
                    tracking_number=tour.tracking_number(stop),
                    status=stop.status,
                    settled_at=stop.settled_at,
                    reason=stop.reason,
                )
                for stop in tour.stops
            ],
        )


class DriverResponse(ResponseModel):
    model_config = example(DRIVER_EXAMPLE)

    id: DriverId
    version: Version
    name: str
    active: bool
    tour: TourResponse | None = Field(description="The tour that he is on; null once every stop of it is settled.")

    @classmethod
    def of(cls, view: DriverView) -> "DriverResponse":
        tour = view.state.tour
        return cls(
            id=view.id,
            version=view.version,
            name=view.state.name,
            active=view.state.active,
            tour=TourResponse.of(tour) if tour else None,
        )


class DriverPageResponse(ResponseModel):
    model_config = example({"items": [DRIVER_EXAMPLE], "nextCursor": DRIVER_EXAMPLE["id"]})

    items: list[DriverResponse]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")

    @classmethod
    def of(cls, page: DriverPage) -> "DriverPageResponse":
        return cls(items=[DriverResponse.of(view) for view in page.drivers], next_cursor=page.next_cursor)
