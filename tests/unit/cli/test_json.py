"""What `--json` prints is one object that fits its schema, whole: no field that the schema does not know."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from passerelle.domain.moodle.core import Category
from passerelle.domain.refusals import Refusal as Refused
from passerelle_cli import rollover
from passerelle_cli.main import cli
from passerelle_cli.network_file import read_network
from passerelle_cli.schema import ANSWERS, schema_of
from passerelle_cli.stack import Stack
from tests.factories.orders import some_facts
from tests.fakes.inventory import FakeInventory
from tests.fakes.moodle import TwinMoodle, TwinSites
from tests.fakes.references import FakeReferences
from tests.scenes.night import NightScene, a_university, rules
from tests.scenes.orders import OrderScene
from tests.scenes.publishing import Scene
from tests.scenes.rollover import YearScene
from tests.unit.cli.test_every_command import COMMANDS, ROOT
from tests.unit.orders.test_asking import underpaid

EXAMPLE = ROOT / "infra" / "network.example.yaml"
ARCHIVE = str(ROOT / "tests/mbz/chimie-nousers-tgz.mbz")


@pytest.fixture(autouse=True)
def _french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    def run(world: Any, *words: str) -> Any:
        """What the command prints with --json, or the text without."""
        wiring = SimpleNamespace(configuration=SimpleNamespace(network=lambda: world.network))
        stack = SimpleNamespace(world=lambda: world, wiring=lambda: wiring)
        monkeypatch.setattr(Stack, "load", classmethod(lambda *_, **__: stack))
        done = CliRunner().invoke(cli, list(words), catch_exceptions=False)
        return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout

    return run


def closed(schema: Any) -> Any:
    """The same schema, which knows no further field: those of today are all described."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(value) for name, value in schema.items()}
    if "properties" in made and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


def fits(command: str, document: Any) -> None:
    """The document is one of the command's shapes; what is wrong is said by the one that comes nearest."""
    schemas = closed(schema_of(command))
    shapes = schemas.pop("anyOf", [{}])
    found = [
        [
            (list(one.absolute_path), one.message)
            for one in Draft202012Validator(schemas | one).iter_errors(document)
        ]
        for one in shapes
    ]
    assert min(found, key=len) == []


def test_every_command_that_prints_json_has_its_schema_and_no_other() -> None:
    flagged = {
        " ".join(path)
        for path, command in COMMANDS.items()
        if any(isinstance(one, click.Option) and "--json" in one.opts for one in command.params)
    }
    assert flagged | {"people show"} == set(ANSWERS)


def test_a_schema_is_printed_and_a_wrong_name_refused_with_the_nearest() -> None:
    assert "passerelle orders list" in CliRunner().invoke(cli, ["schema"]).output.splitlines()
    said = json.loads(CliRunner().invoke(cli, ["schema", "orders", "show"]).output)
    assert "history" in said["properties"]
    wrong = CliRunner().invoke(cli, ["schema", "orders", "shows"])
    assert (wrong.exit_code, "orders show" in wrong.output) == (2, True)


# -- orders ----------------------------------------------------------------------------------------------


def test_orders(printed: Any) -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    scene.sell(underpaid("7"))
    for words in ("orders list", "orders list --waiting", "orders list --state parked"):
        fits("orders list", printed(scene.world, *words.split(), "--json"))
    for order in ("boutique:1042", "boutique:7"):
        fits("orders show", printed(scene.world, "orders", "show", order, "--json"))


def test_what_deliveries_mean(printed: Any, tmp_path: Path) -> None:
    delivery = tmp_path / "one.json"
    delivery.write_text((ROOT / "tests/events/shops/woocommerce_order.json").read_text(encoding="utf-8"))
    world = SimpleNamespace(network=read_network(EXAMPLE.read_text(encoding="utf-8"))[0])
    document = printed(world, "orders", "explain", str(delivery), "--shop", "boutique", "--json")
    fits("orders explain", document)


# -- publications ----------------------------------------------------------------------------------------


def test_publications(printed: Any) -> None:
    from tests.unit.publishing.test_lineage import brought_home, published

    scene = Scene()
    brought_home(scene, published(scene))
    second = published(scene)
    fits("publications list", printed(scene.world, "publications", "list", "--json"))
    fits("publications show", printed(scene.world, "publications", "show", second, "--json"))
    fits("catalogue search", printed(scene.world, "catalogue", "search", "--json"))


# -- change of year --------------------------------------------------------------------------------------


@pytest.fixture
def year(monkeypatch: pytest.MonkeyPatch) -> YearScene:
    scene = YearScene()
    for lms in (scene.bleu, scene.vert):
        lms.categories.append(Category(10, "Sciences", "SCIENCES"))
    monkeypatch.setattr(rollover.time, "sleep", lambda _seconds: scene.deliver())
    return scene


