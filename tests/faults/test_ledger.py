"""The ledger's own test: one order's whole story is in order, and every way to spoil it is counted under its name."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from tests.faults.books import Books, LogEntry, OrderEntry, Pending
from tests.faults.ledger import DISPLAY, LATE, PLACE, RAISES, SINK, Arrival, Ledger, Verdict

MOVES = (PLACE, "confirm", "cook", "ready", "collect")


@dataclass
class Story:
    """An order that was placed, confirmed, cooked and collected; everybody has heard of everything once."""

    ledger: Ledger = field(default_factory=Ledger)
    order: OrderEntry = field(default_factory=lambda: OrderEntry(5, "collected", (), None))
    log: list[LogEntry] = field(default_factory=list)
    tickets: dict[str, int] = field(default_factory=lambda: {"o": 4})
    places: tuple[str, ...] = ()
    gone: bool = False

    def __post_init__(self) -> None:
        for version, move in enumerate(MOVES, 1):
            self.ledger.acknowledge("o", move, version)
            self.log.append(LogEntry("o", version, RAISES[move], f"e{version}"))
            self.ledger.arrived(Arrival(SINK, "a1", f"e{version}", "o", version))
        self.ledger.arrived(Arrival(DISPLAY, "a1", "e2", "o", None))

    def judge(self) -> Verdict:
        orders = {} if self.gone else {"o": self.order}
        return self.ledger.judge(Books(orders, self.log, self.tickets, self.places), display=True)


def test_a_story_in_order_has_no_faults() -> None:
    assert Story().judge().faults == {}


def test_repeats_under_the_same_id_are_no_fault_but_counted() -> None:
    story = Story()
    story.ledger.arrivals += story.ledger.arrivals[:2]
    verdict = story.judge()
    assert verdict.faults == {}
    assert verdict.facts["repeats"] == 2


def test_an_order_that_ran_late_has_another_event_of_the_same_move_and_no_fault() -> None:
    story = Story()
    story.ledger.acknowledged[-1] = replace(story.ledger.acknowledged[-1], version=6)
    story.order = replace(story.order, version=6)
    story.log.append(LogEntry("o", 6, LATE, "e6"))
    story.ledger.arrived(Arrival(SINK, "a1", "e6", "o", 6))
    assert story.judge().faults == {}


def test_lateness_alone_is_no_move() -> None:
    story = Story()
    story.log[-1] = replace(story.log[-1], type=LATE)
    assert story.judge().faults == {"acknowledged changes missing": 1}


def lose_order(story: Story) -> None:
    story.gone = True
    story.log.clear()
    story.tickets.clear()
    story.ledger.arrivals.clear()


def lose_change(story: Story) -> None:
    story.order = replace(story.order, version=4)
    story.log.pop()
    del story.ledger.arrivals[4]


def promise_twice(story: Story) -> None:
    story.ledger.acknowledge("o", "cancel", 5)


def win_twice(story: Story) -> None:
    story.ledger.acknowledge("o", "collect", 5)


def raise_nothing(story: Story) -> None:
    story.log.pop()
    del story.ledger.arrivals[4]


def lose_at_sink(story: Story) -> None:
    del story.ledger.arrivals[4]


def lose_in_log(story: Story) -> None:
    story.log.pop()


def lose_at_display(story: Story) -> None:
    story.ledger.arrivals.pop()


def lose_ticket(story: Story) -> None:
    story.tickets.clear()


def leave_ticket_behind(story: Story) -> None:
    story.tickets["o"] = 3


def keep_place(story: Story) -> None:
    story.places = ("o",)


def arrive_unhappened(story: Story) -> None:
    story.ledger.arrived(Arrival(SINK, "a1", "e6", "o", 6))


def arrive_inverted(story: Story) -> None:
    arrivals = story.ledger.arrivals
    arrivals[2], arrivals[3] = arrivals[3], arrivals[2]


def log_inverted(story: Story) -> None:
    story.log[2], story.log[3] = story.log[3], story.log[2]


def arrive_over_a_gap(story: Story) -> None:
    del story.ledger.arrivals[2]


def log_twice(story: Story) -> None:
    story.log.append(story.log[-1])


def send_under_two_ids(story: Story) -> None:
    story.ledger.arrived(Arrival(SINK, "a1", "another", "o", 5))


def send_from_two(story: Story) -> None:
    story.ledger.arrived(Arrival(SINK, "b1", "e5", "o", 5))


def leave_waiting(story: Story) -> None:
    story.order = replace(story.order, pending=(Pending("e5", RAISES["collect"], 5, parked=False),))


@pytest.mark.parametrize(
    ("spoil", "counted"),
    [
        (lose_order, "acknowledged orders missing"),
        (lose_change, "acknowledged changes missing"),
        (promise_twice, "moves won twice"),
        (win_twice, "moves won twice"),
        (raise_nothing, "events never raised"),
        (lose_at_sink, "events lost"),
        (lose_in_log, "events lost"),
        (lose_at_display, "events lost"),
        (lose_ticket, "events lost"),
        (leave_ticket_behind, "events lost"),
        (keep_place, "events lost"),
        (arrive_unhappened, "events that never happened"),
        (arrive_inverted, "inversions or gaps"),
        (log_inverted, "inversions or gaps"),
        (arrive_over_a_gap, "inversions or gaps"),
        (log_twice, "effects twice"),
        (send_under_two_ids, "effects twice"),
        (send_from_two, "two workers at once"),
        (leave_waiting, "left waiting"),
    ],
)
def test_what_is_spoilt_is_counted(spoil: Callable[[Story], None], counted: str) -> None:
    story = Story()
    spoil(story)
    assert story.judge().counts[counted] > 0


def test_a_killed_process_may_have_sent_what_another_one_sends_again() -> None:
    story = Story()
    send_from_two(story)
    story.ledger.excused.add("a1")
    assert story.judge().faults == {}
