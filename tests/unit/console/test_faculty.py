"""A faculty's change of year from the console: made, looked at, let run, stopped (R13, H2)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from passerelle.domain.moodle.core import Category
from passerelle.domain.rollover.plan import PlanRun
from passerelle.domain.rollover.rollover import Rollover
from tests.scenes.rollover import YearScene
from tests.unit.console.conftest import Browser


@pytest.fixture
def scene() -> YearScene:
    scene = YearScene()
    for lms in (scene.bleu, scene.vert):
        lms.categories += [Category(10, "Sciences", "SCIENCES")]
    for name in ("SC1", "SC2", "SC3"):
        scene.bleu.add_course(name, teacher="ada", holds=["Bohr"], categoryid=10)
        scene.vert.add_course(name, teacher="ada", categoryid=10)
    return scene


@pytest.fixture
def browser(scene: YearScene) -> Browser:
    network = replace(scene.world.network, operators=("hub:root",))
    return Browser(replace(scene.world, network=network)).sign_in("vert", "root")


@pytest.mark.rule("R13")
@pytest.mark.rule("H2")
def test_an_administrator_makes_a_plan_looks_at_it_and_lets_it_run(scene: YearScene, browser: Browser):
    assert browser.do("plan_make", "vert", category="SCIENCES")["statusCode"] == 303
    (run,) = scene.records.all(PlanRun)
    page = browser.ask(f"faculty?id={run.id}")
    assert page["statusCode"] == 200
    assert "SC2" in page["body"]
    browser.do("plan_apply", run.id)
    scene.deliver()
    assert len(scene.records.all(Rollover)) == 3
    assert "done" in browser.ask(f"faculty?id={run.id}")["body"]
    assert browser.ask("rollovers")["statusCode"] == 200


@pytest.mark.rule("R13")
@pytest.mark.rule("H2")
def test_an_operator_of_another_site_may_look_and_stop_but_not_roll_over_in_a_strangers_name(
    scene: YearScene, browser: Browser
):
    browser.do("plan_make", "vert", category="SCIENCES")
    (run,) = scene.records.all(PlanRun)
    operator = Browser(browser.world).sign_in("hub", "root")
    assert operator.ask(f"faculty?id={run.id}")["statusCode"] == 200
    assert operator.do("plan_apply", run.id)["statusCode"] == 422
    assert scene.records.all(Rollover) == ()
    browser.do("plan_apply", run.id)
    assert operator.do("plan_stop", run.id)["statusCode"] == 303
    assert not scene.records[PlanRun, run.id].applying
    told = operator.ask("acts")["body"]
    assert re.findall(r"<td>(SCIENCES[^<]*)</td>", told) == ["SCIENCES (vert)"] * 4
    assert run.id not in told
