import pytest

from tests.infra.templates import functions, logical, resources, statements, template, variables

# What each variable opens: whoever is given it may use it, and whoever may use it is given it.
OPENS = {
    "PASSERELLE_BACKUPS_BUCKET": "Backups",
    "PASSERELLE_STATE_BUCKET": "State",
    "PASSERELLE_PUBLICATIONS_QUEUE": "Publications",
    "PASSERELLE_RETRIEVALS_QUEUE": "Retrievals",
    "PASSERELLE_ROLLOVERS_QUEUE": "Rollovers",
    "PASSERELLE_JOBS_QUEUE": "Jobs",
    "PASSERELLE_ORDERS_QUEUE": "Orders",
    "PASSERELLE_TABLE": "Table",
}


# What Lambda asks of the role of a function in subnets. AWS: these take no smaller resource.
IN_SUBNETS = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}


def named(resource):
    """The text of a resource: a parameter's name, or a substituted text."""
    return resource.get("Ref") or resource["Fn::Sub"]


def listed(value):
    return value if isinstance(value, list) else [value]


def test_every_function_has_a_role_of_its_own():
    roles = [tuple(properties["Role"]["Fn::GetAtt"]) for properties in functions().values()]
    assert len(set(roles)) == len(roles)
    for name, properties in functions().items():
        assert properties["Role"] == {"Fn::GetAtt": ["Permissions", f"Outputs.{logical(name)}"]}
        assert template("infra/permissions")["Outputs"][logical(name)]["Value"] == {
            "Fn::GetAtt": [logical(name), "Arn"]
        }
    assert set(resources("infra/permissions", "AWS::IAM::Role")) == {logical(name) for name in functions()}


@pytest.mark.parametrize("function", functions())
def test_no_right_is_a_star(function):
    for statement in statements(function):
        assert statement["Effect"] == "Allow"
        if function == "plan_stage" and set(statement["Action"]) == IN_SUBNETS:
            continue
        for action in listed(statement["Action"]):
            assert "*" not in action
        for resource in listed(statement["Resource"]):
            text = named(resource)
            assert text != "*"
            # A star stands only at the end of a prefix, and never for a whole bucket, table or queue.
            assert "*" not in text[:-1]
            assert not text.endswith("}/*")


@pytest.mark.parametrize("function", functions())
def test_no_managed_policy_of_aws_is_attached(function):
    role = resources("infra/permissions", "AWS::IAM::Role")[logical(function)]
    ours = resources("infra/permissions", "AWS::IAM::ManagedPolicy")
    assert {arn["Ref"] for arn in role.get("ManagedPolicyArns", [])} <= set(ours)


@pytest.mark.parametrize("function", functions())
def test_a_function_may_use_what_it_is_told_of_and_nothing_else(function):
    told = {OPENS[name] for name in variables(function) if name in OPENS}
    allowed = set()
    for statement in statements(function):
        for action in listed(statement["Action"]):
            service, _, verb = action.partition(":")
            if service in {"s3", "dynamodb"} or verb == "SendMessage":
                for resource in listed(statement["Resource"]):
                    allowed.add(named(resource).removeprefix("${").partition("}")[0])
    assert allowed - {"Undelivered"} == told


@pytest.mark.parametrize("function", functions())
def test_a_function_writes_to_its_own_log_only(function):
    logs = [statement for statement in statements(function) if "logs:PutLogEvents" in statement["Action"]]
    (statement,) = logs
    assert named(statement["Resource"]).endswith(f":log-group:/aws/lambda/${{Name}}-{function}:*")


def test_a_prefix_of_secrets_ends_with_its_slash():
    """Without, it would open what merely begins alike."""
    assert template("template")["Parameters"]["SecretsPrefix"]["AllowedPattern"] == "/([A-Za-z0-9_.-]+/)+"


def test_only_what_asks_the_directory_stands_in_subnets_and_only_where_there_are_any():
    """The report and *why* read what it answered: they need no subnets."""
    inside = {
        name: properties["VpcConfig"] for name, properties in functions().items() if "VpcConfig" in properties
    }
    assert set(inside) == {"plan_stage"}
    condition, subnets, otherwise = inside["plan_stage"]["Fn::If"]
    assert subnets == {"SubnetIds": {"Ref": "LdapSubnets"}, "SecurityGroupIds": {"Ref": "LdapSecurityGroups"}}
    assert otherwise == {"Ref": "AWS::NoValue"}
    parameters = template("template")["Parameters"]
    assert parameters["LdapSubnets"]["Default"] == parameters["LdapSecurityGroups"]["Default"] == ""
    allowed = [one for one in statements("plan_stage") if set(one["Action"]) == IN_SUBNETS]
    assert len(allowed) == 1
    role = resources("infra/permissions", "AWS::IAM::Role")["PlanStage"]["Policies"][0]["PolicyDocument"]
    conditions = [one["Fn::If"][0] for one in role["Statement"] if "Fn::If" in one]
    assert conditions == [condition]


@pytest.mark.parametrize("function", functions())
def test_whoever_deletes_an_archive_may_delete_what_quotes_it(function):
    """`discard` does both: a right too few, and the archive is gone while its texts stay."""
    deleted = {
        named(resource)
        for statement in statements(function)
        if "s3:DeleteObject" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    assert ("${Backups}/accepted/*" in deleted) == ("${State}/surveys/*" in deleted)


@pytest.mark.parametrize(
    "function", ["request_publication", "search_catalogue", "serve_console", "publish_course"]
)
def test_whoever_tells_what_changed_or_what_cannot_come_may_read_what_archives_hold(function):
    """Tell holders (P22), the card's changes, the question whether the hub can take a course (P16)."""
    read = {
        named(resource)
        for statement in statements(function)
        if "s3:GetObject" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    assert "${State}/manifests/*" in read


def test_a_flood_at_one_door_silences_no_other():
    """Shops, seats and the console each have a limit of their own at the API."""
    stage = resources("infra/routes", "AWS::ApiGatewayV2::Stage")["Stage"]
    routes = {each["RouteKey"] for each in resources("infra/routes", "AWS::ApiGatewayV2::Route").values()}
    apart = {route for route in routes if not route.startswith("POST /sites/")}
    assert apart <= set(stage["RouteSettings"]) <= routes
    for limits in (stage["DefaultRouteSettings"], *stage["RouteSettings"].values()):
        assert 0 < limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"]
    # A stage that names a route which is not made yet cannot be made.
    made = {
        logical
        for logical, each in resources("infra/routes", "AWS::ApiGatewayV2::Route").items()
        if each["RouteKey"] in stage["RouteSettings"]
    }
    assert set(template("infra/routes")["Resources"]["Stage"]["DependsOn"]) == made
