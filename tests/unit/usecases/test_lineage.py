import pytest

from passerelle.domain.publishing import Retrieval
from passerelle.errors import NotFound
from passerelle.usecases import lineage
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
    for _ in range(2):
        told, not_told = lineage.tell_holders(stage.world, second)
        assert [r.site for r in told] == ["lille"]
        assert not_told == []
    kinds = [m.kind for m in stage.lille.messages.values()]
    assert kinds == ["retrieved", "new_version"]
    assert (
        next(m for m in stage.lille.messages.values() if m.kind == "new_version").username == GRACE.username
    )


def test_a_publication_that_does_not_exist_is_said_so(stage: Stage) -> None:
    with pytest.raises(NotFound):
        lineage.family(stage.world, "nothing")
    with pytest.raises(NotFound):
        lineage.tell_holders(stage.world, "nothing")
