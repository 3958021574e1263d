"""The templates as data, for the tests that hold them to the house's rules."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    "template",
    "infra/state",
    "infra/queues",
    "infra/permissions",
    "infra/routes",
    "infra/nights",
    "infra/watch",
)


@cache
def template(name: str) -> dict[str, Any]:
    return yaml_parse((ROOT / f"{name}.yaml").read_text(encoding="utf-8"))


def resources(name: str, kind: str) -> dict[str, dict[str, Any]]:
    """Properties by logical id."""
    return {
        logical: resource.get("Properties", {})
        for logical, resource in template(name)["Resources"].items()
        if resource["Type"] == kind
    }


def functions() -> dict[str, dict[str, Any]]:
    """Properties by the function's own name, the folder of its handler."""
    return {
        properties["CodeUri"].removeprefix("functions/"): properties
        for properties in resources("template", "AWS::Serverless::Function").values()
    }


def variables(function: str) -> set[str]:
    """Names of the environment of a function, those that all have included."""
    common = template("template")["Globals"]["Function"]["Environment"]["Variables"]
    return set(common) | set(functions()[function].get("Environment", {}).get("Variables", {}))


def logical(function: str) -> str:
    return "".join(word.capitalize() for word in function.split("_"))


def timeout(properties: dict[str, Any]) -> int:
    return properties.get("Timeout", template("template")["Globals"]["Function"]["Timeout"])


def suffix(name: Any) -> str:
    """`${Name}-uploads` → `uploads`."""
    text = name["Fn::Sub"]
    for prefix in ("${Name}-", "${AWS::StackName}-"):
        if text.startswith(prefix):
            return text.removeprefix(prefix)
    raise AssertionError(f"{text} does not start with the stack's name")


def statements(function: str) -> list[dict[str, Any]]:
    """What the function's role allows, the shared policies on secrets included, as a new installation is set."""
    role = resources("infra/permissions", "AWS::IAM::Role")[logical(function)]
    documents = [policy["PolicyDocument"] for policy in role["Policies"]]
    shared = resources("infra/permissions", "AWS::IAM::ManagedPolicy")
    documents += [shared[arn["Ref"]]["PolicyDocument"] for arn in role.get("ManagedPolicyArns", [])]
    return [
        branch
        for document in documents
        for statement in document["Statement"]
        for branch in (statement["Fn::If"][1:] if "Fn::If" in statement else [statement])
        if statement.get("Fn::If", [""])[0] != "HasOldNames" and branch != {"Ref": "AWS::NoValue"}
    ]
