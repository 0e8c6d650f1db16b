"""The audit trail: who did what, when, on every aggregate."""

from typing import Annotated

from fastapi import APIRouter, Query, Security
from starlette.requests import Request
from starlette.responses import Response

from app.auth import staff_only
from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.audit import AuditTrailQuery, AuditTrailResponse, audit_trail_json
from app.responses import JsonResponse
from application.queries.audit import ReadAuditTrailQuery

router = APIRouter(prefix="/api/audit", tags=["operations"], route_class=LeanRoute, dependencies=[Security(staff_only)])


@router.get("", operation_id="readAuditTrail", summary="See who did what, and when", response_model=AuditTrailResponse)
async def read_audit_trail(request: Request, query: Annotated[AuditTrailQuery, Query()]) -> Response:
    """Every event of every order, of the menu, and of all else, the newest first."""
    wanted = ReadAuditTrailQuery(limit=query.limit + 1, before=query.cursor, aggregate_id=query.aggregate_id)
    return JsonResponse(audit_trail_json(await execute(request, wanted), query.limit))
