"""`passerelle sync` on a night over fakes and the twin: what it prints, and what it does."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from passerelle.domain.states import RunState
from passerelle.errors import Refused
from passerelle.usecases import night_desk
from passerelle_cli import stack
from passerelle_cli.sync import sync
from tests.night_stage import TIGHT, NightStage, a_university, drop, people, rules


@pytest.fixture
def stage(monkeypatch):
    made = NightStage(a_university(), rules())
    monkeypatch.setattr(stack.Stack, "load", lambda *_: Found(made))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return made


class Found:
    def __init__(self, stage):
        self._stage = stage

    def world(self):
        return self._stage.world


def passerelle(*words, fails=False):
    done = CliRunner().invoke(sync, words, catch_exceptions=fails)
    assert (done.exit_code != 0) is fails, done.output
    return done.stdout


def test_a_plan_is_printed_with_the_rows_that_made_it_and_writes_nothing(stage, tmp_path):
    folder = str(stage.university.save(tmp_path))
    said = passerelle("plan", "--sources", folder, "--site", "caen")
    assert "enrol            course=E1 username=p1 role=student  [wanted; ip.csv:2]" in said
    assert len(stage.records) == len(stage.papers) == 0
    assert "apply" not in stage.moodle.calls
    found = json.loads(passerelle("plan", "--sources", folder, "--site", "caen", "--json"))
    assert found["counts"]["enrol"] == 4
    assert found["operations"][0]["op"] == "user_create"
    again = passerelle("plan", "--sources", folder, "--site", "caen", "--json")
    assert json.loads(again) == found


def test_a_kept_plan_is_shown_applied_and_compared(stage):
    passerelle("plan", "--site", "caen", "--keep")
    run = f"caen/{stage.day}/night"
    assert "course_create" in passerelle("show", run)
    assert "\tdone\t" in passerelle("apply", run)
    assert {row[0] for row in people(stage, "E1")} == {"p1", "p2", "t1"}
    stage.tomorrow()
    stage.university.ip("P3", "E1", "G1")
    assert "enrol 1" in passerelle("apply", "--site", "caen")
    said = passerelle("diff", run, f"caen/{stage.day}/night")
    assert "+ enrol" in said
    assert "- users" in said
    assert said.count("username=p3") == 5  # his account, his FOAD place before; his new course and group now
    status = json.loads(passerelle("status", "--site", "caen", "--json"))
    assert [one["state"] for one in status["runs"]] == ["done", "done"]


def test_a_held_plan_says_why_and_who_released_it(monkeypatch):
    held = NightStage(a_university(), rules(guard=TIGHT))
    monkeypatch.setattr(stack.Stack, "load", lambda *_: Found(held))
    held.night()
    drop(held.university, "ip.csv")
    held.tomorrow()
    run = f"caen/{held.day}/night"
    assert "HELD" in passerelle("plan", "--site", "caen", "--keep")
    with pytest.raises(Refused):
        passerelle("apply", run)
    assert "released by ada" in passerelle("release", run, "--by", "ada", "--apply")
    assert night_desk.newest(held.world, "caen").state is RunState.DONE


def test_a_site_is_held_and_let_go_frozen_and_thawed(stage):
    stage.night()
    assert "held by ada" in passerelle("hold", "--site", "caen", "--by", "ada")
    assert "held by ada" in passerelle("status", "--site", "caen")
    passerelle("release", "--site", "caen")
    passerelle("freeze", "--site", "caen", "--course", "E1", "--by", "ada")
    stage.university.ip("P3", "E1", "G1")
    stage.tomorrow()
    assert "frozen  enrol" in passerelle("plan", "--site", "caen")
    passerelle("freeze", "--site", "caen", "--lift")
    assert "frozen  enrol" not in passerelle("plan", "--site", "caen")


def test_adopting_prints_its_plan_and_waits_for_yes(stage):
    stage.moodle.site.add_category("Mine", "C1")
    assert "adopt" in passerelle("adopt", "--site", "caen")
    assert not stage.moodle.site.state.owned
    passerelle("adopt", "--site", "caen", "--yes")
    assert stage.moodle.site.state.owned
