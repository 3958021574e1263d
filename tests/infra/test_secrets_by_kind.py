"""G3: each function can read the secrets it uses and no others. What it uses is derived from its code."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

import pytest

from passerelle.domain.offer.model import Table
from passerelle.domain.offer.stages import TABLES, Stage
from passerelle.domain.secret_names import KINDS
from tests.infra.reach import reached
from tests.infra.templates import ROOT, functions, resources, statements

DOORS = {"site_door": "signing", "shop_door": "shops", "seats_door": "seats"}


def name_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def port_of(node: ast.AST) -> str:
    """`world.sites` → sites, also of `self.world` and `run.world`."""
    return node.attr if isinstance(node, ast.Attribute) and name_of(node.value) == "world" else ""


def asks_no_directory(call: ast.Call) -> bool:
    """`sources.read` of a stage that reads no people."""
    stage = call.args[2] if len(call.args) > 2 else None
    return (
        isinstance(stage, ast.Attribute)
        and name_of(stage.value) == "Stage"
        and Table.PEOPLE not in TABLES[Stage[stage.attr]]
    )


def kind_of(node: ast.AST) -> str:
    """The kind of secret that this expression has the wiring read, if any."""
    match node:
        case ast.Attribute(value=ast.Name(id="wiring"), attr=door) if door in DOORS:
            return DOORS[door]
        case ast.Attribute(attr="sites") if port_of(node):
            return "tokens"
        case ast.Attribute(value=port, attr=method) if port_of(port) == "shops":
            return "seats" if method == "seats_link" else "shops"
        case ast.Call(func=ast.Attribute(value=port, attr="read")) if port_of(port) == "sources":
            return "" if asks_no_directory(node) else "directories"
    return ""


@cache
def used_by(function: str) -> set[str]:
    bodies = reached(ROOT / f"functions/{function}/handler.py")
    # How each port reads its secrets is the wiring's: who uses a port is asked here.
    outside = (body for name, body in bodies if not name.startswith("wiring."))
    return {kind for body in outside for node in ast.walk(body) if (kind := kind_of(node))}


def folders(function: str, verbs: set[str]) -> set[str]:
    found = set()
    for statement in statements(function):
        if any(action.partition(":")[2] in verbs for action in statement["Action"]):
            given: Any = statement["Resource"]
            for resource in given if isinstance(given, list) else [given]:
                found.add(re.search(r":parameter\$\{SecretsPrefix\}(\w+)/\*$", resource["Fn::Sub"])[1])
    return found


@pytest.mark.rule("G3")
@pytest.mark.parametrize("function", functions())
def test_a_function_may_read_the_kinds_of_secret_that_it_uses_and_no_other(function: str) -> None:
    assert folders(function, {"GetParameter"}) == used_by(function)


@pytest.mark.rule("G3")
def test_only_what_connects_a_moodle_writes_secrets_and_only_those_of_moodles() -> None:
    setting = {name: kinds for name in functions() if (kinds := folders(name, {"PutParameter"}))}
    assert setting == {"open_connection": {"signing"}, "keep_token": {"tokens"}}
    deleting = {name: kinds for name in functions() if (kinds := folders(name, {"DeleteParameter"}))}
    assert deleting == {"keep_token": {"signing", "tokens"}}


@pytest.mark.rule("G3")
def test_every_kind_that_network_yaml_names_has_its_folder_and_every_folder_its_readers() -> None:
    policies = resources("infra/permissions", "AWS::IAM::ManagedPolicy")
    assert {name.removeprefix("Read").lower() for name in policies} == set(KINDS.values())
    assert set.union(*(used_by(name) for name in functions())) == set(KINDS.values())


@pytest.mark.rule("G3")
def test_a_right_to_the_whole_prefix_is_given_only_where_old_names_are_still_allowed() -> None:
    for policy in resources("infra/permissions", "AWS::IAM::ManagedPolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            condition, one, _ = statement.get("Fn::If", ("", statement, None))
            if str(one["Resource"].get("Fn::Sub", "")).endswith("${SecretsPrefix}*"):
                assert condition == "HasOldNames"
