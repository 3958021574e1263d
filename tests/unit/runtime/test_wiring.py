from __future__ import annotations

import ast
import base64
import hashlib
import importlib.util
import io
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from passerelle.domain.backups.upload import Upload
from passerelle.errors import GiveUp, NotFound
from passerelle.events.signatures import read_secret, sign
from passerelle.moodle.protocol import Call, reads_nothing
from passerelle.ports import PeopleFile
from passerelle.runtime import wiring
from passerelle.runtime.lms import Moodles
from passerelle.runtime.settings import Misconfigured, Settings
from passerelle.runtime.wiring import Later, Wiring, aws_client
from tests.factories.orders import a_selling_network
from tests.factories.people import people_bin
from tests.factories.records import a_network, a_site
from tests.unit.moodle.loopback import reply, says, serving

ROOT = Path(__file__).parents[3]
HANDLERS = sorted(ROOT.glob("functions/*/handler.py"))
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
ENVIRONMENT = {
    "PASSERELLE_TABLE": "passerelle",
    "PASSERELLE_BACKUPS_BUCKET": "backups",
    "PASSERELLE_STATE_BUCKET": "state",
}


@pytest.fixture(scope="module")
def account():
    """An account with our buckets, table and secrets. Clients are slow to make: the module shares them."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        made = SimpleNamespace(s3=boto3.client("s3"), ssm=boto3.client("ssm"))
        for bucket in ("backups", "state"):
            made.s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
            )
        boto3.client("dynamodb").create_table(
            TableName="passerelle",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        )
        yield made


@pytest.fixture
def aws(account, monkeypatch, lines):
    """That account as it was, and the environment of a function whose container is cold."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for listed in account.s3.list_objects_v2(Bucket="backups").get("Contents", []):
        account.s3.delete_object(Bucket="backups", Key=listed["Key"])
    account.s3.put_object(Bucket="state", Key="config/network.json", Body=json.dumps(asdict(a_network())))
    for site in ("caen", "lille", "hub"):
        for what, value in (("signing", SECRET), ("tokens", f"token-{site}")):
            account.ssm.put_parameter(
                Name=f"/passerelle/{what}/{site}", Value=value, Type="SecureString", Overwrite=True
            )
    wiring._warm.cache_clear()
    yield account.s3
    wiring._warm.cache_clear()


def handler(name: str):
    spec = importlib.util.spec_from_file_location(f"handler_{name}", ROOT / "functions" / name / "handler.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.lambda_handler


def test_a_missing_variable_is_named_when_it_is_needed() -> None:
    settings = Settings({})
    for read, name in (
        (lambda: settings.table, "PASSERELLE_TABLE"),
        (lambda: settings.backups_bucket, "PASSERELLE_BACKUPS_BUCKET"),
        (lambda: settings.state_bucket, "PASSERELLE_STATE_BUCKET"),
    ):
        with pytest.raises(Misconfigured, match=name):
            read()
    assert settings.secrets_prefix == "/passerelle/"
    assert Settings({"PASSERELLE_JOBS_QUEUE": "https://sqs/j"}).queues == {"jobs": "https://sqs/j"}


def test_an_adapter_is_made_at_its_first_use() -> None:
    made = []
    later = Later(lambda: made.append(1) or "text")
    assert made == []
    assert later.upper() == "TEXT"
    assert later.upper() == "TEXT"
    assert made == [1]


def test_a_world_is_wired_from_the_environment(aws) -> None:
    world = wiring.world()
    assert set(world.network.sites) == {"caen", "lille", "hub"}
    assert world.records.get(Upload, "nobody") is None
    world.papers.put("manifests/x.json", {"a": 1})
    assert world.papers.get("manifests/x.json") == {"a": 1}
    assert world.archives.size("uploads/none") is None
    assert world.sites.lms("hub").site == "hub"


def test_a_known_site_has_its_keys_and_an_unknown_one_keys_that_fit_nothing(aws) -> None:
    door = wiring.site_door()
    known, decoys = door.keys("caen"), door.keys("nowhere")
    assert known[0] == read_secret(SECRET)
    # As many for each, so that what a refusal takes says nothing of a site.
    assert len(known) == len(decoys) == 2
    assert decoys != door.keys("nowhere")
    assert known[1] != door.keys("caen")[1]
    assert read_secret(SECRET) not in decoys


def test_a_secret_that_is_none_is_an_administrators_matter(aws, account) -> None:
    account.ssm.put_parameter(
        Name="/passerelle/signing/caen", Value="hunter2", Type="SecureString", Overwrite=True
    )
    with pytest.raises(Misconfigured) as caught:
        wiring.site_door().keys("caen")
    assert "hunter2" not in str(caught.value)


def test_signed_addresses_name_the_region_so_that_nothing_redirects(aws) -> None:
    url, _ = wiring.world().archives.sign("accepted/caen/u1.mbz")
    assert url.startswith("https://backups.s3.eu-west-3.amazonaws.com/accepted/caen/u1.mbz?")


def test_an_emulator_is_addressed_by_path(monkeypatch, aws) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    client = aws_client("s3")
    url = client.generate_presigned_url("get_object", Params={"Bucket": "backups", "Key": "k"})
    assert url.startswith("http://127.0.0.1:4566/backups/k?")


def test_a_backup_is_proved_and_scrubbed_from_bucket_to_bucket(aws) -> None:
    archive = (ROOT / "tests/mbz/chimie-nousers-tgz.mbz").read_bytes()
    aws.upload_fileobj(io.BytesIO(archive), "backups", "uploads/caen/u1.mbz")
    backups = wiring.world().backups
    cleaned = backups.clean("uploads/caen/u1.mbz", "accepted/caen/u1.mbz")
    assert cleaned.inspection.accepted
    lies = aws.get_object(Bucket="backups", Key="accepted/caen/u1.mbz")["Body"].read()
    assert (len(lies), hashlib.sha256(lies).hexdigest()) == (cleaned.size, cleaned.sha256)


@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    ("stored", "announced", "read"),
    [
        (people_bin(names=["Ada Lovelace"]), None, "compared"),
        (None, "0" * 64, "missing"),
        (people_bin(), "0" * 64, "unreadable"),
        (b"something else", None, "unreadable"),
    ],
)
def test_the_people_of_the_site_are_read_beside_the_backup(aws, stored, announced, read) -> None:
    archive = (ROOT / "tests/mbz/chimie-nousers-tgz.mbz").read_bytes()
    aws.upload_fileobj(io.BytesIO(archive), "backups", "uploads/caen/u1.mbz")
    if stored is not None:
        aws.put_object(Bucket="backups", Key="people/caen/u1.bin", Body=stored)
    file = PeopleFile("people/caen/u1.bin", announced or hashlib.sha256(stored).hexdigest())
    cleaned = wiring.world().backups.clean("uploads/caen/u1.mbz", "accepted/caen/u1.mbz", people=file)
    assert cleaned.people == read
    assert cleaned.inspection.accepted