def test_one_course_of_last_year(printed: Any, year: YearScene) -> None:
    year.courses(editingteachers=("ada", "grace"))
    asked = ("rollover", "request", "--site", "vert", "--user", "ada", "--course", "100", "--json")
    question = printed(year.base, *asked)
    assert question["rollover"] is None
    fits("rollover request", question)
    taken = printed(year.base, *asked, "--yes", "shared")
    fits("rollover request", taken)
    year.deliver()
    for command in ("status", "report", "contents"):
        document = printed(year.base, "rollover", command, taken["rollover"]["rollover"], "--json")
        fits(f"rollover {command}", document)


def test_a_faculty(printed: Any, year: YearScene) -> None:
    year.bleu.add_course("SC0", teacher="ada", holds=["x"], categoryid=10)
    year.vert.add_course("SC0", teacher="ada", categoryid=10)
    words = ("rollover", "plan", "--site", "vert", "--user", "root", "--category", "SCIENCES", "--json")
    plan = printed(year.base, *words)
    fits("rollover plan", plan)
    printed(year.base, "rollover", "apply", plan["id"], "--user", "root")
    for command in ("status", "report"):
        fits(f"rollover {command}", printed(year.base, "rollover", command, plan["id"], "--json"))


# -- nights ----------------------------------------------------------------------------------------------


def test_nights(printed: Any) -> None:
    scene = NightScene(a_university(), rules())
    first = f"caen/{scene.day}/night"
    fits("sync plan", printed(scene.world, "sync", "plan", "--site", "caen", "--keep", "--json"))
    fits("sync show", printed(scene.world, "sync", "show", first, "--json"))
    printed(scene.world, "sync", "apply", first)
    printed(scene.world, "sync", "freeze", "--site", "caen", "--course", "E1", "--why", "jurys")
    scene.tomorrow()
    scene.university.ip("P3", "E1", "G1")
    printed(scene.world, "sync", "plan", "--site", "caen", "--keep")
    fits("sync status", printed(scene.world, "sync", "status", "--site", "caen", "--json"))
    second = f"caen/{scene.day}/night"
    fits("sync diff", printed(scene.world, "sync", "diff", first, second, "--json"))
    fits("sync adopt", printed(scene.world, "sync", "adopt", "--site", "caen", "--json"))


def test_one_person(printed: Any) -> None:
    scene = NightScene(a_university(), rules())
    twin = TwinMoodle("caen", scene.clock)
    scene.moodle.site = twin.site
    scene.night()
    scene.university.ip("P3", "E1", "G1")
    world = replace(scene.world, sites=TwinSites(None, twin))
    fits("sync person", printed(world, "sync", "person", "P3", "--site", "caen", "--json"))
    for who in ("P1", "Last"):  # one, and several of whom nobody is chosen
        fits("why", printed(world, "why", who, "E1", "--site", "caen", "--json"))


def test_extracts(printed: Any, tmp_path: Path) -> None:
    folder = tmp_path / "extracts"
    printed(None, "sync", "example", "--to", str(folder))
    people = folder / "people.csv"
    people.write_text(people.read_text(encoding="utf-8").replace(";student", ";studnt", 1), encoding="utf-8")
    (folder / "cohorts.csv").unlink()
    fits("sync check", printed(None, "sync", "check", "--sources", str(folder), "--json"))
    printed(None, "sync", "example", "--to", str(tmp_path / "good"))
    fits("sync desired", printed(None, "sync", "desired", "--sources", str(tmp_path / "good"), "--json"))


# -- the rest --------------------------------------------------------------------------------------------


def test_all_that_is_held_of_a_person(printed: Any) -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    world = replace(scene.world, inventory=FakeInventory(scene.world.records, scene.world.papers, {}))
    fits("people show", printed(world, "people", "show", "ana@client.example"))


def test_a_reference(printed: Any) -> None:
    scene = NightScene(a_university(), rules())
    references = FakeReferences(scene.clock)
    at = scene.clock.now()
    references.keep(
        Refused(reference="K7QX2M4P", site="caen", code="no_backup", route="publications", at=at, course="C")
    )
    world = replace(scene.world, references=references)
    fits("why", printed(world, "why", "K7QX2M4P", "--json"))


@pytest.mark.parametrize("archive", [ARCHIVE, ARCHIVE.replace("-nousers", "-users"), "/nowhere.mbz"])
def test_archives(printed: Any, archive: str) -> None:
    fits("mbz inspect", printed(None, "mbz", "inspect", archive, "--json"))


def test_the_network_in_force(printed: Any) -> None:
    world = SimpleNamespace(network=read_network(EXAMPLE.read_text(encoding="utf-8"))[0])
    fits("network show", printed(world, "network", "show", "--json"))
