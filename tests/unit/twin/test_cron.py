"""With cron running, jobs end by themselves, killed ones too."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from passerelle_laptop.twin import Twin

ARCHIVE = Path(__file__).parents[2] / "mbz" / "chimie-nousers-tgz.mbz"


@pytest.fixture
def network():
    with Twin.start({"one": "Un", "two": "Deux"}) as twin:
        yield twin


def start(site, source, jobkey="j1"):
    site.call("local_passerelle_start_restore", jobkey=jobkey, mode="new", **source("chimie-nousers-tgz.mbz"))


def test_jobs_of_every_site_end_by_themselves(network, source):
    for site in network.sites.values():
        start(site, source)
    assert network.settle(10)
    assert [site.job("j1")["status"] for site in network.sites.values()] == ["done", "done"]


def test_a_killed_job_is_taken_up_by_the_next_round(network, source):
    site = network.site("one")
    site.faults.add("killed", "restore", phase="restore", when="after")
    start(site, source)
    assert network.settle(10)
    assert (site.job("j1")["status"], len(site.state.courses)) == ("done", 1)


def test_a_stuck_job_holds_up_neither_the_others_nor_settling(network, source):
    site = network.site("one")
    site.faults.add("stuck", "j1")
    start(site, source)
    start(site, source, "j2")
    assert network.settle(10)
    assert [site.job(key)["status"] for key in ("j1", "j2")] == ["running", "done"]


def test_a_closed_twin_leaves_no_file_and_no_thread():
    twin = Twin.start({"one": "Un"})
    directory = twin.vault.directory.parent
    twin.site("one").import_mbz(ARCHIVE)
    assert directory.exists()
    started = time.monotonic()
    twin.close()
    assert not directory.exists()
    assert time.monotonic() - started < 5


def test_passerelle_hears_how_a_job_ended_though_no_job_waits_for_it(network, source, hub, ear):
    site = network.site("one")
    site.connect(hub.client.api, hub.client._secret)
    ear.deaf = 1
    start(site, source)
    assert network.settle(10)
    last = ear.asked("jobs")[-1][2]["jobs"][0]
    assert (last["jobkey"], last["status"]) == ("j1", "done")
