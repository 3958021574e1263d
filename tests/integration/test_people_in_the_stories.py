"""The demo's four stories, then everything they left is dumped: nobody in logs, queues and executions; what is
held of each person is listed; nobody is named anywhere once they are forgotten (G1).
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
import requests

from passerelle.domain.console import ConsoleAct, ConsoleSession, Operator
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order
from passerelle.domain.states import OrderState
from passerelle.ports import World
from passerelle.shops.vendor import SampleOrder
from passerelle.store.dead_letters import QUEUES
from passerelle.usecases import people
from passerelle.usecases.console import acts, enter
from passerelle.usecases.orders.receive import unpacked
from passerelle_laptop.commands import STORIES
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.stories.orders import PEOPLE, OrderStory
from passerelle_laptop.stories.university import HEADERS
from passerelle_laptop.telling import Teller

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stories-people"), pytest.mark.rule("G1")]

NADIA = Operator(site="univ", identity="nadmin", name="Nadia Min", lang="fr")
EMPTY = "sis/{site}/{night}/{file}"  # a deposit in which nobody is left


@dataclass(frozen=True)
class Later:
    """Two years on: what was bought has ended."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=730)


@dataclass
class Told:
    laptop: Laptop
    world: World
    names: dict[str, set[str]]  # username or address → everything that names this person

    def client(self, service: str) -> Any:
        return self.laptop.emulator.client(service)


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    teller = Teller("en")
    with Laptop.start(teller.line) as laptop:
        for story in STORIES.values():
            story(laptop, teller)
        assert teller.failed == []
        world = laptop.world()
        _look_into_the_console(laptop, world)
        _leave_messages_in_the_queues(laptop, teller)
        yield Told(laptop, world, _everybody(laptop))


def _look_into_the_console(laptop: Laptop, world: World) -> None:
    laptop.document["sites"]["univ"]["administrators"] = ["nadmin"]
    laptop.publish()
    world = laptop.world()
    code = enter.invite(world, NADIA)
    assert requests.get(f"{laptop.stack.api}/console/enter/{code}", timeout=30).status_code == 200
    reach = enter.recognise(world, enter.enter(world, enter.invite(world, NADIA), "")[0])[1]
    wish = acts.Wish(act="site_hold", about="univ", why="Nadia Min is away", fields={})
    acts.perform(world, NADIA, reach, wish)
    acts.perform(world, NADIA, reach, replace(wish, act="site_let_go"))


def _leave_messages_in_the_queues(laptop: Laptop, teller: Teller) -> None:
    """Nobody takes them any more, and one is put among the dead letters as it came."""
    functions = laptop.emulator.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    story = OrderStory(laptop, teller)
    assert story.send(SampleOrder(number="777001", product="SPOCM1", people=PEOPLE[:1])) == 200
    sqs = laptop.emulator.client("sqs")
    body = sqs.receive_message(
        QueueUrl=laptop.stack.queue("orders"), WaitTimeSeconds=10, VisibilityTimeout=0
    )["Messages"][0]["Body"]
    sqs.send_message(QueueUrl=laptop.stack.queue("orders", dead=True), MessageBody=body)


def _everybody(laptop: Laptop) -> dict[str, set[str]]:
    """People of the Moodles and buyers: not the accounts that come with a Moodle or serve it."""
    found: dict[str, set[str]] = {}
    ours = re.compile(r"admin|guest|svc_.*|user\d*")
    for site in laptop.twin.sites.values():
        for user in site.state.users.values():
            if not ours.fullmatch(user.username):
                said = {user.username, user.email}
                # 901 is a millisecond too, and Min a minute.
                said |= {one for one in (user.lastname, user.idnumber) if len(one) > 3}
                said |= {" ".join(both) for both in permutations((user.firstname, user.lastname))}
                found.setdefault(user.username, set()).update(one.lower() for one in said if len(one) > 2)
    return found


def named(text: str, names: dict[str, set[str]]) -> set[str]:
    """Whose name, address or login stands in this text as a word of its own."""
    low = text.lower()
    every = {word for words in names.values() for word in words}
    near = {word for word in every if word in low}
    return {word for word in near if re.search(rf"(?<![\w@.-]){re.escape(word)}(?![\w@-])", low)}


# -- what there is --------------------------------------------------------------------------------------


def logs(told: Told) -> Iterator[str]:
    client = told.client("logs")
    for page in client.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = group["logGroupName"]
            for rows in client.get_paginator("filter_log_events").paginate(logGroupName=name):
                yield from (f"{name} {row['message']}" for row in rows["events"])
    yield told.laptop.emulator.log.read_text(errors="replace")


def messages(told: Told) -> Iterator[str]:
    client = told.client("sqs")
    for address in client.list_queues()["QueueUrls"]:
        rows = client.receive_message(QueueUrl=address, MaxNumberOfMessages=10, VisibilityTimeout=0)
        yield from (f"{address} {row['Body']}" for row in rows.get("Messages", []))


def executions(told: Told) -> Iterator[str]:
    client = told.client("stepfunctions")
    for machine in client.list_state_machines()["stateMachines"]:
        for one in client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]:
            arn = one["executionArn"]
            yield json.dumps(client.describe_execution(executionArn=arn), default=str)
            yield json.dumps(client.get_execution_history(executionArn=arn)["events"], default=str)


def _unpacked(value: object) -> str:
    """A value of an item; what is packed in it, unpacked."""
    if isinstance(value, bytes) and value[:2] == b"\x1f\x8b":
        return gzip.decompress(value).decode()
    return str(value)


