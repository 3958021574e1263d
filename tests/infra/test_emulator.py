"""template.yaml in the embedded AWS: it is deployed whole, it does what it promises, it leaves nothing behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from passerelle_cli.redrive import move_back
from passerelle_laptop.emulator import Emulator
from passerelle_laptop.packaging import House
from passerelle_laptop.promises import broken_promises
from passerelle_laptop.stack import deploy
from tests.infra.templates import ROOT, functions

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("emulator-infra")]

SECRET = "not-to-be-inherited"


def eventually(question, *, within=15.0):
    until = time.monotonic() + within
    while not (answer := question()) and time.monotonic() < until:
        time.sleep(0.05)
    return answer


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The project with a probe as every handler, so that these tests are about the house alone."""
    root = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "template.yaml", root)
    (root / "infra").mkdir()
    for nested in (ROOT / "infra").glob("*.yaml"):
        shutil.copy(nested, root / "infra")
    shutil.copytree(ROOT / "infra/statemachines", root / "infra/statemachines")
    (root / "layers").symlink_to(ROOT / "layers")
    for name in functions():
        (root / "functions" / name).mkdir(parents=True)
        shutil.copy(Path(__file__).parent / "probe.py", root / "functions" / name / "handler.py")
    return House(root, House.here().cache)


@pytest.fixture(scope="module")
def emulator():
    before = dict(os.environ)
    os.environ["AWS_ENDPOINT_URL"] = "http://192.0.2.1"
    os.environ["PASSERELLE_TEST_SECRET"] = SECRET
    try:
        with Emulator.start() as started:
            yield started
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="module")
def stack(emulator, house):
    return deploy(emulator, house=house)


def ask(stack, path, body):
    headers = {"content-type": "application/json"}
    answer = requests.post(stack.api + path, data=body, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def received(stack, function):
    answer = stack.emulator.client("dynamodb").query(
        TableName=stack.outputs["Table"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"{stack.name}-{function}"}},
    )
    return [item["body"]["S"] for item in answer["Items"]]


def announced(stack):
    return {json.loads(body)["detail"]["object"]["key"] for body in received(stack, "inspect_backup")}


def test_a_route_reaches_its_function_with_its_ids_and_raw_body(stack):
    told = ask(stack, "/sites/alpha/uploads/u-1/parts", b'{"site": "alpha" }')
    assert told["path"] == {"site": "alpha", "upload": "u-1"}
    assert told["body"] == '{"site": "alpha" }'


def test_a_function_sees_its_layer_and_nothing_of_our_environment(stack):
    told = ask(stack, "/sites/alpha/uploads/u-1/parts", b"{}")
    assert all("/layer_0/python/" in origin for origin in told["layer"])
    assert "PASSERELLE_TEST_SECRET" not in told["environment"]
    assert told["python"] == sys.executable


def test_a_function_may_do_what_its_role_says_and_nothing_else(stack):
    for kind in ("signing", "tokens"):
        name = f"/passerelle/{kind}/x"
        stack.emulator.client("ssm").put_parameter(Name=name, Value="x", Type="SecureString")
    stack.emulator.client("ssm").put_parameter(Name="/elsewhere/x", Value="x", Type="String")
    told = ask(stack, "/sites/alpha/uploads/u-1/parts", b"rights")
    assert told["rights"] == {
        "write uploads/": "done",
        "write accepted/": "AccessDenied",
        "read config/": "NoSuchKey",
        "read manifests/": "AccessDenied",
        "put record": "done",
        "delete record": "AccessDeniedException",
        "scan records": "AccessDeniedException",
        "read a secret": "done",
        "read a token": "AccessDeniedException",
        "read another": "AccessDeniedException",
    }


def test_a_presigned_address_that_was_altered_is_refused(stack):
    s3 = stack.emulator.client("s3")
    bucket = stack.outputs["StateBucket"]
    s3.put_object(Bucket=bucket, Key="plans/x", Body=b"plan")
    address = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "plans/x"})
    assert requests.get(address, timeout=10).content == b"plan"
    assert requests.get(address.replace("plans/x", "plans/y"), timeout=10).status_code == 403


def test_an_object_in_uploads_is_announced_and_one_in_accepted_is_not(stack):
    s3 = stack.emulator.client("s3")
    for key in ("accepted/alpha/1.mbz", "uploads/alpha/2.mbz"):
        s3.put_object(Bucket=stack.outputs["BackupsBucket"], Key=key, Body=b"backup")
    assert eventually(lambda: "uploads/alpha/2.mbz" in announced(stack))
    assert not [key for key in announced(stack) if key.startswith("accepted/")]


