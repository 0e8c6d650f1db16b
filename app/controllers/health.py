"""Whether the service lives, is ready, and how it does."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.controllers import service_of
from app.lean_route import LeanRoute
from app.models.operations import BacklogHealth, FailingHandler, LivenessResponse, ReadinessResponse, StoreHealth
from app.responses import model_response
from application.health import Health

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
    """503 where the store does not answer: no request could be served. `degraded`, with 200, where orders are taken all
    the same, but somebody should look: `reasons` says why. Answers at once; what it knows of the store is 3 seconds old
    at most."""
    service = service_of(request)
    health = service.health.assess()
    body = ReadinessResponse(
        status=health.status,
        reasons=health.reasons,
        store=StoreHealth(
            ready=health.store_up,
            name=service.store.name,
            error=health.store_error,
            clock_skew_seconds=round(health.clock_skew, 1),
        ),
        backlog=_backlog_health(health),
    )
    return model_response(body, 200 if health.store_up else 503)


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Read the metrics",
    responses={200: {"description": "Prometheus' text format.", "content": {"text/plain": {"example": "# HELP ..."}}}},
)
async def get_metrics(request: Request) -> Response:
    """Open, like health: it tells numbers, and nobody's data."""
    service = service_of(request)
    service.metrics.update_health(service.health.assess())
    return Response(service.metrics.exposition(), media_type=service.metrics.content_type)


def _backlog_health(health: Health) -> BacklogHealth:
    return BacklogHealth(
        ready=health.in_time,
        documents=health.backlog.documents,
        oldest_seconds=round(health.oldest, 3),
        dead_letters=health.backlog.dead_letters,
        paused_handlers=health.paused,
        failing_handlers=[
            FailingHandler(handler=name, error=trouble.error, code=trouble.status)
            for name, trouble in health.troubles.items()
        ],
        waiting_by_handler={name: handler.waiting for name, handler in health.handlers.items() if handler.waiting},
        leases_lost=health.leases_lost,
    )
