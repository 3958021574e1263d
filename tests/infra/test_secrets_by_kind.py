"""G3: each function can read the secrets it uses and no others. What it uses is derived from its code."""

from __future__ import annotations

import ast
import copy
import re
from functools import cache
from typing import Any

import pytest

from passerelle.domain.offer.model import Table
from passerelle.domain.offer.stages import TABLES, Stage
from passerelle.domain.secret_names import KINDS
from tests.infra import templates
from tests.infra.reach import reached
from tests.infra.templates import NAMES, ROOT, functions, resources, statements, template

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


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def folders(function: str, verbs: set[str]) -> set[str]:
    """Kinds of secret that the role allows these verbs on, `*` for one that is no folder of ours."""
    found = set()
    for statement in statements(function):
        if any(action in {f"ssm:{verb}" for verb in verbs} for action in listed(statement["Action"])):
            for resource in listed(statement["Resource"]):
                text = str(resource.get("Fn::Sub", resource) if isinstance(resource, dict) else resource)
                folder = re.search(r":parameter\$\{SecretsPrefix\}(\w+)/\*$", text)
                found.add(folder[1] if folder else "*")
    return found


def other_rights(function: str) -> set[str]:
    """Actions on secrets that no function of ours has: whole folders, histories, other stores."""
    actions = {action for one in statements(function) for action in listed(one["Action"])}
    known = {"ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter"}
    return {one for one in actions if one.startswith(("ssm:", "secretsmanager:"))} - known


@pytest.mark.rule("G3")
@pytest.mark.parametrize("function", functions())
def test_a_function_may_read_the_kinds_of_secret_that_it_uses_and_no_other(function: str) -> None:
    assert folders(function, {"GetParameter"}) == used_by(function)
    assert other_rights(function) == set()


@pytest.mark.rule("G3")
def test_rights_stand_in_roles_and_in_the_policies_of_one_file() -> None:
    """So that what these tests read is all there is."""
    kinds = {
        (name, resource["Type"])
        for name in NAMES
        for resource in template(name)["Resources"].values()
        if resource["Type"].startswith("AWS::IAM::")
    }
    assert kinds <= {
        ("infra/permissions", "AWS::IAM::Role"),
        ("infra/permissions", "AWS::IAM::ManagedPolicy"),
        ("infra/nights", "AWS::IAM::Role"),
        ("template", "AWS::IAM::Role"),
    }, kinds
    assert not [name for name, properties in functions().items() if "Policies" in properties]
    nights = [
        *resources("infra/nights", "AWS::IAM::Role").values(),
        *resources("template", "AWS::IAM::Role").values(),
    ]
    assert "ssm:" not in str(nights)


TOKENS = {
    "Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${SecretsPrefix}tokens/*"
}
ALL = {"Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${SecretsPrefix}*"}


@pytest.mark.rule("G3")
@pytest.mark.parametrize(
    "added",
    [
        {"Ref": "ReadTokens"},
        {"Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": TOKENS},
        {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": [TOKENS]},
        {"Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": ALL},
        {"Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["ssm:GetParametersByPath"], "Resource": TOKENS},
        {"Effect": "Allow", "Action": ["ssm:GetParameterHistory", "ssm:GetParameters"], "Resource": TOKENS},
        {"Fn::If": ["HasSecretsKey", {"Ref": "AWS::NoValue"},
                    {"Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": TOKENS}]},
    ],
    ids=["policy", "statement", "one action", "the whole prefix", "star", "by path", "history", "else"],
)  # fmt: skip
def test_one_kind_more_than_the_code_asks_for_is_seen(
    added: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = copy.deepcopy(template("infra/permissions"))
    role = changed["Resources"]["ReceiveOrder"]["Properties"]
    if "Ref" in added:
        role.setdefault("ManagedPolicyArns", []).append(added)
    else:
        role["Policies"][0]["PolicyDocument"]["Statement"].append(added)
    real = templates.template
    monkeypatch.setattr(
        templates, "template", lambda name: changed if name == "infra/permissions" else real(name)
    )
    right = folders("receive_order", {"GetParameter"}) == used_by("receive_order")
    assert not (right and other_rights("receive_order") == set())


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