def test_a_message_sent_back_from_the_dead_letters_is_worked_on(stack):
    sqs = stack.emulator.client("sqs")
    sqs.send_message(QueueUrl=stack.queue("jobs", dead=True), MessageBody='{"again": true}')
    assert move_back(sqs, stack.queue("jobs", dead=True), stack.queue("jobs")) == 1
    assert eventually(lambda: '{"again": true}' in received(stack, "settle_job"))
    assert stack.waiting("jobs", dead=True) == 0


def test_a_message_that_is_reported_as_failed_is_not_taken_off_its_queue(stack):
    sqs = stack.emulator.client("sqs")
    sqs.send_message(QueueUrl=stack.queue("retrievals"), MessageBody="poison")
    sqs.send_message(QueueUrl=stack.queue("retrievals"), MessageBody="wholesome")
    assert eventually(lambda: set(received(stack, "retrieve_course")) == {"poison", "wholesome"})
    assert eventually(lambda: stack.waiting("retrievals") == 1)
    sqs.purge_queue(QueueUrl=stack.queue("retrievals"))


def test_deploying_again_changes_nothing_and_breaks_nothing(stack, house):
    again = deploy(stack.emulator, house=house)
    assert again.outputs == stack.outputs
    assert ask(again, "/sites/alpha/uploads/u-1/parts", b"{}")["path"]["site"] == "alpha"


def test_what_the_emulator_dropped_is_named(stack):
    assert broken_promises(stack.emulator, stack.name) == []
    api = stack.emulator.client("apigatewayv2")
    identifier = stack.outputs["ApiAddress"].split("//", 1)[1].split(".", 1)[0]
    route = next(
        route for route in api.get_routes(ApiId=identifier)["Items"] if "/catalogue" in route["RouteKey"]
    )
    api.delete_route(ApiId=identifier, RouteId=route["RouteId"])
    table = stack.outputs["Table"]
    forgotten = {"Enabled": False, "AttributeName": "expires_at"}
    stack.emulator.client("dynamodb").update_time_to_live(TableName=table, TimeToLiveSpecification=forgotten)
    try:
        assert broken_promises(stack.emulator, stack.name) == [
            "Table: time to live is off",
            "no route POST /sites/{site}/catalogue",
        ]
    finally:
        kept = {"Enabled": True, "AttributeName": "expires_at"}
        stack.emulator.client("dynamodb").update_time_to_live(TableName=table, TimeToLiveSpecification=kept)
        api.create_route(ApiId=identifier, RouteKey=route["RouteKey"], Target=route["Target"])


def test_only_this_machine_is_listened_to(emulator):
    listening = [
        line.split()
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
    ]
    inodes = {
        link.stat().st_ino
        for link in Path(f"/proc/{emulator._process.pid}/fd").iterdir()
        if str(link.readlink()).startswith("socket:")
    }
    ours = [row for row in listening if row[3] == "0A" and int(row[9]) in inodes]
    assert [row[1] for row in ours] == [f"0100007F:{emulator.port:04X}"]


def test_a_foreign_page_is_refused(emulator):
    refused = requests.get(emulator.endpoint, headers={"Origin": "https://evil.example"}, timeout=10)
    assert refused.status_code == 403


ORPHAN = """
import sys, time
from passerelle_laptop.emulator import Emulator
started = Emulator.start()
print(started.port, started._scratch, flush=True)
time.sleep(60)
"""


def closed(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_it_ends_with_a_parent_that_was_killed_and_leaves_nothing_behind():
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True)
    port, scratch = parent.stdout.readline().split()
    assert Path(scratch).is_dir()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert eventually(lambda: closed(int(port)))
    assert eventually(lambda: not Path(scratch).exists())


def test_what_it_held_is_there_again_after_a_clean_stop(tmp_path):
    with Emulator.start(state=tmp_path / "aws") as first:
        first.client("sqs").create_queue(QueueName="kept")
        s3 = first.client("s3")
        s3.create_bucket(Bucket="kept-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
        s3.put_object(Bucket="kept-bucket", Key="a/b", Body=b"kept")
    with Emulator.start(state=tmp_path / "aws") as second:
        assert second.port == first.port
        assert second.client("sqs").get_queue_url(QueueName="kept")
        kept = second.client("s3").get_object(Bucket="kept-bucket", Key="a/b")
        assert kept["Body"].read() == b"kept"
