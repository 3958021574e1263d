"""The five stages of a night: one after the other, and none on top of another (N17)."""

from __future__ import annotations

from io import BytesIO

import pytest

from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle.errors import Refused
from passerelle.sources.extracts import read_extracts
from passerelle.usecases.night import desk
from passerelle.usecases.night.plan_stage import SourcesIncomplete, StageWaits
from tests.factories.offer import University
from tests.scenes.night import NightScene, a_university, rules


@pytest.mark.rule("N17")
def test_five_stages_one_after_the_other_do_what_one_whole_night_does():
    whole, staged = NightScene(a_university(), rules()), None
    whole.night()
    expected = sorted((row["course"], row["username"]) for row in whole.moodle.export("enrolments"))
    staged = NightScene(a_university(), rules())
    for one in Stage:
        assert staged.night(one).state is RunState.DONE
    assert sorted((r["course"], r["username"]) for r in staged.moodle.export("enrolments")) == expected
    staged.tomorrow()
    assert staged.plan().counts == {}


@pytest.mark.rule("N17")
def test_a_stage_waits_for_the_one_it_needs_and_refuses_after_its_failure(stage):
    stage.tomorrow()
    with pytest.raises(StageWaits):
        stage.plan(Stage.GROUPS)
    stage.night(Stage.OFFER)
    stage.sources.read = lambda *_: University(year="").extracts()
    with pytest.raises(Refused):
        stage.plan(Stage.USERS)
    del stage.sources.read
    with pytest.raises(Refused) as refused:
        stage.plan(Stage.ENROLMENTS)
    assert refused.value.code == "stage_needs"


@pytest.mark.rule("N20")
def test_a_file_that_is_missing_stops_the_night_before_it_plans(stage):
    good = stage.sources.read
    cut = stage.university.contents()
    del cut["ip.csv"]
    stage.tomorrow()
    stage.sources.read = lambda *_: read_extracts({name: BytesIO(body) for name, body in cut.items()})
    with pytest.raises(SourcesIncomplete):
        stage.plan()
    run = desk.newest(stage.world, "caen")
    assert (run.state, run.error) == (RunState.FAILED, "night_sources_stopped")
    stage.sources.read = good
    assert stage.night().state is RunState.DONE
