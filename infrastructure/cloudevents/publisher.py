"""Sends events to a CloudEvents sink over HTTP: structured, binary, or many in a batch."""

import time
from collections.abc import Sequence

from application.dispatch.retry import BatchFailed, Unavailable
from domain.events import DomainEvent
from infrastructure.cloudevents.client import PostClient
from infrastructure.cloudevents.encoding import SINGLE_MODES, CloudEventEncoder, EncodeOne, Message
from infrastructure.cloudevents.mapping import EventMapping
from infrastructure.cloudevents.outcomes import REQUEST_TIMEOUT, check_answer, no_answer, outcome_of
from infrastructure.cloudevents.schemas import published_types
from infrastructure.observer import Observer

BATCHED = "batched"
MODES = (*SINGLE_MODES, BATCHED)
#: Events in one POST at most.
LARGEST_BATCH = 100
#: No further event of a call is sent after this many seconds, so that the call ends before its handler's time does.
PATIENCE = 15.0


class HttpCloudEventPublisher:
    """Implements `application.ports.CloudEventPublisher`. Use it between `open` and `close`, on one event loop."""

    def __init__(
        self,
        sink: str,
        mapping: EventMapping,
        *,
        mode: str = "structured",
        observe: Observer = lambda *_: None,
        timeout: float = REQUEST_TIMEOUT,
        patience: float = PATIENCE,
    ) -> None:
        """`timeout` is for one POST, `patience` for one call of `publish`, in seconds.

        Raises ValueError where the sink's address, the mode or the mapping's settings cannot work.
        """
        if mode not in MODES:
            raise ValueError(f"'{mode}' is no CloudEvents mode: choose one of {', '.join(MODES)}")
        self._sink = sink
        self._timeout = timeout
        self._patience = patience
        self._client = PostClient(sink, timeout=timeout)
        self._encoder = CloudEventEncoder(mapping)
        self._encoder.check([*published_types(mapping.type_prefix).values()])
        self._encode_one = SINGLE_MODES.get(mode)
        self._observe = observe
        self.batch_size = LARGEST_BATCH if mode == BATCHED else 1
        self.workers = 4 if mode == BATCHED else 32

    async def open(self) -> None:
        """Make ready to publish, again after a `close` too. Connections are made as they are needed."""
        self._client = PostClient(self._sink, timeout=self._timeout)

    async def close(self) -> None:
        await self._client.close()

    async def publish(self, events: Sequence[DomainEvent]) -> None:
        """Send all, in order. Raises `BatchFailed` from the first failure on.

        In batches the failure of the first POST is raised as it is: `Unavailable`, or one that tells the caller to
        try each aggregate's events on their own.
        """
        if self._encode_one is not None:
            await self._publish_each(events, self._encode_one)
        else:
            await self._publish_batches(events)

    async def _publish_each(self, events: Sequence[DomainEvent], encode: EncodeOne) -> None:
        deadline = time.monotonic() + self._patience
        for index, event in enumerate(events):
            try:
                _hurry(index, deadline)
                await self._post(encode(self._encoder, event))
            except Exception as failure:
                raise _from_here_on(events[index:], failure) from failure

    async def _publish_batches(self, events: Sequence[DomainEvent]) -> None:
        deadline = time.monotonic() + self._patience
        for sent in range(0, len(events), LARGEST_BATCH):
            try:
                _hurry(sent, deadline)
                await self._post(self._encoder.batch(events[sent : sent + LARGEST_BATCH]))
            except Unavailable as failure:
                if sent:
                    raise _from_here_on(events[sent:], failure) from failure
                raise
            except Exception:
                if len(events) > 1 and len({event.aggregate_id for event in events}) == 1:
                    # Nobody can split these further, so find the one that is not taken: the others are not to blame.
                    await self._publish_each(events[sent:], _batch_of_one)
                    return
                raise

    async def _post(self, message: Message) -> None:
        started = time.perf_counter()
        outcome = "cancelled"
        try:
            await self._exchange(message)
            outcome = "ok"
        except Exception as failure:
            outcome = outcome_of(failure)
            raise
        finally:
            self._observe(outcome, time.perf_counter() - started)

    async def _exchange(self, message: Message) -> None:
        try:
            status, retry_after = await self._client.post(message.headers, message.body)
        except OSError as failure:
            raise no_answer("the sink", failure) from failure
        check_answer("the sink", status, retry_after)


def _batch_of_one(encoder: CloudEventEncoder, event: DomainEvent) -> Message:
    return encoder.batch([event])


def _from_here_on(events: Sequence[DomainEvent], failure: Exception) -> BatchFailed:
    return BatchFailed({event.event_id: failure for event in events})


def _hurry(sent: int, deadline: float) -> None:
    if sent and time.monotonic() > deadline:
        raise Unavailable(f"the sink is slow: it took too long for {sent} events")
