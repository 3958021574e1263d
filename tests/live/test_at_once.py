"""Jobs that start with the request that asks for them, where the administrator allows it: without cron, and beside it."""

import threading
import time

import pytest

from tests.live.conftest import starting
from tests.live.ground import ENDED, new_key


@pytest.fixture
def at_once(stage):
    with starting(at_once=True):
        yield


def ended(ground, *keys):
    """The jobs, once all have ended; cron is not called."""
    until = time.monotonic() + 120
    while True:
        jobs = [ground.job(key) for key in keys]
        if all(job["status"] in ENDED for job in jobs):
            return jobs
        assert time.monotonic() < until, [job["phase"] for job in jobs]
        time.sleep(0.2)


def test_a_job_runs_without_cron(ground, at_once, archive, category):
    key = new_key()
    ground.call("start_restore", jobkey=key, mode="new", category=category, **archive())
    [job] = ended(ground, key)
    assert job["status"] == "done", job["error"]


def test_a_job_that_is_asked_for_twice_or_beside_cron_runs_once(ground, stage, at_once, archive, category):
    runs, keys = stage.play("runs"), [new_key() for _ in range(4)]
    crons = [threading.Thread(target=ground.cron) for _ in range(2)]
    for at, key in enumerate(keys):
        asked = {"jobkey": key, "mode": "new", "category": category, **archive()}
        ground.call("start_restore", **asked)
        ground.call("start_restore", **asked)
        if at % 2:
            crons[at // 2].start()
    for cron in crons:
        cron.join()
    # More at a time than Moodle's limit of ad hoc tasks: whoever ends first takes what waits.
    assert [job["status"] for job in ended(ground, *keys)] == ["done"] * len(keys)
    time.sleep(1)  # the last one's task ends after its job
    assert stage.play("runs") - runs == len(keys)


def test_where_cron_is_switched_off_nothing_starts(ground, stage, at_once, archive, category):
    key = new_key()
    stage.play("cron", on=0)
    try:
        ground.call("start_restore", jobkey=key, mode="new", category=category, **archive())
        time.sleep(3)
        assert ground.job(key)["status"] == "queued"
    finally:
        stage.play("cron", on=1)
    assert ground.ended(key)["status"] == "done"
