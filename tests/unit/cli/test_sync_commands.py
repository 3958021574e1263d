"""`passerelle sync` on a night over fakes and the twin: what it prints, and what it does."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from passerelle.domain.night.plan.plan import Because, Still
from passerelle.domain.night.policy import Ldap
from passerelle.domain.offer.model import Because as Refusal
from passerelle.domain.states import RunState
from passerelle.errors import NotFound, Refused
from passerelle.usecases.night import desk
from passerelle.words.plan import REASONS, STILLS, UNTOUCHED
from passerelle_cli import stack, terminal
from passerelle_cli.sync import sync
from tests.scenes.night import TIGHT, NightScene, a_university, drop, people, rules


@pytest.fixture
def stage(monkeypatch):
    made = NightScene(a_university(), rules())
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
    assert "(E1) Chimie\n" in said
    assert "  + First P1 Last P1 (p1), student  [wanted; ip.csv:2]\n" in said
    assert said.endswith("21 to add, nothing to change, nothing to remove\n")
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
    assert "+ course, hidden and empty: (E1) Chimie" in passerelle("show", run)
    assert "  done  " in passerelle("apply", run)
    assert {row[0] for row in people(stage, "E1")} == {"p1", "p2", "t1"}
    stage.tomorrow()
    stage.university.ip("P3", "E1", "G1")
    assert "1 enrolment" in passerelle("apply", "--site", "caen")
    said = passerelle("diff", run, f"caen/{stage.day}/night")
    assert "> + (E1) Chimie: First P3 Last P3 (p3), student\n" in said
    assert "< + Accounts: account First P1 Last P1 (p1)\n" in said
    assert said.count("(p3)") == 5  # account, FOAD course and group before; new course and group now
    status = json.loads(passerelle("status", "--site", "caen", "--json"))
    assert [one["state"] for one in status["runs"]] == ["done", "done"]


def test_a_held_plan_says_why_and_who_released_it(monkeypatch):
    held = NightScene(a_university(), rules(guard=TIGHT))
    monkeypatch.setattr(stack.Stack, "load", lambda *_: Found(held))
    held.night()
    drop(held.university, "ip.csv")
    held.tomorrow()
    run = f"caen/{held.day}/night"
    assert "HELD" in passerelle("plan", "--site", "caen", "--keep")
    with pytest.raises(Refused):
        passerelle("apply", run)
    assert "released by ada" in passerelle("release", run, "--by", "ada", "--apply")
    assert desk.newest(held.world, "caen").state is RunState.DONE


def test_a_site_is_held_and_let_go_frozen_and_thawed(stage):
    stage.night()
    assert "held by ada" in passerelle("hold", "--site", "caen", "--by", "ada")
    assert "held by ada" in passerelle("status", "--site", "caen")
    passerelle("release", "--site", "caen")
    passerelle("freeze", "--site", "caen", "--course", "E1", "--by", "ada")
    stage.university.ip("P3", "E1", "G1")
    stage.tomorrow()
    assert "Frozen, and not done:" in passerelle("plan", "--site", "caen")
    passerelle("freeze", "--site", "caen", "--lift")
    assert "Frozen, and not done:" not in passerelle("plan", "--site", "caen")


def test_adopting_prints_its_plan_and_waits_for_yes(stage):
    stage.moodle.site.add_category("Mine", "C1")
    assert "adopt" in passerelle("adopt", "--site", "caen")
    assert not stage.moodle.site.state.owned
    passerelle("adopt", "--site", "caen", "--yes")
    assert stage.moodle.site.state.owned


def test_a_stage_is_planned_though_a_file_that_it_does_not_read_is_missing(stage, tmp_path):
    folder = stage.university.save(tmp_path)
    (folder / "ade.csv").unlink()
    words = ["plan", "--sources", str(folder), "--site", "caen", "--stage"]
    assert "+ account First P1 Last P1 (p1)" in passerelle(*words, "users")
    refused = CliRunner().invoke(sync, [*words, "enrolments"])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "ade.csv is missing" in refused.stderr


def test_extracts_older_than_the_night_are_told_to_whoever_names_their_folder(stage, tmp_path):
    folder = str(stage.university.save(tmp_path))
    words = ["plan", "--sources", folder, "--site", "caen", "--night"]
    for night, late in (("2026-10-06", False), ("2026-10-16", True)):
        done = CliRunner().invoke(sync, [*words, night])
        assert ("the extracts are of 2026-10-05" in done.stderr) is late
        assert done.exit_code == 0


@pytest.mark.rule("N20")
def test_who_holds_a_night_and_why_is_said_in_words(stage):
    stage.night()
    passerelle("hold", "--site", "caen", "--by", "ada", "--why", "exams")
    assert "exams" in passerelle("status", "--site", "caen")
    stage.university.ip("P3", "E1", "G1")
    stage.tomorrow()
    assert "HELD: by ada\n" in passerelle("plan", "--site", "caen", "--keep")
    status = json.loads(passerelle("status", "--site", "caen", "--json"))
    assert (status["held_by"], status["held_why"]) == ("ada", "exams")
    assert status["held_at"]
    passerelle("release", f"caen/{stage.day}/night", "--by", "bob")
    status = json.loads(passerelle("status", "--site", "caen", "--json"))
    assert status["runs"][-1]["released_at"]


def test_what_holds_a_plan_is_said_in_words(monkeypatch):
    held = NightScene(a_university(), rules(guard=TIGHT))
    monkeypatch.setattr(stack.Stack, "load", lambda *_: Found(held))
    held.night()
    drop(held.university, "ip.csv")
    held.tomorrow()
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert "RETENU\u00a0: lignes perdues de ip.csv\u00a0: " in passerelle("plan", "--site", "caen", "--keep")
    assert "lignes perdues de ip.csv\u00a0: " in passerelle("status", "--site", "caen")


def test_a_freeze_that_has_ended_is_no_longer_shown(stage):
    passerelle("freeze", "--site", "caen", "--since", "2020-01-01", "--until", "2020-02-01", "--why", "then")
    passerelle("freeze", "--site", "caen", "--course", "E1", "--why", "now", "--by", "ada")
    said = passerelle("status", "--site", "caen")
    assert "E1 now ada" in said
    assert "then" not in said
    (shown,) = json.loads(passerelle("status", "--site", "caen", "--json"))["freezes"]
    assert shown["courses"] == ["E1"]


def test_holding_a_night_that_is_not_there_names_it(stage):
    with pytest.raises(NotFound) as caught:
        passerelle("hold", "caen/1999-01-01/night")
    assert (caught.value.code, caught.value.details) == ("run_unknown", {"run": "caen/1999-01-01/night"})


@pytest.mark.rule("N19")
def test_extracts_without_people_are_looked_at_with_those_of_the_directory(monkeypatch, tmp_path):
    ldap = Ldap(url="ldaps://ldap.univ.example", base="dc=univ")
    asked = NightScene(a_university(), rules(ldap=ldap))
    monkeypatch.setattr(stack.Stack, "load", lambda *_: Found(asked))
    folder = asked.university.save(tmp_path)
    (folder / "people.csv").unlink()
    words = ["plan", "--sources", str(folder), "--site", "caen"]

    looked = CliRunner().invoke(sync, words, catch_exceptions=False)

    assert "+ account First P1 Last P1 (p1)" in looked.stdout
    assert "people.csv" in looked.stderr
    assert ldap.url in looked.stderr
    assert asked.world.sources.kept == []  # a dry look writes nothing
    passerelle(*words, "--keep")
    assert asked.world.sources.kept == [asked.day]


def test_a_french_reader_finds_no_code_among_a_plans_reasons(stage, monkeypatch):
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    stage.university.person("P9", email="")
    stage.moodle.site.add_category("Mine", "C1")
    said = passerelle("plan", "--site", "caen")
    assert "[voulu\u202f; ip.csv:2]" in said
    assert "reste  catégorie  C1  n’est pas adopté" in said
    assert "inconnu  personne  P9  personne sans adresse électronique" in said
    found = json.loads(passerelle("plan", "--site", "caen", "--json"))
    assert {one["because"] for one in found["operations"]} == {"wanted"}
    assert found["stays"][0][2] == "not_adopted"


def test_every_reason_of_a_plan_is_worded():
    for words, codes in ((REASONS, Because), (STILLS, Still), (UNTOUCHED, Refusal)):
        assert {code.value for code in codes} <= {str(code) for code in words}


@pytest.mark.rule("N18")
@pytest.mark.parametrize("planned", [True, False])
def test_a_freeze_of_a_code_that_nobody_knows_is_accepted_with_a_warning(stage, planned):
    if planned:
        stage.night()
        stage.tomorrow()
    words = ["freeze", "--site", "caen", "--course", "E1", "--course", "FOAD-E2", "--category", "C1"]
    done = CliRunner().invoke(sync, [*words, "--course", "E7"], catch_exceptions=False)
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["E7"]
    assert "frozen from" in done.stdout
    assert "E7" in passerelle("status", "--site", "caen")


@pytest.mark.rule("N19")
def test_a_renaming_shows_what_is_and_what_will_be_and_dates_as_dates(stage):
    stage.night()
    elements = stage.university.tables["elements.csv"]
    elements[:] = [tuple("Chimie organique" if one == "Chimie" else one for one in row) for row in elements]
    stage.tomorrow()
    said = passerelle("plan", "--site", "caen")
    assert "  ~ course\n    full name: (E1) Chimie → (E1) Chimie organique" in said
    assert "nothing to add, 1 to change, nothing to remove" in said


@pytest.mark.rule("N19")
@pytest.mark.rule("N20")
def test_the_exit_code_tells_nothing_changes_and_held(stage, monkeypatch):
    def code():
        return CliRunner().invoke(sync, ["plan", "--site", "caen", "--exit-code"]).exit_code

    assert code() == 2
    stage.night()
    stage.tomorrow()
    assert code() == 0
    tight = NightScene(a_university(), rules(guard=TIGHT))
    tight.night()
    monkeypatch.setattr(stack.Stack, "load", lambda *_: Found(tight))
    for code_of in ("P1", "P2", "P3"):
        drop(tight.university, "ip.csv", code_of)
    tight.tomorrow()
    assert code() == 3


@pytest.mark.rule("N19")
def test_colour_only_on_a_terminal_that_wants_it(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal.echo("file", colour="red")
    monkeypatch.setattr(screen, "isatty", lambda: True)
    terminal.echo("screen", colour="red")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.echo("plain", colour="red")
    assert screen.getvalue() == "file\n\x1b[31mscreen\x1b[0m\nplain\n"


@pytest.mark.rule("N27")
def test_one_person_is_shown_then_repaired(monkeypatch):
    from tests.fakes.moodle import TwinMoodle, TwinSites

    scene = NightScene(a_university(), rules())
    twin = TwinMoodle("caen", scene.clock)
    scene.moodle.site = twin.site
    scene.night()
    scene.world = replace(scene.world, sites=TwinSites(None, twin))
    monkeypatch.setattr(stack.Stack, "load", lambda *_: Found(scene))
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    scene.university.ip("P3", "E1", "G1")
    said = passerelle("person", "P3", "--site", "caen")
    assert "+ First P3 Last P3 (p3), étudiant" in said
    assert "2 à ajouter, rien à changer, rien à retirer" in said
    assert "--apply" in said
    assert "Fait : 2" in passerelle("person", "P3", "--site", "caen", "--apply").replace("\u00a0", " ")
    assert "Rien à faire" in passerelle("person", "p3", "--site", "caen", "--apply")
    assert json.loads(passerelle("person", "P3", "--site", "caen", "--json"))["operations"] == []
