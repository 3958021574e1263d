"""`passerelle why` on a folder of extracts, on a site, and for a reference."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from passerelle.domain.refusals import Refusal
from passerelle_cli import why as command
from passerelle_cli.night_report import report
from passerelle_cli.stack import Stack
from tests.factories.offer import University
from tests.fakes.moodle import TwinMoodle, TwinSites
from tests.fakes.references import FakeReferences
from tests.scenes.night import NightScene


@pytest.fixture
def folder(tmp_path):
    made = University().element(title="Chimie").group(on=("E1",)).person().ip(group="").person("P2").ip("P2")
    return made.save(tmp_path)


def run(monkeypatch, *arguments, lang="fr_FR.UTF-8"):
    monkeypatch.setenv("LC_ALL", lang)
    return CliRunner().invoke(command.why, [str(one) for one in arguments])


@pytest.mark.rule("N22")
@pytest.mark.parametrize(("lang", "said"), [("fr_FR", "dans aucun groupe"), ("en_GB", "in no group")])
def test_it_answers_in_sentences_of_the_persons_language(monkeypatch, folder, lang, said) -> None:
    done = run(monkeypatch, "P1", "chimie", "--sources", folder, lang=lang)

    assert done.exit_code == 0
    assert said in done.output
    assert "ip.csv" in done.output


@pytest.mark.rule("N22")
def test_it_answers_in_json_with_typed_causes(monkeypatch, folder) -> None:
    done = run(monkeypatch, "p2", "E1", "--sources", folder, "--json")

    said = json.loads(done.output)
    assert said["verdict"] == "in"
    assert said["places"][0]["reasons"][0] | {"sentence": ""} == {
        "cause": "group",
        "weight": "gives",
        "rule": "N12",
        "check": "",
        "repairs": "nobody",
        "repairs_name": "rien à faire",
        "stage": "enrolments",
        "takes_effect": "",
        "rows": [{"file": "ip.csv", "line": 3}],
        "details": said["places"][0]["reasons"][0]["details"],
        "sentence": "",
    }


def test_several_people_are_listed_and_nobody_is_chosen(monkeypatch, folder) -> None:
    done = run(monkeypatch, "first", "E1", "--sources", folder)

    assert done.exit_code == 1
    assert "First P1" in done.output
    assert "First P2" in done.output


@pytest.mark.rule("N22")
@pytest.mark.parametrize("missing", ["people.csv", "elements.csv", "ip.csv", "manifest.json"])
def test_a_folder_that_cannot_be_used_is_an_error_that_names_the_file(monkeypatch, folder, missing) -> None:
    (folder / missing).unlink()

    done = run(monkeypatch, "P1", "E1", "--sources", folder)

    assert done.exit_code == 1
    assert f"{missing} manque" in done.output


def test_cohorts_play_no_part_in_an_answer(monkeypatch, folder) -> None:
    (folder / "cohorts.csv").unlink()

    assert run(monkeypatch, "P1", "E1", "--sources", folder).exit_code == 0


def test_without_sources_or_site_it_says_what_to_give(monkeypatch) -> None:
    done = run(monkeypatch, "P1", "E1")

    assert done.exit_code == 2
    assert "--sources" in done.output


class _Stack:
    def __init__(self, world) -> None:
        self._world = world

    def world(self):
        return self._world


@pytest.mark.rule("N22")
def test_a_site_is_looked_at_as_well(monkeypatch) -> None:
    stage = NightScene(University().element().group(on=("E1",)).person().ip())
    twin = TwinMoodle("caen", stage.clock)
    stage.moodle.site = twin.site
    stage.night()
    world = replace(stage.world, sites=TwinSites(None, twin))
    monkeypatch.setattr(Stack, "load", lambda *_: _Stack(world))

    done = run(monkeypatch, "P1", "E1", "--site", "caen")

    assert done.exit_code == 0, done.output
    assert "est bien inscrit au cours E1 dans Moodle" in done.output
    assert "Le cours E1 est caché" in done.output


@pytest.mark.rule("H1")
def test_a_reference_alone_is_looked_up_on_every_site(monkeypatch) -> None:
    stage = NightScene()
    references = FakeReferences(stage.clock)
    at = datetime(2026, 10, 6, 1, tzinfo=UTC)
    references.keep(
        Refusal(
            reference="K7QX2M4P", site="lille", code="no_backup", route="publications", at=at, course="CHIM1"
        )
    )
    world = replace(stage.world, references=references)
    monkeypatch.setattr(Stack, "load", lambda *_: _Stack(world))

    done = run(monkeypatch, "K7QX2M4P")

    assert done.exit_code == 0, done.output
    assert "pas encore de sauvegarde" in done.output


@pytest.mark.rule("N19")
def test_a_nights_report_is_written_as_files_to_open(monkeypatch, tmp_path) -> None:
    stage = NightScene(University().element().group(on=("E1",)).person().ip(group=""))
    stage.night()
    stage.moodle.get_course_states_by_idnumber = lambda _: {}
    monkeypatch.setattr(Stack, "load", lambda *_: _Stack(stage.world))

    done = CliRunner().invoke(report, ["--site", "caen", "--night", "2026-10-06", "--to", str(tmp_path)])

    assert done.exit_code == 0, done.output
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    assert files == ["en.html", "en/C1.csv", "fr.html", "fr/C1.csv", "report.json"]
    assert json.loads((tmp_path / "report.json").read_text())["lines"][0]["check"] == "D1"
