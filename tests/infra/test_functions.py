import ast
import contextlib
import re
import sys

import pytest

from passerelle.errors import PasserelleError
from passerelle.runtime.settings import Settings
from tests.infra.templates import ROOT, functions, logical, resources, template, variables

LONGEST = 40
MAY_IMPORT = {"passerelle", "aws_lambda_powertools", "typing", "collections", "json", "__future__"}


def handler(function):
    return (ROOT / "functions" / function / "handler.py").read_text(encoding="utf-8")


def settings():
    """The variables that the settings read, by looking at every property without any of them set."""

    class Asked(dict):
        def get(self, name, default=None):
            asked.add(name)
            return default

    asked = set()
    for name, member in vars(Settings).items():
        if isinstance(member, property):
            with contextlib.suppress(PasserelleError):  # it is missing; its name is what counts
                getattr(Settings(Asked()), name)
    return asked


def test_every_function_of_the_template_has_a_folder_and_every_folder_a_function():
    assert {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")} == set(functions())


def test_a_function_is_named_after_what_happens():
    for name, properties in functions().items():
        assert re.fullmatch(r"[a-z]+_[a-z]+", name)
        assert properties["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}


@pytest.mark.parametrize("function", functions())
def test_a_handler_is_short(function):
    assert len(handler(function).splitlines()) <= LONGEST


@pytest.mark.parametrize("function", functions())
def test_a_handler_imports_the_layer_powertools_and_typing_only(function):
    imported = set()
    for node in ast.walk(ast.parse(handler(function))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add(node.module.partition(".")[0])
    assert imported <= MAY_IMPORT


@pytest.mark.parametrize("function", functions())
def test_a_handler_does_nothing_at_import(function):
    allowed = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.Assign | ast.AnnAssign | ast.If | ast.Expr
    for node in ast.parse(handler(function)).body:
        assert isinstance(node, allowed)
        if isinstance(node, ast.If):
            assert ast.unparse(node.test) == "TYPE_CHECKING"
        if isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant)  # the docstring


@pytest.mark.parametrize("function", functions())
def test_every_variable_a_function_is_given_is_a_setting(function):
    own = functions()[function].get("Environment", {}).get("Variables", {})
    assert set(own) <= settings()


def test_every_setting_is_given_to_some_function():
    given = {name for each in functions() for name in variables(each)}
    logs = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL"}
    assert {name for name in settings() if name.startswith("PASSERELLE_")} == given - logs


def test_what_every_function_is_given_stands_once():
    own = [set(each.get("Environment", {}).get("Variables", {})) for each in functions().values()]
    assert not set.intersection(*own)
    assert not set(template("template")["Globals"]["Function"]["Environment"]["Variables"]) & set.union(*own)


def test_every_function_has_one_trigger():
    routed = {
        re.search(r"function:\$\{Name\}-(\w+)", each["IntegrationUri"]["Fn::Sub"])[1]
        for each in resources("infra/routes", "AWS::ApiGatewayV2::Integration").values()
    }
    machines = resources("template", "AWS::Serverless::StateMachine").values()
    stepped = {logical_id for machine in machines for logical_id in machine["DefinitionSubstitutions"]}
    for name, properties in functions().items():
        kinds = {
            event["Type"] for event in properties.get("Events", {}).values()
        }  # two schedules are one kind
        triggers = len(kinds) + (name in routed) + (logical(name) in stepped)
        assert triggers == 1, name


# Beside the sites: shops sign in their own ways, and a buyer's page opens by the token in its address.
DOORS = {"POST /shops/{shop}/orders", "ANY /seats/{token}", "ANY /console/{proxy+}"}


def test_every_route_is_a_signed_post_that_its_own_function_answers():
    routes = resources("infra/routes", "AWS::ApiGatewayV2::Route")
    assert routes
    for name, route in routes.items():
        method, path = route["RouteKey"].split()
        assert route["RouteKey"] in DOORS or (method == "POST" and path.startswith("/sites/{site}/"))
        assert route["Target"] == {"Fn::Sub": f"integrations/${{{name}Integration}}"}
        integration = resources("infra/routes", "AWS::ApiGatewayV2::Integration")[f"{name}Integration"]
        assert integration["PayloadFormatVersion"] == "2.0"
        permission = resources("infra/routes", "AWS::Lambda::Permission")[f"{name}Permission"]
        assert permission["SourceArn"]["Fn::Sub"].endswith(
            f"${{Api}}/*/{'*' if method == 'ANY' else method}{path}"
        )
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert logical(permission["FunctionName"]["Fn::Sub"].removeprefix("${Name}-")) == name
        assert name in template("template")["Resources"]["Routes"]["DependsOn"]


def test_a_function_behind_a_route_answers_before_api_gateway_gives_up():
    for each in resources("infra/routes", "AWS::Lambda::Permission").values():
        function = functions()[each["FunctionName"]["Fn::Sub"].removeprefix("${Name}-")]
        assert function.get("Timeout", template("template")["Globals"]["Function"]["Timeout"]) < 30


def test_the_layer_and_the_laptop_pin_the_same_versions():
    def pins(path):
        return dict(re.findall(r"^(\S+?)==(\S+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))

    layer = pins("layers/core/python/requirements.txt")
    laptop = pins("infra/laptop/requirements.lock")
    assert {name: laptop.get(name) for name in layer} == layer
    assert not {"boto3", "botocore"} & set(layer)


def test_locks_hold_hashes_and_no_address():
    for path in ("layers/core/python/requirements.txt", "infra/laptop/requirements.lock", ".ci/sam.lock"):
        text = (ROOT / path).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        pinned = len(re.findall(r"^\S+==", text, re.MULTILINE))
        assert pinned > 0
        assert len(re.findall(r"^\S+==[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)) == pinned


def test_the_default_runtime_is_one_that_lambda_offers():
    assert template("template")["Parameters"]["PythonVersion"]["Default"] == "python3.13"
    assert sys.version_info >= (3, 11)
