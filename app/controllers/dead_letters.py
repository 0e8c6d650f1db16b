"""Dead letters: deliveries that were given up for now, for an operator to look at, redrive or discard."""

from typing import Annotated

from fastapi import APIRouter, Query, Security
from starlette.requests import Request
from starlette.responses import Response

from app.auth import staff_only
from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.operations import DeadLetterResponse, DeadLettersQuery, DeadLettersResponse
from app.openapi import problems
from app.responses import no_content
from application.commands.repair_delivery import DiscardDeadLetterCommand, RedriveDeadLetterCommand
from application.queries.dead_letters import ListDeadLettersQuery

router = APIRouter(
    prefix="/api/dead-letters", tags=["operations"], route_class=LeanRoute, dependencies=[Security(staff_only)]
)
REPAIRED = problems("not_found", "version_conflict")


@router.get("", operation_id="listDeadLetters", summary="See what is parked")
async def list_dead_letters(request: Request, query: Annotated[DeadLettersQuery, Query()]) -> DeadLettersResponse:
    """By what it happened to (what came in, orders ...), and of each kind the one parked longest first."""
    letters = await execute(request, ListDeadLettersQuery(query.limit + 1, query.cursor))
    page = letters[: query.limit]
    return DeadLettersResponse(
        items=[DeadLetterResponse.of(letter) for letter in page],
        next_cursor=page[-1].id if len(letters) > query.limit else None,
    )


@router.post(
    "/{dead_letter_id}/redrive",
    operation_id="redriveDeadLetter",
    summary="Try a parked delivery again",
    status_code=204,
    responses=REPAIRED,
)
async def redrive_dead_letter(request: Request, dead_letter_id: str) -> Response:
    """With all its attempts; what waits behind it follows in order."""
    await execute(request, RedriveDeadLetterCommand(dead_letter_id))
    return no_content()


@router.delete(
    "/{dead_letter_id}",
    operation_id="discardDeadLetter",
    summary="Give a parked delivery up",
    status_code=204,
    responses=REPAIRED,
)
async def discard_dead_letter(request: Request, dead_letter_id: str) -> Response:
    """This handler never gets this event. What waits behind it follows."""
    await execute(request, DiscardDeadLetterCommand(dead_letter_id))
    return no_content()
