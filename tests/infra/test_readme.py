"""The README's table of functions says what the template says."""

import re

from tests.infra.templates import ROOT, functions, resources, suffix


def triggers():
    """By function, its trigger as the README writes it."""
    found = {}
    routes = resources("infra/routes", "AWS::ApiGatewayV2::Route")
    permissions = resources("infra/routes", "AWS::Lambda::Permission")
    for name, route in routes.items():
        found[suffix(permissions[f"{name}Permission"]["FunctionName"])] = f"`{route['RouteKey']}`"
    for name, properties in functions().items():
        for event in properties.get("Events", {}).values():
            if event["Type"] == "SQS":
                queue = event["Properties"]["Queue"]["Fn::GetAtt"]
                queue = queue[1] if isinstance(queue, list) else queue.partition(".")[2]
                found[name] = f"queue `{queue.removeprefix('Outputs.').removesuffix('Arn').lower()}`"
            else:
                when = f"`{event['Properties']['ScheduleExpression']['Ref']}`"
                found[name] = f"{found[name]} and {when}" if name in found else f"schedule {when}"
    for machine in resources("template", "AWS::Serverless::StateMachine").values():
        for called in machine["DefinitionSubstitutions"]:
            name = re.sub(r"(?<!^)(?=[A-Z])", "_", called).lower()
            if name in {path.name for path in (ROOT / "functions").iterdir()}:  # else it is an address
                found[name] = f"state machine `{suffix(machine['Name'])}`"
    return found


def table(heading):
    """The rows of the first table under a heading, each a list of cells."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"the README has no section {heading}"
    rows = [line.strip("|").split("|") for line in section[1].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_table_of_functions_names_each_with_its_trigger():
    assert {row[0].strip("`"): row[1] for row in table("Functions")} == triggers()


def test_every_function_is_explained():
    assert all(len(row) == 3 and row[2] for row in table("Functions"))
