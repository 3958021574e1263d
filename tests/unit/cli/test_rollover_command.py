from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from passerelle.domain.moodle.core import Category
from passerelle.domain.rollover.rollover import Permit
from passerelle_cli import rollover
from passerelle_cli.stack import Stack
from tests.scenes.rollover import YearScene


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> YearScene:
    scene = YearScene()
    for lms in (scene.bleu, scene.vert):
        lms.categories.append(Category(10, "Sciences", "SCIENCES"))
    monkeypatch.setattr(Stack, "load", classmethod(lambda *_: SimpleNamespace(world=lambda: scene.base)))
    monkeypatch.setattr(rollover.time, "sleep", lambda _seconds: scene.deliver())
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    return scene


def run(scene: YearScene, *words: str) -> Result:
    return CliRunner().invoke(rollover.rollover, list(words))


def request(scene: YearScene, *more: str) -> str:
    result = run(scene, "request", "--site", "vert", "--user", "ada", "--course", "100", *more)
    assert result.exit_code == 0, result.output
    scene.deliver()
    return result.output.split()[0]


@pytest.mark.rule("R2")
def test_a_course_is_asked_for_followed_reported_and_undone_by_command(scene: YearScene) -> None:
    scene.courses()
    key = request(scene)
    assert "terminée" in run(scene, "status", key).output
    assert (
        "Section «\u00a0Atomes\u00a0» › Page «\u00a0Bohr\u00a0» › contenu" in run(scene, "report", key).output
    )
    assert run(scene, "undo", key, "--user", "ada").exit_code == 0
    scene.deliver()
    assert "annulée" in run(scene, "status", key).output


@pytest.mark.rule("R12")
def test_the_report_is_written_as_a_page_and_as_json(scene: YearScene, tmp_path: Path) -> None:
    scene.courses()
    key = request(scene)
    page = tmp_path / "rapport.html"
    run(scene, "report", key, "--html", str(page))
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert json.loads(run(scene, "report", key, "--json").output)["findings"]


@pytest.mark.rule("R5")
def test_an_open_question_is_printed_with_how_to_answer_it(scene: YearScene) -> None:
    scene.courses(editingteachers=("ada", "grace"))
    result = run(scene, "request", "--site", "vert", "--user", "ada", "--course", "100")
    assert result.exit_code == 3
    assert "--yes shared" in result.output
    assert request(scene, "--yes", "shared")


@pytest.mark.rule("R8")
def test_parts_are_left_out_by_the_archives_own_list(scene: YearScene) -> None:
    scene.courses()
    checked = run(scene, "check", "--site", "vert", "--user", "ada", "--course", "100").output.split()[0]
    scene.deliver()
    listed = run(scene, "contents", checked).output
    assert "section:2  Liaisons" in listed
    assert "  activity:13  quiz  Quiz 1" in listed
    key = request(scene, "--exclude", "activity:13")
    assert scene.rollover(key).wish.exclude[0].id == 13
    bad = run(scene, "request", "--site", "vert", "--user", "ada", "--course", "100", "--exclude", "13")
    assert bad.exit_code == 2


@pytest.mark.rule("R13")
def test_a_faculty_is_planned_applied_and_told_by_command(scene: YearScene) -> None:
    for n in range(4):
        holds = ["Bohr"]
        state = {"lastchange": scene.clock.now()}
        scene.bleu.add_course(f"SC{n}", teacher="ada", holds=holds, categoryid=10, state=state)
        scene.vert.add_course(f"SC{n}", teacher="ada", categoryid=10, holds=["x"] if n == 3 else [])
    printed = run(scene, "plan", "--site", "vert", "--user", "root", "--category", "SCIENCES").output
    assert "3 cours à récupérer, 1 laissé\u202f;" in printed
    assert "Un enseignant y a travaillé\u00a0: 1 activité." in printed
    plan = printed.split()[-1]
    applied = run(scene, "apply", plan, "--user", "root")
    assert applied.exit_code == 0, applied.output
    assert applied.output.splitlines()[-1] == "3/3 cours\u00a0: 3 terminée"
    rows = json.loads(run(scene, "report", plan, "--json").output)["courses"]
    assert [row["state"] for row in rows] == ["done", "done", "done", "skip"]


@pytest.mark.rule("R13")
def test_only_a_named_administrator_applies(scene: YearScene) -> None:
    scene.bleu.add_course("SC0", teacher="ada", holds=["x"], categoryid=10)
    scene.vert.add_course("SC0", teacher="ada", categoryid=10)
    plan = run(scene, "plan", "--site", "vert", "--user", "root", "--category", "SCIENCES").output.split()[-1]
    assert run(scene, "apply", plan, "--user", "ada").exception is not None
    assert scene.vert.started == []


@pytest.mark.rule("R3")
def test_an_administrator_allows_a_transfer_by_command(scene: YearScene) -> None:
    scene.courses(editingteachers=("grace",))
    asked = run(scene, "request", "--site", "vert", "--user", "grace", "--course", "100")
    assert asked.exit_code == 1
    (permit,) = scene.records.all(Permit)
    assert run(scene, "permit", permit.id, "--site", "bleu", "--user", "alan").exit_code == 1
    assert "autorisé" in run(scene, "permit", permit.id, "--site", "bleu", "--user", "root").output
    done = run(scene, "request", "--site", "vert", "--user", "grace", "--course", "100")
    assert done.exit_code == 0
