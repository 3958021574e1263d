import pytest

from passerelle.domain.publishing.publication import Retrieval
from passerelle.domain.site_commands import SearchCatalogue
from passerelle.errors import NotFound, Refused
from passerelle.usecases.publishing import catalogue, lineage
from tests.scenes.publishing import GRACE, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


def published(scene: Scene, site: str = "caen", idnumber: str = "CHIM1", **fields: object) -> str:
    scene.save(site=site, idnumber=idnumber)
    publication = str(scene.publish(site=site, idnumber=idnumber, **fields)["publication"])
    scene.deliver()
    return publication


def brought_home(scene: Scene, publication: str) -> Retrieval:
    retrieval = scene.retrieve(publication)["retrieval"]
    scene.deliver()
    return scene.records[Retrieval, retrieval]


@pytest.mark.rule("P12")
def test_the_whole_family_tree_is_listed_from_any_of_its_members(scene: Scene) -> None:
    first = published(scene)
    second = published(scene)
    home = brought_home(scene, second)
    child = published(scene, "lille", home.idnumber)
    for member in (first, second, child):
        tree = lineage.family(scene.world, member)
        assert tree.network_id == "caen:CHIM1"
        assert [p.id for p in tree.versions] == [first, second]
        (branch,) = tree.children
        assert [p.id for p in branch.versions] == [child]


def test_a_family_that_goes_round_in_a_circle_is_still_listed(scene: Scene) -> None:
    first = published(scene)
    child = published(scene, "lille", brought_home(scene, first).idnumber)
    record = scene.publication(first)
    from dataclasses import replace

    scene.records.change(record, replace(record, ancestor=child))
    tree = lineage.family(scene.world, child)
    assert {tree.network_id, *(b.network_id for b in tree.children)} == {
        scene.publication(first).network_id,
        scene.publication(child).network_id,
    }


@pytest.mark.rule("P13")
def test_holders_of_an_older_version_are_told_once(scene: Scene) -> None:
    first = published(scene)
    brought_home(scene, first)
    second = published(scene)
    for expected in (["lille"], []):
        told, not_told = lineage.tell_holders(scene.world, second)
        assert [r.site for r in told] == expected
        assert not_told == []
    kinds = [m.kind for m in scene.lille.messages.values()]
    assert kinds == ["retrieved", "new_version"]
    assert (
        next(m for m in scene.lille.messages.values() if m.kind == "new_version").username == GRACE.username
    )


@pytest.mark.rule("P13")
def test_only_the_author_has_holders_of_an_older_version_told(scene: Scene) -> None:
    first = published(scene)
    brought_home(scene, first)
    assert scene.ask("status")["older_holders"] == 0
    second = published(scene)
    assert scene.ask("status")["older_holders"] == 1
    with pytest.raises(Refused):
        scene.ask("tell_holders", publication=second, person=GRACE)
    assert scene.ask("tell_holders", publication=second) == {"told": 1, "not_told": 0}
    assert scene.ask("status")["older_holders"] == 0  # the button has nobody left to tell
    with pytest.raises(NotFound):
        scene.ask("tell_holders", publication=first)  # replaced: not what they should be told of


@pytest.mark.rule("P12")
def test_a_preview_shows_the_family_of_a_course_from_its_oldest_member_down(scene: Scene) -> None:
    first = published(scene, title="Chimie")
    home = brought_home(scene, first)
    child = published(scene, "lille", home.idnumber, title="Chimie, adaptée")
    [card] = catalogue.answer_search(
        scene.world, SearchCatalogue(site="lille", type="catalogue", publication=child)
    )["publications"]
    assert [(r["title"], r["depth"], r["here"], bool(r["hub_url"])) for r in card["family"]] == [
        ("Chimie", 0, False, True),
        ("Chimie, adaptée", 1, True, True),
    ]
    scene.ask("withdraw", publication=first)
    [card] = catalogue.answer_search(
        scene.world, SearchCatalogue(site="lille", type="catalogue", publication=child)
    )["publications"]
    assert [(r["state"], r["hub_url"] == "") for r in card["family"]] == [
        ("withdrawn", True),
        ("published", False),
    ]


@pytest.mark.rule("P13", "P18")
def test_nobody_is_told_of_a_version_that_is_not_on_offer(scene: Scene) -> None:
    brought_home(scene, published(scene))
    second = published(scene)
    scene.ask("withdraw", publication=second)
    with pytest.raises(Refused, match="not_on_offer"):
        lineage.tell_holders(scene.world, second)
    assert [m.kind for m in scene.lille.messages.values()] == ["retrieved"]


def test_a_publication_that_does_not_exist_is_said_so(scene: Scene) -> None:
    with pytest.raises(NotFound):
        lineage.family(scene.world, "nothing")
    with pytest.raises(NotFound):
        lineage.tell_holders(scene.world, "nothing")
