from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from passerelle.runtime import wiring
from passerelle_cli.failures import explain
from passerelle_cli.network import network
from passerelle_cli.stack import Stack, StackUnknown

EXAMPLE = Path(__file__).parents[3] / "infra" / "network.example.yaml"
FACTS = {
    "table": "t",
    "backups_bucket": "backups",
    "state_bucket": "state",
    "queues": {"publications": "https://sqs/p", "retrievals": "https://sqs/r", "jobs": "https://sqs/j"},
    "api": "https://api.example",
    "region": "eu-west-3",
    "endpoint_url": None,
}


@pytest.fixture
def stack_file(tmp_path, monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "LANG": "en_GB.UTF-8",
        "LC_ALL": "",
        "LC_MESSAGES": "",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PASSERELLE_TABLE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ".passerelle" / "stack.json"
    path.parent.mkdir()
    path.write_text(json.dumps(FACTS | {"sites": {"caen": "http://127.0.0.1:1"}}))
    return path


@pytest.fixture
def bucket(stack_file):
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="state", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
        yield client


def run(*words: str):
    return CliRunner().invoke(network, list(words))


def test_a_file_is_published_as_json_and_yaml_and_shown(bucket) -> None:
    assert run("push", str(EXAMPLE)).exit_code == 0
    read = json.loads(bucket.get_object(Bucket="state", Key="config/network.json")["Body"].read())
    assert read["hub"]["site"] == "hub"
    shown = run("show")
    assert (shown.exit_code, shown.output) == (0, EXAMPLE.read_text())
    assert json.loads(run("show", "--json").output)["limits"]["backups_kept"] == 3


def test_a_file_that_does_not_fit_is_not_published(bucket, tmp_path) -> None:
    bad = tmp_path / "network.yaml"
    bad.write_text(EXAMPLE.read_text().replace("identity: username", "identity: login"))
    answer = run("push")
    assert answer.exit_code == 1
    assert "line 7, identity: expected" in answer.output
    assert bucket.list_objects_v2(Bucket="state")["KeyCount"] == 0


def test_a_file_can_be_checked_without_any_stack(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("check", str(EXAMPLE), "--file-only").exit_code == 0


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_says_so(tmp_path, content) -> None:
    path = tmp_path / "network.yaml"
    if content:
        path.write_bytes(content)
    answer = CliRunner().invoke(network, ["check", str(path), "--file-only"])
    said = answer.output or explain(answer.exception, "en")
    assert (answer.exit_code, str(path) in said) == (1, True)


def test_problems_are_told_in_french_to_who_reads_french(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    bad = tmp_path / "network.yaml"
    bad.write_text("name: x\n")
    assert "ligne 1, sites\u00a0: il manque" in run("check", str(bad), "--file-only").output


def test_the_stack_is_found_in_the_folder_or_above(stack_file, tmp_path, monkeypatch) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert Stack.load().table == "t"


def test_the_environment_of_a_function_names_the_stack_too(stack_file, monkeypatch) -> None:
    for name in ("TABLE", "BACKUPS_BUCKET", "STATE_BUCKET"):
        monkeypatch.setenv(f"PASSERELLE_{name}", f"env-{name}")
    assert Stack.load().table == "env-TABLE"


def test_a_stack_on_aws_is_found_by_its_outputs(stack_file) -> None:
    class CloudFormation:
        def describe_stacks(self, **asked):
            assert asked == {"StackName": "prod"}
            names = (
                "Table",
                "BackupsBucket",
                "StateBucket",
                "PublicationsQueue",
                "RetrievalsQueue",
                "RolloversQueue",
                "JobsQueue",
                "OrdersQueue",
            )
            return {"Stacks": [{"Outputs": [{"OutputKey": n, "OutputValue": f"v{n}"} for n in names]}]}

    stack = Stack.from_outputs("prod", CloudFormation())
    assert (stack.table, stack.queues["jobs"]) == ("vTable", "vJobsQueue")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"table": "t"}'])
def test_a_stack_file_that_says_too_little_is_refused(tmp_path, text) -> None:
    path = tmp_path / "stack.json"
    path.write_text(text)
    with pytest.raises(StackUnknown):
        Stack.load(path)


def test_an_emulator_on_this_machine_never_sees_a_real_key(monkeypatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    wiring._session.cache_clear()  # it holds the keys that an earlier test found
    local = Stack(
        table="t", backups_bucket="b", state_bucket="s", region="eu-west-3", endpoint_url="http://127.0.0.1:9"
    )
    assert local.client("s3")._request_signer._credentials.access_key == "test"
    away = Stack(table="t", backups_bucket="b", state_bucket="s", region="eu-west-3")
    assert away.client("s3")._request_signer._credentials.access_key == "AKIAREAL"
    wiring._session.cache_clear()
