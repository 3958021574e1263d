"""`passerelle orders …` and `passerelle catalogue check`, on a stage instead of a stack."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from passerelle.domain.orders.shop import Attachment
from passerelle.domain.states import OrderState
from passerelle_cli.failures import explain
from passerelle_cli.main import cli
from passerelle_cli.stack import Stack
from passerelle_laptop.twin.records import Role
from tests.factories.orders import a_line, a_participant, a_product, a_shop, some_facts
from tests.scenes.orders import OrderScene


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LC_ALL", "en")

    def called(scene: OrderScene, *words: str, given: str = "") -> Result:
        class OnStage:
            world = staticmethod(lambda: scene.world)

        monkeypatch.setattr(Stack, "load", classmethod(lambda *_: OnStage()))
        return CliRunner().invoke(cli, list(words), input=given)

    return called


def test_orders_are_listed_with_their_state_and_reason(run: Any) -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    scene.sell(some_facts("7", lines=(replace(a_line(), product="?"),)))
    said = run(scene, "orders", "list")
    assert said.exit_code == 0
    assert "boutique:1042" in said.output
    assert "fulfilled" in said.output
    assert "Product “?” is not in network.yaml" in said.output
    assert "client.example" not in said.output
    only = run(scene, "orders", "list", "--state", "parked", "--json")
    assert [row["order"] for row in json.loads(only.output)["orders"]] == ["boutique:7"]


def test_an_order_is_shown_whole(run: Any) -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    said = run(scene, "orders", "show", "boutique:1042").output
    for word in ("ana@client.example", "SPOCM1 × 4", "supervises", "fulfilled", "/seats/"):
        assert word in said
    missing = run(scene, "orders", "show", "boutique:0")
    assert "does not exist here" in explain(missing.exception, "en")


@pytest.mark.rule("S12")
def test_orders_are_parked_released_replayed_and_rescheduled(run: Any) -> None:
    scene = OrderScene()
    scene.sell(some_facts(paid_at=None))
    run(scene, "orders", "park", "boutique:1042", "--why", "à vérifier", "--by", "lydie")
    assert scene.order().state == OrderState.PARKED
    run(scene, "orders", "replay", "boutique:1042")
    scene.deliver()
    assert scene.order().state == OrderState.PARKED
    run(scene, "orders", "release", "boutique:1042", "--why", "bon 7", "--by", "lydie")
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED
    before = {row.timeend for row in scene.moodle.state.enrolments.values()}
    assert run(scene, "orders", "reschedule", "boutique:1042", "--by", "+7D").exit_code == 0
    scene.deliver()
    after = {row.timeend for row in scene.moodle.state.enrolments.values()}
    assert after == {end + int(timedelta(days=7).total_seconds()) for end in before}


@pytest.mark.rule("S3")
def test_seats_are_assigned_from_a_table_or_not_at_all(run: Any) -> None:
    scene = OrderScene()
    scene.sell(some_facts(lines=(replace(a_line(), participants=(a_participant("ana"),)),)))
    wrong = run(
        scene, "orders", "assign", "boutique:1042", "-", given="Roy;Cléo;cleo@client.example\nX;Y;nope\n"
    )
    assert (wrong.exit_code, "row 2" in wrong.output) == (3, True)
    scene.deliver()
    assert len(scene.enrolled()) == 1
    right = run(scene, "orders", "assign", "boutique:1042", "-", given="Roy;Cléo;cleo@client.example\n")
    assert right.exit_code == 0
    scene.deliver()
    assert "cleo@client.example" in scene.enrolled()


@pytest.mark.rule("S15")
def test_the_catalogue_check_says_whether_each_product_can_be_delivered(run: Any) -> None:
    scene = OrderScene()
    scene.moodle.change_course("SPOCM1", groupmode=1)
    said = run(scene, "catalogue", "check")
    assert (said.exit_code, said.output.split()[0]) == (0, "✓"), said.output


@pytest.mark.rule("S15", "S6")
@pytest.mark.parametrize(
    ("product", "words"),
    [
        (a_product(parameters="coursename=NOWHERE"), "does not exist"),
        (a_product(parameters="coursename=SPOCM1&customersupport=NOWHERE"), "does not exist"),
        (a_product(parameters="coursename=SPOCM1&colour=red"), "unknown parameter: colour"),
        (a_product(parameters="coursename=SPOCM1&supervisor=nobody"), "does not exist"),
        (a_product(parameters="coursename=SPOCM1&supervisor=mentor"), "cannot be assigned"),
        (a_product(parameters="coursename=SPOCM1&supervisor=manager"), "does not let Passerelle give"),
        (a_product(parameters="coursename=OLD"), "has ended"),
        (a_product("std_createcategory", parameters="parentcategory=NOWHERE"), "may not see it"),
        (a_product("std_createvinstance"), "plugin that this Moodle lacks"),
    ],
)
def test_what_cannot_be_delivered_fails_the_check(product: Any, words: str, run: Any) -> None:
    scene = OrderScene(a_shop(products={"P": product}))
    scene.moodle.add_course("OLD", idnumber="OLD", enddate=1_000_000_000)
    said = run(scene, "catalogue", "check")
    assert (said.exit_code, words in said.output) == (3, True), said.output
    assert "replay" not in said.output  # nothing is sold yet


@pytest.mark.rule("S4", "S15")
def test_an_account_that_finds_nobody_by_email_fails_the_check(run: Any) -> None:
    scene = OrderScene(plugins=False)
    scene.moodle.change_course("SPOCM1", groupmode=1)
    assert run(scene, "catalogue", "check").exit_code == 0
    scene.moodle.settings.service_sees_identity = False
    said = run(scene, "catalogue", "check")
    assert (said.exit_code, "moodle/site:viewuseridentity" in said.output) == (3, True), said.output


@pytest.mark.rule("S15", "S6")
def test_a_role_that_could_take_over_existing_accounts_fails_the_check(run: Any) -> None:
    shop = a_shop(attachment=Attachment(over_existing="strong"))
    scene = OrderScene(shop)
    scene.moodle.state.roles[12] = Role(12, "strong", "", "", ("user",), ("moodle/user:loginas",))
    said = run(scene, "catalogue", "check")
    assert (said.exit_code, "taking over" in said.output) == (3, True), said.output


@pytest.mark.rule("S15")
def test_a_hidden_course_or_one_group_for_all_is_a_warning(run: Any) -> None:
    scene = OrderScene()
    scene.moodle.change_course("SPOCM1", visible=False)
    said = run(scene, "catalogue", "check")
    assert said.exit_code == 0
    assert "hidden" in said.output
    assert "separate groups" in said.output
