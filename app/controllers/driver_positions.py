"""Where the drivers are."""

from typing import Annotated

from fastapi import APIRouter, Query, Security
from starlette.requests import Request

from app.auth import staff_only
from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.driver_positions import DriverPositionResponse, DriverPositionsQuery, DriverPositionsResponse
from application.queries.driver_positions import ListDriverPositionsQuery

router = APIRouter(prefix="/api/drivers", tags=["drivers"], route_class=LeanRoute, dependencies=[Security(staff_only)])


@router.get("/positions", operation_id="listDriverPositions", summary="See where the drivers are")
async def list_driver_positions(
    request: Request, query: Annotated[DriverPositionsQuery, Query()]
) -> DriverPositionsResponse:
    """The last position that each has reported, the newest first. A report shows a moment after it was taken."""
    positions = await execute(request, ListDriverPositionsQuery(query.limit))
    return DriverPositionsResponse(items=[DriverPositionResponse.model_validate(position) for position in positions])
