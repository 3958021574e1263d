import pytest

from passerelle.domain.commands import SearchCatalogue
from passerelle.domain.publishing import Retrieval
from passerelle.errors import NotFound, Refused
from passerelle.usecases import catalogue, lineage
from tests.stage import GRACE, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def published(stage: Stage, site: str = "caen", idnumber: str = "CHIM1", **fields: object) -> str:
    stage.save(site=site, idnumber=idnumber)
    publication = str(stage.publish(site=site, idnumber=idnumber, **fields)["publication"])
    stage.deliver()
    return publication


def brought_home(stage: Stage, publication: str) -> Retrieval:
    retrieval = stage.retrieve(publication)["retrieval"]
    stage.deliver()
    return stage.records[Retrieval, retrieval]


@pytest.mark.rule("P12")
def test_the_whole_family_tree_is_listed_from_any_of_its_members(stage: Stage) -> None:
    first = published(stage)
    second = published(stage)
    home = brought_home(stage, second)
    child = published(stage, "lille", home.idnumber)
    for member in (first, second, child):
        tree = lineage.family(stage.world, member)
        assert tree.network_id == "caen:CHIM1"
        assert [p.id for p in tree.versions] == [first, second]
        (branch,) = tree.children
        assert [p.id for p in branch.versions] == [child]


def test_a_family_that_goes_round_in_a_circle_is_still_listed(stage: Stage) -> None:
    first = published(stage)
    child = published(stage, "lille", brought_home(stage, first).idnumber)
    record = stage.publication(first)
    from dataclasses import replace

    stage.records.change(record, replace(record, ancestor=child))
    tree = lineage.family(stage.world, child)
    assert {tree.network_id, *(b.network_id for b in tree.children)} == {
        stage.publication(first).network_id,
        stage.publication(child).network_id,
    }


@pytest.mark.rule("P13")
def test_holders_of_an_older_version_are_told_once(stage: Stage) -> None:
    first = published(stage)
    brought_home(stage, first)
    second = published(stage)
    for expected in (["lille"], []):
        told, not_told = lineage.tell_holders(stage.world, second)
        assert [r.site for r in told] == expected
        assert not_told == []
    kinds = [m.kind for m in stage.lille.messages.values()]
    assert kinds == ["retrieved", "new_version"]
    assert (
        next(m for m in stage.lille.messages.values() if m.kind == "new_version").username == GRACE.username
    )


@pytest.mark.rule("P13")
def test_only_the_author_has_holders_of_an_older_version_told(stage: Stage) -> None:
    first = published(stage)
    brought_home(stage, first)
    assert stage.ask("status")["older_holders"] == 0
    second = published(stage)
    assert stage.ask("status")["older_holders"] == 1
    with pytest.raises(Refused):
        stage.ask("tell_holders", publication=second, person=GRACE)
    assert stage.ask("tell_holders", publication=second) == {"told": 1, "not_told": 0}
    assert stage.ask("status")["older_holders"] == 0  # the button has nobody left to tell
    with pytest.raises(NotFound):
        stage.ask("tell_holders", publication=first)  # replaced: not what they should be told of


@pytest.mark.rule("P12")
def test_a_preview_shows_the_family_of_a_course_from_its_oldest_member_down(stage: Stage) -> None:
    first = published(stage, title="Chimie")
    home = brought_home(stage, first)
    child = published(stage, "lille", home.idnumber, title="Chimie, adaptée")
    [card] = catalogue.answer(
        stage.world, SearchCatalogue(site="lille", type="catalogue", publication=child)
    )["publications"]
    assert [(r["title"], r["depth"], r["here"], bool(r["hub_url"])) for r in card["family"]] == [
        ("Chimie", 0, False, True),
        ("Chimie, adaptée", 1, True, True),
    ]
    stage.ask("withdraw", publication=first)
    [card] = catalogue.answer(
        stage.world, SearchCatalogue(site="lille", type="catalogue", publication=child)
    )["publications"]
    assert [(r["state"], r["hub_url"] == "") for r in card["family"]] == [
        ("withdrawn", True),
        ("published", False),
    ]


def test_a_publication_that_does_not_exist_is_said_so(stage: Stage) -> None:
    with pytest.raises(NotFound):
        lineage.family(stage.world, "nothing")
    with pytest.raises(NotFound):
        lineage.tell_holders(stage.world, "nothing")
