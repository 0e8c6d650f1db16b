"""Whether the service lives, is ready, and how it does."""

import asyncio
import time

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.bootstrap import Service
from app.controllers import service_of
from app.lean_route import LeanRoute
from app.models.operations import BacklogHealth, LivenessResponse, ReadinessResponse, StoreHealth
from app.responses import model_response
from application.clock import utc_now
from application.dispatch.breaker import BreakerState
from domain.errors import StoreUnavailable

PING_SECONDS = 2.5
#: A backlog measured longer ago than this tells nothing, in seconds.
STALE_SECONDS = 15.0

router = APIRouter(tags=["health"], route_class=LeanRoute)


@router.get("/health/live", operation_id="checkLiveness", summary="Is the process alive?")
async def check_liveness() -> LivenessResponse:
    """Yes, or there is no answer. A store that is down does not change it: a restart would not help."""
    return LivenessResponse()


@router.get(
    "/health/ready",
    operation_id="checkReadiness",
    summary="Can the service do its work?",
    response_model=ReadinessResponse,
    responses={503: {"model": ReadinessResponse, "description": "Not ready: the store does not answer."}},
)
async def check_readiness(request: Request) -> Response:
    """503 where the store does not answer: no request could be served. `degraded`, with 200, where events wait too long
    or a handler pauses: orders are taken all the same, but somebody should look. Answers within 3 seconds."""
    service = service_of(request)
    store = await _store_health(service)
    backlog = _backlog_health(service)
    healthy = backlog.ready and not backlog.paused_handlers
    status = "unready" if not store.ready else "ready" if healthy else "degraded"
    body = ReadinessResponse.model_validate({"status": status, "store": store, "backlog": backlog})
    return model_response(body, 200 if store.ready else 503)


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Read the metrics",
    responses={200: {"description": "Prometheus' text format.", "content": {"text/plain": {"example": "# HELP ..."}}}},
)
async def get_metrics(request: Request) -> Response:
    """Open, like health: it tells numbers, and nobody's data."""
    service = service_of(request)
    service.metrics.update_backlog(service.relay.backlog)
    return Response(service.metrics.exposition(), media_type=service.metrics.content_type)


async def _store_health(service: Service) -> StoreHealth:
    error = None
    try:
        async with asyncio.timeout(PING_SECONDS):
            await service.store.ping()
    except (StoreUnavailable, TimeoutError) as failure:
        error = str(failure) or "The store does not answer."
    return StoreHealth(ready=error is None, name=service.store.name, error=error)


def _backlog_health(service: Service) -> BacklogHealth:
    backlog = service.relay.backlog
    oldest = backlog.oldest_age(utc_now())
    lately = time.monotonic() - backlog.measured_at < STALE_SECONDS
    return BacklogHealth(
        ready=lately and oldest <= service.settings.backlog_max_age_seconds,
        documents=backlog.documents,
        oldest_seconds=round(oldest, 3),
        dead_letters=backlog.dead_letters,
        paused_handlers=sorted(
            name for name, lane in service.dispatcher.lanes.items() if lane.breaker is not BreakerState.CLOSED
        ),
    )
