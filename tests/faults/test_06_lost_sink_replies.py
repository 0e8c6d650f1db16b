"""Fault 6: the sink takes the events, and nearly every third of its replies is lost."""

import pytest

from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict
from tests.faults.receiver import drop_replies
from tests.faults.traffic import EVENTS_OF_AN_ORDER
from tests.mail_server import Drop
from tests.sinks import Reset

SHARE = 0.3


async def lose_sink_replies(lab: Lab) -> Verdict:
    """The service cannot know what arrived, so it sends again: the sink tells repeats by their ids, and so do those who
    carry messages to customers."""
    await lab.started()
    lab.receiver.choose = drop_replies(SHARE, lab.random.random)
    lab.receiver.choose_text = lambda: Reset(takes=True) if lab.random.random() < SHARE else None
    lab.receiver.post_office.choose = lambda: Drop() if lab.random.random() < SHARE else None
    await lab.take_orders(round(lab.size(full=50_000, short=500) / EVENTS_OF_AN_ORDER))
    return await lab.close_the_books()


@pytest.mark.fault(6, "sink, SMS provider and mail server take what they are sent and drop 30 % of their replies")
async def test_an_event_whose_reply_is_lost_is_sent_again_and_nothing_else(lab: Lab, conclude: Conclude) -> None:
    verdict = await lose_sink_replies(lab)
    conclude(lab, verdict)
    assert verdict.facts["repeats"] > verdict.facts["events"] * SHARE / 2
