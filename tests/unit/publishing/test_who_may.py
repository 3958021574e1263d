"""Who may do what with a publication, by table (P11, P13, P18, R3, R5, R6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.moodle.plugin import Holding
from passerelle.domain.publishing.publication import Retrieval
from passerelle.domain.records import Person, TargetLock
from passerelle.domain.site_commands import AskRetrieval
from passerelle.domain.states import BackupState, PublicationState, RetrievalState
from passerelle.errors import GiveUp, NotFound
from passerelle.usecases.publishing import retrieve
from tests.factories.records import a_network, a_person
from tests.scenes.publishing import ADA, GRACE, MANAGER, Scene

NOBODY = a_person("ada", idnumber="", email="")


def published(scene: Scene) -> str:
    scene.save()
    publication = str(scene.publish()["publication"])
    scene.deliver()
    return publication


def look(scene: Scene, retrieval: str, site: str = "lille") -> Mapping[str, Any]:
    asked = {"request": scene.request(), "site": site, "type": "retrievals", "person": GRACE}
    return retrieve.answer_retrieval(scene.world, AskRetrieval(action="status", retrieval=retrieval, **asked))


def code_of(refused: pytest.ExceptionInfo[GiveUp]) -> str:
    return refused.value.code


@pytest.mark.rule("P18", "P13")
@pytest.mark.parametrize("action", ["withdraw", "tell_holders"])
@pytest.mark.parametrize(
    ("site", "person", "code"),
    [
        ("caen", ADA, ""),
        ("caen", replace(ADA, username="ADA"), ""),
        ("hub", ADA, ""),
        ("hub", MANAGER, ""),
        ("caen", GRACE, "not_yours"),
        ("caen", MANAGER, "not_yours"),
        ("hub", GRACE, "not_yours"),
        ("caen", None, "not_yours"),
        ("lille", ADA, "publication_unknown"),
        ("lille", MANAGER, "publication_unknown"),
    ],
    ids=[
        "its author",
        "its author, whatever the case",
        "its author, on the hub",
        "a manager of the hub",
        "somebody else of the site",
        "a manager of the hub, vouched for by another site",
        "somebody else on the hub",
        "nobody",
        "its author's namesake of another site",
        "a manager's namesake of another site",
    ],
)
def test_a_publication_is_in_the_hands_of(action: str, site: str, person: Person | None, code: str) -> None:
    scene = Scene()
    publication = published(scene)
    if code:
        with pytest.raises(GiveUp) as refused:
            scene.ask(action, site=site, person=person, publication=publication)
        assert code_of(refused) == code
        assert scene.publication(publication).state is PublicationState.PUBLISHED
    else:
        assert scene.ask(action, site=site, person=person, publication=publication)


@pytest.mark.rule("P18", "P9")
def test_two_people_without_the_networks_key_are_not_one_another() -> None:
    scene = Scene(network=a_network(identity="idnumber"))
    scene.save(person=NOBODY)
    publication = str(scene.publish(person=NOBODY)["publication"])
    scene.deliver()
    with pytest.raises(GiveUp) as refused:
        scene.ask("withdraw", publication=publication, person=replace(NOBODY, username="eve"))
    assert code_of(refused) == "not_yours"


@pytest.mark.rule("P18")
@pytest.mark.parametrize("state", list(PublicationState))
def test_what_is_or_was_on_offer_is_withdrawn_and_anything_else_too_early(state: PublicationState) -> None:
    scene = Scene()
    publication = published(scene)
    current = scene.publication(publication)
    scene.records.change(current, replace(current, state=state))
    if state in (PublicationState.PUBLISHED, PublicationState.SUPERSEDED, PublicationState.WITHDRAWN):
        assert scene.ask("withdraw", publication=publication)["state"] == "withdrawn"
        return
    with pytest.raises(GiveUp) as refused:
        scene.ask("withdraw", publication=publication)
    assert code_of(refused) == "withdraw_too_early"
    assert scene.publication(publication).state is state


# -- home ---------------------------------------------------------------------------------------------------

FORUM = (Holding("activity", 1),)


@pytest.mark.rule("P11", "R3", "R5", "R6")
@pytest.mark.parametrize(
    ("mode", "course", "confirmed", "code"),
    [
        ("replace", {}, False, ""),
        ("merge", {}, False, ""),
        ("replace", {"editingteachers": ("somebody",), "teachers": ("grace",)}, False, "not_editing_teacher"),
        ("merge", {"editingteachers": ("somebody",)}, True, "not_editing_teacher"),
        ("replace", {"empty": False, "holds": FORUM}, True, "target_not_empty"),
        ("merge", {"empty": False, "activities": 1}, False, "merge_unconfirmed"),
        ("merge", {"empty": False, "activities": 1}, True, ""),
        ("merge", {"empty": False, "activities": 0}, False, ""),
        ("replace", {"restoredfrom": "caen:1"}, True, "target_restored"),
        ("merge", {"restoredfrom": "caen:1"}, True, "target_restored"),
        ("replace", {"exists": False}, True, "target_unknown"),
    ],
)
def test_a_course_comes_into_another_where(
    mode: str, course: dict[str, Any], confirmed: bool, code: str
) -> None:
    scene = Scene()
    publication = published(scene)
    mine = scene.lille.add_course("MINE", teacher="grace")
    scene.lille.states[mine.id] = replace(scene.lille.states[mine.id], **course)
    wanted: dict[str, Any] = {"mode": mode, "courseid": mine.id, "confirmed": confirmed}
    if not code:
        assert scene.retrieve(publication, **wanted)["state"] == "requested"
        return
    with pytest.raises(GiveUp) as refused:
        scene.retrieve(publication, **wanted)
    assert code_of(refused) == code
    assert scene.records.all(Retrieval) == ()
    assert scene.records.all(TargetLock) == ()


@pytest.mark.rule("P6", "P13", "P18")
@pytest.mark.parametrize(
    ("state", "older_versions", "offered"),
    [
        (PublicationState.PUBLISHED, "hidden", True),
        (PublicationState.SUPERSEDED, "hidden", False),
        (PublicationState.SUPERSEDED, "visible", True),
        (PublicationState.WITHDRAWN, "visible", False),
        (PublicationState.RESTORING, "visible", False),
        (PublicationState.FAILED, "visible", False),
    ],
)
def test_a_version_comes_home_while_it_is_on_offer(
    state: PublicationState, older_versions: str, offered: bool
) -> None:
    scene = Scene(network=a_network(hub__older_versions=older_versions))
    publication = published(scene)
    current = scene.publication(publication)
    scene.records.change(current, replace(current, state=state))
    if offered:
        assert scene.retrieve(publication)["state"] == "requested"
    else:
        with pytest.raises(NotFound, match="publication_unknown"):
            scene.retrieve(publication)


@pytest.mark.rule("P11")
def test_another_sites_retrieval_is_as_if_it_were_not() -> None:
    scene = Scene()
    retrieval = str(scene.retrieve(published(scene))["retrieval"])
    scene.deliver()
    told = look(scene, retrieval)
    assert (told["state"], told["version"], told["reference"]) == ("done", 1, retrieval[:8])
    assert told["assistance"] == scene.network.sites["lille"].assistance.email
    with pytest.raises(NotFound, match="retrieval_unknown"):
        look(scene, retrieval, site="caen")


@pytest.mark.rule("R5")
@pytest.mark.parametrize("over", [True, False])
def test_a_course_is_held_by_whoever_restores_into_it_until_that_ends(over: bool) -> None:
    scene = Scene()
    publication = published(scene)
    mine = scene.lille.add_course("MINE", teacher="grace")
    first = str(scene.retrieve(publication, mode="merge", courseid=mine.id)["retrieval"])
    held = scene.records[TargetLock, f"lille:{mine.id}"]
    assert (held.holder, held.until) == (first, scene.clock.now() + timedelta(hours=6))
    if over:
        scene.deliver()
        assert scene.records.all(TargetLock) == ()
    else:
        with pytest.raises(GiveUp) as refused:
            scene.retrieve(publication, mode="merge", courseid=mine.id)
        assert code_of(refused) == "target_busy"
        scene.clock.set(held.until)  # whatever has become of it by now
    scene.retrieve(publication, mode="merge", courseid=mine.id)


@pytest.mark.rule("P16", "R5")
@pytest.mark.parametrize(
    ("meanwhile", "state", "code"),
    [
        ("nothing", RetrievalState.DONE, ""),
        ("withdrawn", RetrievalState.REFUSED, "publication_unknown"),
        ("no longer editing", RetrievalState.REFUSED, "not_editing_teacher"),
        ("backup deleted", RetrievalState.FAILED, "publication_unknown"),
        ("account gone", RetrievalState.REFUSED, "owner_unknown"),
    ],
)
def test_what_has_changed_while_a_site_was_away_is_asked_again_before_it_restores(
    meanwhile: str, state: RetrievalState, code: str
) -> None:
    scene = Scene()
    publication = published(scene)
    mine = scene.lille.add_course("MINE", teacher="grace")
    retrieval = str(scene.retrieve(publication, mode="merge", courseid=mine.id)["retrieval"])
    match meanwhile:
        case "withdrawn":
            scene.ask("withdraw", publication=publication)
        case "no longer editing":
            scene.lille.states[mine.id] = replace(scene.lille.states[mine.id], editingteachers=())
        case "backup deleted":
            upload = scene.upload(scene.publication(publication).upload)
            scene.records.change(upload, replace(upload, state=BackupState.DELETED))
        case "account gone":
            scene.lille.users.clear()
    scene.deliver()
    after = scene.records[Retrieval, retrieval]
    assert (after.state, after.message.code if after.message else "") == (state, code)
    assert scene.records.all(TargetLock) == ()
