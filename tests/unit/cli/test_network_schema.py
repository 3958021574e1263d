"""The JSON schema of network.yaml is what the models say, and holds for the files that there are."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from passerelle_cli.main import cli
from passerelle_cli.network_schema import schema, written

ROOT = Path(__file__).parents[3]
FILE = ROOT / "infra/network.schema.json"


def as_json(text: str) -> object:
    """As an editor sees YAML: dates are texts."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_the_file_is_what_the_models_say() -> None:
    """`passerelle network schema > infra/network.schema.json` writes it again."""
    assert FILE.read_text(encoding="utf-8") == written()
    assert CliRunner().invoke(cli, ["network", "schema"]).output == written()


def test_the_example_fits_and_names_the_schema_for_editors() -> None:
    text = (ROOT / "infra/network.example.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=network.schema.json\n")
    jsonschema.validate(as_json(text), schema())


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"nam": "x"}, []),
        ({"identity": "login"}, ["identity"]),
        ({"sites": {"hub": {"titel": "x"}}}, ["sites", "hub"]),
    ],
    ids=["unknown word", "unknown value", "unknown word of a site"],
)
def test_what_is_wrong_is_underlined_where_it_stands(change: dict[str, object], path: list[str]) -> None:
    whole = as_json((ROOT / "infra/network.example.yaml").read_text(encoding="utf-8"))
    assert isinstance(whole, dict)
    errors = list(jsonschema.Draft202012Validator(schema()).iter_errors({**whole, **change}))
    assert path in [list(error.absolute_path) for error in errors]