@pytest.mark.rule("P20")
def test_the_address_for_the_hashes_of_people_takes_just_what_was_announced(aws) -> None:
    url = wiring.world().archives.sign_put("people/caen/u1.bin", 88)
    assert url.startswith("https://backups.s3.eu-west-3.amazonaws.com/people/caen/u1.bin?")
    assert "content-length" in url.lower()


def test_a_backup_with_people_leaves_nothing_behind(aws) -> None:
    archive = (ROOT / "tests/mbz/chimie-users-tgz.mbz").read_bytes()
    aws.upload_fileobj(io.BytesIO(archive), "backups", "uploads/caen/u1.mbz")
    cleaned = wiring.world().backups.clean("uploads/caen/u1.mbz", "accepted/caen/u1.mbz")
    assert cleaned.inspection.reasons[0].code == "people_inside"
    assert aws.list_objects_v2(Bucket="backups", Prefix="accepted/")["KeyCount"] == 0
    assert "Uploads" not in aws.list_multipart_uploads(Bucket="backups")


def test_a_moodle_is_opened_once_and_anew_when_its_token_changes() -> None:
    tokens = {"/passerelle/tokens/caen": "one"}
    moodles = Moodles(a_network, lambda name: tokens[name])
    first = moodles.lms("caen")
    assert moodles.lms("caen") is first
    tokens["/passerelle/tokens/caen"] = "two\n"
    assert moodles.lms("caen") is not first
    with pytest.raises(GiveUp, match="site_unknown"):
        moodles.lms("nowhere")


@pytest.mark.rule("K1")
def test_a_token_that_a_moodle_refuses_is_read_again_at_once() -> None:
    refused = reply(body=b'{"exception": "moodle_exception", "errorcode": "invalidtoken"}')
    held, kept = {"/passerelle/tokens/caen": "old"}, {"/passerelle/tokens/caen": "new\n"}
    with serving(says(refused)) as server:
        network = a_network(sites={"caen": a_site(url=server.url), "hub": a_site("hub")})
        moodle: Any = Moodles(lambda: network, held.__getitem__, kept.__getitem__).lms("caen")
        moodle.ask(Call("core_webservice_get_site_info", {}, reads_nothing))
        tokens = [request.partition(b"wstoken=")[2].partition(b"&")[0] for request in server.requests]
    assert tokens == [b"old", b"new"]