def items(told: Told) -> Iterator[str]:
    """Every item of the table whole, keys of indexes included, and its deliveries read."""
    table = told.laptop.stack.outputs["Table"]
    for page in told.client("dynamodb").get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            yield json.dumps(item, ensure_ascii=False, default=_unpacked)
    for one in told.world.inventory.records():
        if isinstance(one, Delivery):
            yield unpacked(one).decode()


def objects(told: Told) -> Iterator[tuple[str, str]]:
    """Every version of every object of both buckets, archives unpacked."""
    client = told.client("s3")
    for output in ("StateBucket", "BackupsBucket"):
        bucket = told.laptop.stack.outputs[output]
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for row in page.get("Versions", []):
                found = client.get_object(Bucket=bucket, Key=row["Key"], VersionId=row["VersionId"])
                body = found["Body"].read()
                body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
                yield f"{row['Key']} of {output}", body.decode("utf-8", "replace")


# -- what is proved, in this order ----------------------------------------------------------------------


def test_nobody_is_named_in_a_log_a_message_or_an_execution(told: Told) -> None:
    assert {"cleo", "ada", "lavoisier", "nadmin", "ana@client.example"} <= told.names.keys()
    for source, least in ((logs, 1000), (messages, 2), (executions, 40)):
        found = list(source(told))
        assert len(found) >= least, source.__name__
        assert [(one[:200], who) for one in found if (who := named(one, told.names))] == []
    queues = {line.split()[0].rsplit("/", 1)[-1] for line in messages(told)}
    assert {"passerelle-orders", "passerelle-orders-dead"} <= queues
    assert len(QUEUES) * 2 - 1 <= len(told.client("sqs").list_queues()["QueueUrls"])


def test_what_is_held_of_each_is_shown_and_names_nobody_else(told: Told) -> None:
    kinds = {}
    for who in ("ada", "grace", "nadmin", "rh@client.example", "ana@client.example", "lavoisier"):
        shown = people.show(told.world, who)
        kinds[who] = {row["kind"] for row in shown["records"]}  # type: ignore[attr-defined]
        mine = set.union(*(words for name, words in told.names.items() if name in shown["known_as"]))  # type: ignore[operator]
        parts = [shown[name] for name in ("records", "documents", "leftovers")]
        others = named(json.dumps(parts, ensure_ascii=False), told.names) - mine
        assert {one for one in others if "@" in one or " " in one} == set(), who
    assert {"Publication", "Upload", "Rollover"} <= kinds["ada"]
    assert {"Retrieval", "Permit"} <= kinds["grace"]
    assert {"ConsoleSession", "ConsoleAct"} <= kinds["nadmin"]
    assert kinds["rh@client.example"] == kinds["ana@client.example"] == {"Order", "LedgerPage"}
    assert kinds["lavoisier"] == set()
    assert people.show(told.world, "lavoisier")["documents"]


def test_what_still_runs_refuses_with_its_reason(told: Told) -> None:
    reasons = {}
    for who in ("ana@client.example", "lavoisier", "labe", "nadmin"):
        kept = people.show(told.world, who)["kept_because"]
        reasons[who] = {one["why"] for one in kept}  # type: ignore[attr-defined]
    assert reasons == {
        "ana@client.example": {"access_runs", "order_in_progress"},
        "lavoisier": {"in_extracts"},
        "labe": {"in_extracts", "night_remembers"},
        "nadmin": {"named_in_network"},
    }


def test_everybody_is_gone_once_forgotten(told: Told) -> None:
    world = replace(_ended(told), clock=Later())
    for who in told.names:
        assert people.forget(world, who, f"asked by {who}").kept == (), who
    assert [(row[:120], who) for row in items(told) if (who := named(row, told.names))] == []
    assert [(key, who) for key, text in objects(told) if (who := named(text, told.names))] == []
    assert world.records.list(ConsoleAct, "about", "univ").items
    assert [one for one in world.inventory.records() if isinstance(one, ConsoleSession)] == []


def _ended(told: Told) -> World:
    """What refused has come to its end: the order that nobody could do is cancelled, sources and network.yaml
    name nobody any more, and the nights that end suspended enrolments have passed.
    """
    laptop, story = told.laptop, OrderStory(told.laptop, Teller("en"))
    functions = told.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    parked = told.world.records.list(Order, "state", OrderState.PARKED.value).items
    for order in parked:
        gone = SampleOrder(number=order.id.partition(":")[2], product="PERDU", people=PEOPLE[:1])
        assert story.send(gone.changed(cancelled=True)) == 200
        story.until(gone.number, lambda one: one.state == OrderState.CANCELLED)
    story.until("777001", lambda one: one.state == OrderState.FULFILLED)
    for site in ("univ", "univ-2020"):
        for file, header in HEADERS.items():
            key = EMPTY.format(site=site, night=Later().now().date(), file=file)
            body = (";".join(header) + "\r\n").encode()
            told.client("s3").put_object(Bucket=laptop.stack.outputs["StateBucket"], Key=key, Body=body)
    del laptop.document["sites"]["univ"]["administrators"]
    laptop.document["sites"]["univ"]["night"].pop("report_to", None)
    laptop.publish()
    world = laptop.world()
    for key in list(world.inventory.documents()):
        if re.fullmatch(r"nights/[^/]+/memory[^/]*\.json", key):
            memory = json.loads(world.inventory.text(key) or "{}")
            world.papers.put(key, {**memory, "suspended": []})
    return world
