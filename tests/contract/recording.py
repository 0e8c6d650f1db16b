"""A stand-in for the dispatcher that takes what repositories hand over, and delivers nothing."""

from dataclasses import dataclass, field

from application.dispatch.outbox import Claim


@dataclass(slots=True)
class RecordingDeliveries:
    free: int = 1_000
    claims: list[Claim] = field(default_factory=list)
    notified: list[tuple[str, str]] = field(default_factory=list)

    def room(self, lane: str) -> int:
        return self.free

    def submit(self, claim: Claim) -> None:
        self.claims.append(claim)

    def notify(self, kind: str, aggregate_id: str) -> None:
        self.notified.append((kind, aggregate_id))