def test_at_the_door_nobody_waits_long_for_a_moodle_that_is_away(monkeypatch) -> None:
    opened: list[tuple[Any, Any]] = []

    def noted(site: Any, *, patience: Any, token_now: Any) -> Any:
        assert token_now
        opened.append((site.read_timeout.total_seconds(), patience and patience.attempts))
        return object()

    monkeypatch.setattr("passerelle.runtime.lms.Moodle.at", noted)
    described = Wiring(Settings({"PASSERELLE_STATE_BUCKET": "state"}), lambda service: None)
    monkeypatch.setattr(described, "configuration", SimpleNamespace(network=a_network), raising=False)
    monkeypatch.setattr(described, "secret", lambda name: "token")
    described.site_door().world.sites.lms("caen")
    described.world().sites.lms("caen")
    assert opened == [(12.0, 2), (60.0, None)]


def test_a_handler_answers_a_signed_request_with_real_adapters(aws, context, recorded) -> None:
    body = json.dumps(
        {"site": "caen", "type": "parts", "upload": "u1", "parts": [1]},
    ).encode()
    event = recorded("api_gateway_uploads.json") | {
        "pathParameters": {"site": "caen", "upload": "u1"},
        "headers": sign(read_secret(SECRET), "msg_9", datetime.now(UTC), body),
        "body": body.decode(),
    }
    response = handler("sign_parts")(event, context)
    assert (response["statusCode"], json.loads(response["body"])["error"]) == (404, "upload_unknown")


def test_without_a_network_a_site_gets_500_and_no_blame(aws, context, recorded) -> None:
    aws.delete_object(Bucket="state", Key="config/network.json")
    with pytest.raises(NotFound):
        wiring.world()
    assert handler("search_catalogue")(recorded("api_gateway_uploads.json"), context)["statusCode"] == 500


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """What was asked of AWS, by the names of its operations."""
    real, operations = BaseClient._make_api_call, []

    def noted(client, operation, parameters):
        operations.append(operation)
        return real(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    return operations


def knocks(function: str, event: dict, context, asked: list[str], *, times: int = 3) -> list[list[str]]:
    """What each of so many unsigned posts to one cold container asks of AWS."""
    wiring._warm.cache_clear()
    answer, found = handler(function), []
    for _ in range(times):
        asked.clear()
        assert answer(event, context)["statusCode"] == 401
        found.append(list(asked))
    return found


def test_an_unsigned_post_costs_as_much_for_a_known_site_as_for_none_and_writes_nothing(
    aws, context, recorded, asked
) -> None:
    event = recorded("api_gateway_uploads.json") | {"body": "{}"}
    event["headers"] = sign(b"n" * 32, "msg_9", datetime.now(UTC), b"{}")
    known, unknown = (
        knocks("sign_parts", event | {"pathParameters": {"site": site, "upload": "u1"}}, context, asked)
        for site in ("caen", "nowhere")
    )
    assert known == unknown
    # Once, and once anew in case the secret was just changed; from then on nothing for ten seconds.
    assert known == [["GetObject", "GetParameter"] * 2, [], []]


def test_an_unsigned_delivery_costs_a_look_up_that_is_kept_and_writes_nothing(
    aws, account, context, recorded, asked
) -> None:
    account.s3.put_object(
        Bucket="state", Key="config/network.json", Body=json.dumps(asdict(a_selling_network()))
    )
    for name in a_selling_network().shops["boutique"].secrets:
        account.ssm.put_parameter(Name=name, Value=SECRET, Type="SecureString", Overwrite=True)
    event = recorded("api_gateway_uploads.json") | {"pathParameters": {"shop": "boutique"}, "body": "{}"}
    assert knocks("receive_order", event, context, asked) == [["GetObject", "GetParameter"] * 2, [], []]


def test_a_message_whose_object_is_unknown_is_finished_with(aws, context, recorded) -> None:
    answer = handler("inspect_backup")(recorded("sqs_s3_object_created.json"), context)
    assert answer == {"batchItemFailures": []}


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.parent.name)
def test_a_handler_is_short_and_imports_only_the_layer_powertools_and_typing(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 40
    allowed = ("passerelle.", "aws_lambda_powertools", "typing", "collections.abc", "__future__")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            assert f"{node.module}.".startswith(allowed) or node.module.startswith(allowed), node.module
        assert not isinstance(node, ast.Import)


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.parent.name)
def test_importing_a_handler_reads_no_setting_and_opens_nothing(path: Path, monkeypatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(wiring, "aws_client", lambda *args: pytest.fail("a client at import"))
    assert callable(handler(path.parent.name))


def test_every_function_of_the_template_has_its_handler() -> None:
    template = (ROOT / "template.yaml").read_text()
    named = {
        line.split("functions/")[1].strip() for line in template.splitlines() if "CodeUri: functions/" in line
    }
    assert named <= {path.parent.name for path in HANDLERS}
    assert len(named) >= 15
