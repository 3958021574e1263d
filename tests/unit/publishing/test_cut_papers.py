"""A document that is cut stops what rests on it, with a word; the rest goes on (S12, P10, R10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.night.policy import NightRules
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import Broken, TargetLock
from passerelle.domain.site_commands import AskRetrieval, Target
from passerelle.domain.states import PublicationState, RetrievalState
from passerelle.errors import MoodleAway, Refused
from passerelle.usecases import jobs
from passerelle.usecases.publishing import retrieve
from tests.factories.orders import a_shop
from tests.factories.records import a_lock, a_network
from tests.fakes.cutting import Killed
from tests.scenes.beside import Held, around
from tests.scenes.publishing import GRACE, Scene


@pytest.mark.rule("P10", "S12")
def test_a_publication_whose_manifest_is_cut_fails_with_a_word_and_the_others_go_on() -> None:
    scene = Scene()
    cut = scene.save()
    scene.papers.put_json(f"manifests/{cut}.json", '{"format": 1, "contai')
    other = scene.save(idnumber="PHYS1")
    first, second = scene.publish(), scene.publish(idnumber="PHYS1")
    scene.deliver()
    failed = scene.publication(str(first["publication"]))
    assert (failed.state, failed.message.code) == (PublicationState.FAILED, "paper_unreadable")
    assert f"{failed.jobkey}:publication_failed" in scene.caen.messages
    assert scene.publication(str(second["publication"])).state == PublicationState.PUBLISHED
    assert [one.id for one in scene.records.all(Broken)] == [f"manifests/{cut}.json"]
    assert other != cut


# -- whoever asked, and whoever can repair ---------------------------------------------------------------


def damaged(scene: Scene) -> Broken:
    """A publication that is asked for and cannot be read any more, as the store notes it."""
    scene.save()
    asked = scene.publish()
    name = f"Publication#{asked['publication']}"
    scene.records.unreadable.add(name)
    scene.queues.sent.clear()  # its message lies among the dead letters
    return scene.records.add(
        Broken(
            id=name,
            kind="Publication",
            code="record_unreadable",
            at=scene.clock.now(),
            site="caen",
            username="ada",
        )
    )


def told(scene: Scene) -> list[str]:
    return sorted(key.rpartition(":")[2] for key in scene.caen.messages if key.startswith("broken:"))


@pytest.mark.rule("S12")
def test_whoever_asked_for_what_cannot_be_read_and_whoever_can_repair_it_are_told_once() -> None:
    network = a_network(hub__managers=("hub:margaret",))
    caen = replace(network.sites["caen"], administrators=("root",), night=NightRules(report_to=("desk",)))
    scene = Scene(replace(network, sites={**network.sites, "caen": caen}))
    one = damaged(scene)
    scene.save(idnumber="PHYS1")
    other = scene.publish(idnumber="PHYS1")
    for _ in range(3):
        jobs.watch(scene.world)
        scene.clock.tick(timedelta(minutes=20))
    assert told(scene) == ["ada", "desk"]
    noted = scene.records[Broken, one.id]
    assert noted.told_at is not None
    assert noted.username == ""
    scene.deliver()
    assert scene.publication(str(other["publication"])).state == PublicationState.PUBLISHED


@pytest.mark.rule("S12")
@pytest.mark.parametrize(
    ("said", "people"),
    [
        ({"username": ""}, ["root"]),
        ({"username": "", "site": "", "shop": "boutique"}, ["anne"]),
        ({"id": "runs/caen/2026-10-06/plan.json", "kind": "document", "site": "", "username": ""}, ["root"]),
    ],
)
def test_where_nobody_can_be_named_those_who_repair_are_told(said: dict[str, str], people: list[str]) -> None:
    network = a_network(shops={"boutique": a_shop(report_to=("anne",))})
    caen = replace(network.sites["caen"], administrators=("root",))
    scene = Scene(replace(network, sites={**network.sites, "caen": caen}))
    one = damaged(scene)
    scene.records.delete(one)
    scene.records.add(replace(one, **said))
    jobs.watch(scene.world)
    assert told(scene) == people


@pytest.mark.rule("S12")
def test_what_belongs_nowhere_is_told_at_the_hub() -> None:
    scene = Scene()
    hub = replace(scene.network.sites["hub"], administrators=("root",))
    scene.world = scene.base = replace(
        scene.base, network=replace(scene.network, sites={**scene.network.sites, "hub": hub})
    )
    scene.records.add(
        Broken(id="Order#x:1", kind="Order", code="record_unreadable", at=scene.clock.now(), shop="closed")
    )
    scene.records.unreadable.add("Order#x:1")
    jobs.watch(scene.world)
    assert [key.rpartition(":")[2] for key in scene.hub.messages] == ["root"]


@pytest.mark.rule("S12")
def test_a_moodle_that_is_away_is_told_in_a_later_round(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    one = damaged(scene)

    def away(_notifications: object) -> None:
        raise MoodleAway("caen", "network")

    with monkeypatch.context() as patched:
        patched.setattr(scene.caen, "notify", away)
        jobs.watch(scene.world)
    assert scene.records[Broken, one.id].told_at is None
    jobs.watch(scene.world)
    assert told(scene) == ["ada"]


@pytest.mark.rule("S12")
def test_what_can_be_read_again_is_listed_no_more() -> None:
    scene = Scene()
    one = damaged(scene)
    jobs.watch(scene.world)
    scene.records.unreadable.clear()
    jobs.watch(scene.world)
    assert scene.records.get(Broken, one.id) is None


@pytest.mark.rule("S12", "P10")
def test_a_round_goes_on_past_a_publication_whose_upload_cannot_be_read_which_fails_with_a_word() -> None:
    scene = Scene()
    upload = scene.save()
    scene.save(idnumber="PHYS1")
    first, second = scene.publish(), scene.publish(idnumber="PHYS1")
    scene.queues.sent.clear()  # both forgotten by the queue
    scene.records.unreadable.add(f"Upload#{upload}")
    scene.clock.tick(timedelta(minutes=20))
    jobs.watch(scene.world)
    scene.deliver()
    failed = scene.publication(str(first["publication"]))
    assert failed.message is not None
    assert (failed.state, failed.message.code) == (PublicationState.FAILED, "record_unreadable")
    assert f"{failed.jobkey}:publication_failed" in scene.caen.messages
    assert scene.publication(str(second["publication"])).state == PublicationState.PUBLISHED
    jobs.watch(scene.world)
    assert list(scene.queues) == []


# -- the lock of a target, and a retrieval cut at the door --------------------------------------------------


def on_offer(scene: Scene) -> str:
    scene.save()
    published = scene.publish()
    scene.deliver()
    scene.lille.add_course("C7", teacher="grace")
    return str(published["publication"])


@pytest.mark.rule("R5")
def test_a_lock_whose_holder_was_never_written_down_is_anybodys() -> None:
    scene = Scene()
    publication = on_offer(scene)
    course = next(iter(scene.lille.courses))
    scene.records.add(
        a_lock(f"lille:{course}", holder="never-written", until=scene.clock.now().replace(year=2030))
    )
    asked = scene.retrieve(publication, mode="replace", courseid=course)
    scene.deliver()
    assert scene.records.get(retrieve.Retrieval, str(asked["retrieval"])).state == RetrievalState.DONE
    assert scene.records.all(TargetLock) == ()


def into_lille(publication: str, course: int) -> AskRetrieval:
    """Grace asks for it in place of what Lille's course holds."""
    return AskRetrieval(
        request="one",
        site="lille",
        type="retrievals",
        action="start",
        publication=publication,
        person=GRACE,
        target=Target(mode="replace", courseid=course),
    )


