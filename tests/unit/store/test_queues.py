from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.store.conftest import both

pytestmark = both


def test_a_message_arrives_in_its_own_queue_only(queue):
    queue.queues.send("publications", {"publication": "p1", "why": "été"})
    assert queue.take("retrievals") is None
    assert queue.take("publications") == {"publication": "p1", "why": "été"}


def test_a_message_may_wait_up_to_fifteen_minutes(queue):
    queue.queues.send("jobs", {"jobkey": "a"}, delay=timedelta(0))
    assert queue.take("jobs") == {"jobkey": "a"}
    queue.queues.send("jobs", {"jobkey": "b"}, delay=timedelta(seconds=900))


@pytest.mark.parametrize("delay", [timedelta(seconds=901), timedelta(seconds=-1)])
def test_a_longer_wait_is_a_mistake_of_the_caller(queue, delay):
    with pytest.raises(ValueError, match="900"):
        queue.queues.send("jobs", {"jobkey": "a"}, delay=delay)
    assert queue.take("jobs") is None
