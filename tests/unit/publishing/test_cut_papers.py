"""A document that is cut stops what rests on it, with a word; the rest goes on (S12, P10, R10)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from passerelle.domain.records import Broken, TargetLock
from passerelle.domain.site_commands import AskRetrieval, Target
from passerelle.domain.states import PublicationState, RetrievalState
from passerelle.usecases import jobs
from passerelle.usecases.publishing import retrieve
from tests.factories.records import a_lock
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


@pytest.mark.rule("R5", "P11")
@pytest.mark.parametrize(
    "at", ["records.add(Retrieval)", "records.add(TargetLock)", "queues.send(retrievals)"]
)
@pytest.mark.parametrize("after", [False, True])
def test_a_retrieval_cut_at_the_door_is_brought_forward_or_was_never_asked(at: str, after: bool) -> None:
    scene = Scene()
    publication = on_offer(scene)
    course = next(iter(scene.lille.courses))
    command = AskRetrieval(
        request="msg_cut",
        site="lille",
        type="retrievals",
        action="start",
        publication=publication,
        person=GRACE,
        target=Target(mode="replace", courseid=course),
    )
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