@pytest.mark.rule("R5", "P11")
@pytest.mark.parametrize(
    "at", ["records.add(Retrieval)", "records.add(TargetLock)", "queues.send(retrievals)"]
)
@pytest.mark.parametrize("after", [False, True])
def test_a_retrieval_cut_at_the_door_is_brought_forward_or_was_never_asked(at: str, after: bool) -> None:
    scene = Scene()
    publication = on_offer(scene)
    course = next(iter(scene.lille.courses))
    command = into_lille(publication, course)
    cut = Held(around(scene.base), lambda world: retrieve.ask(world, command), at=at)
    cut.die(after=after)
    assert isinstance(cut.error, Killed)
    for _ in range(4):
        scene.clock.tick(timedelta(minutes=6))
        jobs.watch(scene.world)
        scene.deliver()
    written = scene.records.all(retrieve.Retrieval)
    assert [one.state for one in written] in ([], [RetrievalState.DONE])
    assert written or at == "records.add(Retrieval)"
    assert scene.records.all(TargetLock) == ()
    again = scene.retrieve(publication, mode="merge", courseid=course, confirmed=True)
    assert again["state"] in ("requested", "restoring")


@pytest.mark.rule("R5", "P11")
def test_a_retrieval_cut_before_its_lock_is_refused_where_another_restores_into_the_course_meanwhile() -> (
    None
):
    scene = Scene()
    publication = on_offer(scene)
    course = next(iter(scene.lille.courses))
    command = into_lille(publication, course)
    cut = Held(around(scene.base), lambda world: retrieve.ask(world, command), at="records.add(TargetLock)")
    cut.die()
    (first,) = scene.records.all(retrieve.Retrieval)
    second = str(retrieve.ask(scene.world, replace(command, request="two"))["retrieval"])
    retrieve.retrieve(scene.world, second)
    retrieve.retrieve(scene.world, first.id)  # as watch_jobs brings it forward
    ended = scene.records[retrieve.Retrieval, first.id]
    assert ended.message is not None
    assert (ended.state, ended.message.code) == (RetrievalState.REFUSED, "target_busy")
    assert scene.records[retrieve.Retrieval, second].state == RetrievalState.RESTORING
    assert list(scene.lille.started) == [f"ret:{second}"]


@pytest.mark.rule("R5", "P11")
def test_a_retrieval_cut_before_its_lock_has_it_once_it_is_brought_forward() -> None:
    scene = Scene()
    publication = on_offer(scene)
    course = next(iter(scene.lille.courses))
    command = into_lille(publication, course)
    cut = Held(around(scene.base), lambda world: retrieve.ask(world, command), at="records.add(TargetLock)")
    cut.die()
    (first,) = scene.records.all(retrieve.Retrieval)
    retrieve.retrieve(scene.world, first.id)
    assert [lock.holder for lock in scene.records.all(TargetLock)] == [first.id]
    with pytest.raises(Refused, match="target_busy"):
        retrieve.ask(scene.world, replace(command, request="two"))


@pytest.mark.rule("S12", "P11")
def test_a_retrieval_whose_archives_record_cannot_be_read_fails_with_a_word() -> None:
    scene = Scene()
    publication = on_offer(scene)
    asked = scene.retrieve(publication)
    scene.records.unreadable.add(f"Upload#{scene.records[Publication, publication].upload}")
    scene.deliver()
    failed = scene.records[Retrieval, str(asked["retrieval"])]
    assert failed.message is not None
    assert (failed.state, failed.message.code) == (RetrievalState.FAILED, "record_unreadable")
    assert list(scene.queues) == []
