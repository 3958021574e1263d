from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.backups.manifest import Inspection, Reason, Why
from passerelle.domain.moodle.core import Category
from passerelle.domain.moodle.plugin import JobMessage, Plugin, SiteFacts
from passerelle.domain.publishing.publication import Retrieval
from passerelle.domain.records import TargetLock
from passerelle.domain.site_commands import OpenUpload
from passerelle.domain.states import PublicationState, RetrievalState
from passerelle.errors import MoodleAway, NotFound, Refused
from passerelle.usecases import jobs
from passerelle.usecases.backups import receive
from passerelle.usecases.publishing import publish
from tests.factories.records import a_network, a_person, a_site, a_site_facts
from tests.fakes.lms import FakeLms
from tests.scenes.beside import Held, around
from tests.scenes.publishing import ADA, GRACE, MANAGER, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


def published(scene: Scene, **changes: object) -> str:
    scene.save()
    publication = str(scene.publish(**changes)["publication"])
    scene.deliver()
    return publication


@contextmanager
def away(lms: FakeLms) -> Iterator[None]:
    def out() -> SiteFacts:
        raise MoodleAway(lms.name, "maintenance")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lms, "get_site", out)
        yield


# --- P1, P7, P8, P9, P10: one course becomes one course of the hub ---------------------------------


@pytest.mark.rule("P7")
def test_a_published_course_is_a_new_course_on_the_hub(scene: Scene) -> None:
    publication = published(scene)
    assert scene.publication(publication).state == PublicationState.PUBLISHED
    (course,) = scene.hub.courses.values()
    assert course.fullname == "Chimie générale"
    assert scene.caen.courses == {}, "the source site was written to"


@pytest.mark.rule("P1")
def test_across_the_network_a_course_is_called_by_its_site_and_idnumber(scene: Scene) -> None:
    published(scene)
    assert [c.idnumber for c in scene.hub.courses.values()] == ["caen:CHIM1"]


@pytest.mark.rule("P8")
def test_the_new_course_goes_to_the_category_that_the_hub_configures(scene: Scene) -> None:
    published(scene)
    assert [c.categoryid for c in scene.hub.courses.values()] == [1]


@pytest.mark.rule("P8")
def test_a_table_may_map_source_categories() -> None:
    scene = Scene(a_network(hub__categories={"SCIENCES": "SC"}))
    scene.hub.categories.append(Category(7, "Sciences", "SC"))
    published(scene, category_idnumber="SCIENCES")
    assert [c.categoryid for c in scene.hub.courses.values()] == [7]


@pytest.mark.rule("P8")
def test_later_versions_go_where_the_former_was_put_by_hand(scene: Scene) -> None:
    published(scene)
    (first,) = scene.hub.courses
    scene.hub.update_course(first, categoryid=2)
    published(scene)
    assert scene.hub.course_by_idnumber("caen:CHIM1").categoryid == 2


@pytest.mark.rule("P8")
def test_copies_that_nobody_has_reclassified_are_listed_for_the_hub_only(scene: Scene) -> None:
    publication = published(scene)
    listed = scene.ask("reclassify_list", site="hub", person=MANAGER)["courses"]
    assert [c["publication"] for c in listed] == [publication]
    scene.hub.update_course(scene.publication(publication).hub_course_id, categoryid=2)
    assert scene.ask("reclassify_list", site="hub", person=MANAGER)["courses"] == []
    with pytest.raises(Refused, match="hub_only"):
        scene.ask("reclassify_list", site="caen")


@pytest.mark.rule("P9")
def test_the_author_gets_the_hubs_author_role_on_the_copy(scene: Scene) -> None:
    publication = published(scene)
    course = scene.publication(publication).hub_course_id
    assert scene.hub.enrolled == {(course, "ada", "teacher")}


@pytest.mark.rule("P9")
def test_an_author_unknown_to_the_hub_is_a_warning_and_stays_in_the_catalogue(scene: Scene) -> None:
    scene.hub.users.clear()
    publication = scene.publication(published(scene))
    assert publication.state == PublicationState.PUBLISHED
    assert [w.code for w in publication.warnings] == ["author_unknown"]
    assert scene.search()["publications"][0]["author"] == "Ada Lovelace"


@pytest.mark.rule("P9")
def test_an_account_is_made_for_an_unknown_author_where_the_network_says_so() -> None:
    scene = Scene(a_network(hub__unknown_author="create"))
    scene.hub.users.clear()
    publication = scene.publication(published(scene))
    assert scene.hub.enrolled == {(publication.hub_course_id, "ada", "teacher")}


@pytest.mark.rule("P9")
def test_people_are_matched_by_the_key_that_the_network_names() -> None:
    scene = Scene(a_network(identity="email"))
    scene.hub.users[:] = [replace(scene.hub.users[0], username="lovelace", email="ADA@Example.org")]
    publication = scene.publication(published(scene))
    assert scene.hub.enrolled == {(publication.hub_course_id, "lovelace", "teacher")}


@pytest.mark.rule("P10")
def test_the_author_gets_both_links_once(scene: Scene) -> None:
    publication = published(scene)
    (message,) = scene.caen.messages.values()
    assert message.kind == "published"
    assert message.username == "ada"
    assert message.values["huburl"] == scene.publication(publication).hub_url
    assert message.values["courseurl"] == "https://caen.example/course/view.php?id=42"


@pytest.mark.rule("P10")
def test_a_failed_restore_tells_the_author_why_and_what_to_do_in_his_language(scene: Scene) -> None:
    scene.hub.fail_next = JobMessage("diskfull")
    publication = scene.publication(published(scene))
    assert publication.state == PublicationState.FAILED
    (message,) = scene.caen.messages.values()
    assert message.kind == "publication_failed"
    assert "Prévenez son administrateur" in message.values["message"]
    status = scene.ask("status", person=a_person(lang="en"))
    assert "Tell its administrator" in status["publication"]["message"]


def test_a_publication_that_failed_may_be_asked_for_again(scene: Scene) -> None:
    scene.hub.fail_next = JobMessage("diskfull")
    first = published(scene)
    second = str(scene.publish()["publication"])
    scene.deliver()
    assert second != first
    assert scene.publication(second).state == PublicationState.PUBLISHED


# --- P5, P17: pressing Mutualiser ------------------------------------------------------------------


@pytest.mark.rule("P5")
def test_without_a_backup_a_sentence_says_what_to_do(scene: Scene) -> None:
    with pytest.raises(Refused, match="no_backup"):
        scene.publish()


@pytest.mark.rule("P10")
def test_mutualiser_again_on_what_is_published_says_so_with_both_links(scene: Scene) -> None:
    scene.save()
    first = scene.publish()
    assert not first["already_published"]
    scene.deliver()

    again = scene.publish()

    assert (again["publication"], again["state"]) == (first["publication"], "published")
    assert again["already_published"]
    record = scene.publication(first["publication"])
    assert (again["hub_url"], again["course_url"]) == (record.hub_url, record.course_url)
    assert again["hub_url"] != ""


@pytest.mark.rule("P5")
def test_mutualiser_waits_for_a_backup_still_under_check(scene: Scene) -> None:
    scene.save(check=False)
    answer = scene.publish()
    assert answer["waiting_for_check"]
    assert scene.hub.started == []
    scene.deliver()
    assert scene.publication(answer["publication"]).state == PublicationState.PUBLISHED


@pytest.mark.rule("P5")
def test_a_publication_that_waits_for_a_backup_which_is_refused_fails_with_its_reason(scene: Scene) -> None:
    upload = scene.save(check=False)
    answer = scene.publish()
    scene.backups.found[scene.upload(upload).raw_key] = Inspection(
        False, (Reason(Why.TRUNCATED, "cut short"),), None
    )
    scene.deliver()
    publication = scene.publication(answer["publication"])
    assert publication.state == PublicationState.FAILED
    assert publication.message is not None
    assert publication.message.code == "truncated"


@pytest.mark.rule("P5")
def test_a_course_changed_since_its_backup_is_offered_a_refresh_first(scene: Scene) -> None:
    scene.save()
    saved = int(scene.clock.now().timestamp())
    assert scene.ask("status", lastchange=saved)["changed_since"] is False
    assert scene.ask("status", lastchange=saved + 60)["changed_since"] is True
    assert scene.ask("status", lastchange=None)["changed_since"] is True


@pytest.mark.rule("P17")
def test_publishing_asks_for_the_declaration_and_a_title(scene: Scene) -> None:
    scene.save()
    with pytest.raises(Refused, match="declaration_needed"):
        scene.publish(declaration=False)
    with pytest.raises(Refused, match="title_needed"):
        scene.publish(title="  ")


# --- P13, P14: versions ----------------------------------------------------------------------------


@pytest.mark.rule("P13")
def test_publishing_again_is_a_new_version_and_the_older_copy_steps_aside(scene: Scene) -> None:
    first = published(scene)
    second = published(scene)
    by_idnumber = {c.idnumber: c for c in scene.hub.courses.values()}
    assert set(by_idnumber) == {"caen:CHIM1", "caen:CHIM1@v1"}
    assert by_idnumber["caen:CHIM1"].visible
    assert not by_idnumber["caen:CHIM1@v1"].visible
    assert scene.publication(first).state == PublicationState.SUPERSEDED
    assert scene.publication(second).version == 2


@pytest.mark.rule("P13")
def test_older_copies_stay_visible_where_the_network_says_so() -> None:
    scene = Scene(a_network(hub__older_versions="visible"))
    published(scene)
    published(scene)
    assert all(c.visible for c in scene.hub.courses.values())


@pytest.mark.rule("P13")
def test_who_retrieved_which_version_is_known(scene: Scene) -> None:
    first = published(scene)
    scene.retrieve(first)
    scene.deliver()
    published(scene)
    held = scene.records.list(Retrieval, "publication_course", "caen:CHIM1").items
    assert [(r.site, r.version, r.person.username) for r in held] == [("lille", 1, "grace")]


@pytest.mark.rule("P14")
def test_the_same_upload_delivered_twice_publishes_once(scene: Scene) -> None:
    upload = scene.save(check=False)
    scene.arrived *= 2
    answer = scene.publish()
    scene.publish()
    scene.deliver()
    scene.arrived.append(f"uploads/caen/{upload}.mbz")
    scene.queues.send("publications", {"publication": answer["publication"]})
    scene.deliver()
    assert len(scene.hub.courses) == 1
    assert len(scene.caen.messages) == 1


@pytest.mark.rule("P14")
def test_a_late_older_upload_never_replaces_a_newer_one(scene: Scene) -> None:
    scene.save()
    older = scene.publish()["publication"]
    held_back = scene.queues.take("publications")
    scene.save()
    newer = scene.publish()["publication"]
    scene.deliver()
    assert held_back is not None
    scene.queues.send("publications", held_back)
    scene.deliver()
    assert scene.publication(newer).state == PublicationState.PUBLISHED
    assert scene.publication(older).state == PublicationState.SUPERSEDED
    assert [c.idnumber for c in scene.hub.courses.values()] == ["caen:CHIM1"]


@pytest.mark.rule("P14")
def test_of_two_restores_side_by_side_the_higher_number_wins_whichever_ends_last(scene: Scene) -> None:
    scene.save()
    older = scene.publish()["publication"]
    publish.publish(scene.world, older)
    scene.queues.take("publications")
    scene.save()
    newer = scene.publish()["publication"]
    publish.publish(scene.world, newer)
    scene.hub.work()
    jobs.settle(scene.world, "hub", f"pub:{newer}")
    jobs.settle(scene.world, "hub", f"pub:{older}")
    scene.deliver()
    by_idnumber = {c.idnumber: c.id for c in scene.hub.courses.values()}
    assert by_idnumber["caen:CHIM1"] == scene.publication(newer).hub_course_id
    assert by_idnumber["caen:CHIM1@v1"] == scene.publication(older).hub_course_id
    assert scene.publication(older).state == PublicationState.SUPERSEDED


@pytest.mark.rule("P14")
def test_a_repeated_opening_keeps_its_first_number(scene: Scene) -> None:
    """Cut after its number was given, repeated once another upload was opened in between."""
    opening = OpenUpload(
        request="msg_cut",
        site="caen",
        type="uploads",
        person=ADA,
        intent="share",
        courseid=42,
        idnumber="CHIM1",
        fullname="Chimie",
        shortname="CHIM1",
        filesize=10,
        sha256="5e" * 32,
        lastchange=0,
    )
    cut = Held(
        around(scene.base), lambda world: receive.open_upload(world, opening), at="archives.open_multipart"
    )
    cut.die()
    later = scene.upload(scene.save())
    assert receive.open_upload(scene.world, opening)["sequence"] == 1
    assert later.sequence == 2


@pytest.mark.rule("P14")
def test_every_upload_has_its_own_sequence_number_per_site_and_course(scene: Scene) -> None:
    numbers = [scene.upload(scene.save()).sequence for _ in range(3)]
    other = scene.upload(scene.save(idnumber="PHYS1")).sequence
    assert (numbers, other) == ([1, 2, 3], 1)


# --- P11, P12: home again --------------------------------------------------------------------------


@pytest.mark.rule("P11")
def test_a_published_course_comes_home_hidden_with_its_own_idnumber_and_its_teacher(scene: Scene) -> None:
    retrieval = scene.retrieve(published(scene))["retrieval"]
    scene.deliver()
    record = scene.records[Retrieval, retrieval]
    course = scene.lille.courses[record.course_id]
    assert record.state == RetrievalState.DONE
    assert not course.visible
    assert course.idnumber.startswith("psl-")
    assert course.categoryid == 2
    assert scene.lille.enrolled == {(course.id, "grace", "editingteacher")}


@pytest.mark.rule("P11")
@pytest.mark.parametrize(
    ("own_category", "owns", "asked", "arrives"),
    [
        (True, ("GRACE", "AUTRE"), "RAPATRIES", "GRACE"),
        (True, (), "RAPATRIES", "RAPATRIES"),
        (True, (), "", "SITE"),
        (False, ("GRACE",), "RAPATRIES", "RAPATRIES"),
        (False, ("GRACE",), "", "SITE"),
    ],
    ids=[
        "the first that is the teacher's own",
        "none is, so where its Moodle says",
        "none is, so where network.yaml says",
        "not wished, so where its Moodle says",
        "not wished, so where network.yaml says",
    ],
)
def test_a_course_comes_home_into_a_category_that_its_teacher_owns_where_so_set(
    own_category: bool, owns: tuple[str, ...], asked: str, arrives: str
) -> None:
    lille = replace(a_site("lille"), category="SITE", own_category=own_category)
    scene = Scene(network=a_network(sites={**a_network().sites, "lille": lille}))
    scene.lille.users = [
        replace(user, categories=owns) if user.username == "grace" else user for user in scene.lille.users
    ]
    scene.lille.categories += [
        Category(id=10 + number, name=name, idnumber=name)
        for number, name in enumerate(("GRACE", "AUTRE", "RAPATRIES", "SITE"))
    ]
    scene.retrieve(published(scene), category_idnumber=asked)
    scene.deliver()
    [(restore, _)] = scene.lille.jobs.values()
    assert restore.category == arrives


@pytest.mark.rule("P11")
def test_into_the_course_where_he_stands_only_as_its_editing_teacher(scene: Scene) -> None:
    publication = published(scene)
    course = scene.lille.add_course("HOME", teacher="somebodyelse")
    with pytest.raises(Refused, match="not_editing_teacher"):
        scene.retrieve(publication, mode="replace", courseid=course.id)
    mine = scene.lille.add_course("MINE", teacher="grace")
    retrieval = scene.retrieve(publication, mode="replace", courseid=mine.id)["retrieval"]
    scene.deliver()
    assert scene.records[Retrieval, retrieval].course_id == mine.id


@pytest.mark.rule("P19")
def test_what_comes_to_the_hub_is_the_authors_and_what_comes_home_is_whose_it_is(scene: Scene) -> None:
    publication = published(scene)
    scene.retrieve(publication)
    mine = scene.lille.add_course("MINE", teacher="grace")
    scene.retrieve(publication, mode="merge", courseid=mine.id)
    scene.deliver()
    there = [restore for restore, _ in scene.hub.jobs.values()]
    home = [restore for restore, _ in scene.lille.jobs.values()]
    assert [restore.person for restore in there] == [owner.username for owner in there[0].owners]
    assert [restore.person for restore in home] == ["grace", "grace"]
    # The plugin brings permission overrides only where it is asked to.
    assert not any("permissions" in restore.settings for restore in there + home)


@pytest.mark.rule("P19")
def test_a_copy_whose_author_the_hub_does_not_know_is_nobodys(scene: Scene) -> None:
    scene.hub.users.clear()
    published(scene)
    [(restore, _)] = scene.hub.jobs.values()
    assert restore.person == ""


def test_one_restore_at_a_time_into_one_course(scene: Scene) -> None:
    publication = published(scene)
    mine = scene.lille.add_course("MINE", teacher="grace")
    scene.retrieve(publication, mode="replace", courseid=mine.id)
    with pytest.raises(Refused, match="target_busy"):
        scene.retrieve(publication, mode="replace", courseid=mine.id)
    scene.deliver()
    scene.retrieve(publication, mode="replace", courseid=mine.id)


def test_a_lock_left_by_a_crash_dies_by_itself(scene: Scene) -> None:
    publication = published(scene)
    mine = scene.lille.add_course("MINE", teacher="grace")
    scene.retrieve(publication, mode="replace", courseid=mine.id)
    scene.clock.tick(timedelta(hours=7))
    later = scene.retrieve(publication, mode="replace", courseid=mine.id)["retrieval"]
    assert [lock.holder for lock in scene.records.all(TargetLock)] == [later]


@pytest.mark.rule("P12")
def test_what_came_home_and_is_offered_again_names_its_ancestor(scene: Scene) -> None:
    first = published(scene)
    retrieval = scene.records[Retrieval, scene.retrieve(first)["retrieval"]]
    scene.deliver()
    scene.save(site="lille", idnumber=retrieval.idnumber, person=GRACE)
    again = scene.publish(site="lille", idnumber=retrieval.idnumber, person=GRACE)["publication"]
    scene.deliver()
    assert scene.publication(again).ancestor == first
    assert scene.publication(again).state == PublicationState.PUBLISHED
    assert scene.publication(first).state == PublicationState.PUBLISHED, "it replaced its ancestor"


# --- P15, P16, P18 ---------------------------------------------------------------------------------


@pytest.mark.rule("P15")
def test_the_catalogue_finds_words_without_accents_in_titles_and_contents(scene: Scene) -> None:
    published(scene)
    assert [p["title"] for p in scene.search("chimie GENERALE")["publications"]] == ["Chimie générale"]
    assert scene.search("bohr")["publications"], "an activity's title is not searched"
    assert scene.search("biologie")["publications"] == []
    assert scene.search(activity="quiz", level="l1", licence="cc-by-sa", language="fr")["publications"]
    assert scene.search(activity="forum")["publications"] == []
    assert scene.search(author="lovelace")["publications"]


@pytest.mark.rule("P15")
def test_a_publication_can_be_looked_into_before_it_is_brought_home(scene: Scene) -> None:
    publication = published(scene)
    (card,) = scene.search(publication=publication)["publications"]
    assert card["sections"] == ["Atomes", "Liaisons"]
    assert card["activities"] == {"page": 2, "quiz": 1}
    assert card["licence"] == "cc-by-sa"


@pytest.mark.rule("P15")
def test_the_catalogue_is_given_in_pages_without_gap_or_double(scene: Scene) -> None:
    for number in range(5):
        scene.save(idnumber=f"C{number}")
        scene.publish(idnumber=f"C{number}", title=f"Cours {number}")
    scene.deliver()
    seen: list[str] = []
    after = None
    while True:
        page = scene.search(limit=2, after=after)
        seen += [p["title"] for p in page["publications"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == [f"Cours {n}" for n in range(5)]


@pytest.mark.rule("P16")
def test_a_newer_moodle_than_the_targets_is_refused_before_anything_moves(scene: Scene) -> None:
    scene.hub.facts = a_site_facts(release="4.4.9 (Build: 20250811)")
    publication = scene.publication(published(scene))
    assert publication.state == PublicationState.FAILED
    assert publication.message is not None
    assert (publication.message.code, publication.message.details["target"]) == ("newer_release", "4.4")
    assert scene.hub.started == []


@pytest.mark.rule("P16")
def test_missing_plugins_are_named(scene: Scene) -> None:
    scene.hub.facts = a_site_facts(modules=(Plugin("mod_page"), Plugin("forum")))
    publication = scene.publication(published(scene))
    assert publication.message is not None
    assert publication.message.details["plugins"] == "mod_quiz"


@pytest.mark.rule("P16")
def test_a_course_too_large_for_the_target_is_refused_with_both_sizes(scene: Scene) -> None:
    facts = a_site_facts()
    scene.hub.facts = replace(facts, limits=replace(facts.limits, course_maxbytes=1_000_000))
    publication = scene.publication(published(scene))
    assert publication.message is not None
    assert publication.message.details == {"size": "10,5\u00a0Mo", "limit": "1,0\u00a0Mo"}


@pytest.mark.rule("P16")
def test_warnings_of_moodles_precheck_are_kept_and_its_errors_refuse(scene: Scene) -> None:
    scene.hub.warn_next = (JobMessage("question_skipped", "One question type is missing."),)
    warned = scene.publication(published(scene))
    assert warned.state == PublicationState.PUBLISHED
    assert [(w.code, w.details["detail"]) for w in warned.warnings] == [
        ("question_skipped", "One question type is missing.")
    ]
    scene.hub.fail_next = JobMessage("precheck", "The category is full.")
    refused = scene.publication(published(scene))
    assert refused.state == PublicationState.FAILED
    assert "The category is full." in scene.ask("status")["publication"]["message"]


@pytest.mark.rule("P16")
def test_a_retrieval_to_a_site_that_lacks_a_plugin_is_refused_at_once_and_nothing_is_written_down(
    scene: Scene,
) -> None:
    publication = published(scene)
    scene.lille.facts = a_site_facts(modules=(Plugin("mod_page"),))
    with pytest.raises(Refused, match="plugins_missing") as refused:
        scene.retrieve(publication)
    assert refused.value.details["plugins"] == "mod_quiz"
    assert not [record for record in scene.records if isinstance(record, Retrieval)]


@pytest.mark.rule("P16")
def test_a_newer_course_is_not_brought_home_to_an_older_moodle(scene: Scene) -> None:
    publication = published(scene)
    scene.lille.facts = a_site_facts(release="4.4.2")
    with pytest.raises(Refused, match="newer_release") as refused:
        scene.retrieve(publication)
    assert refused.value.details == {"release": "4.5", "target": "4.4"}


@pytest.mark.rule("P16")
def test_a_site_that_is_away_is_asked_again_before_it_restores(scene: Scene) -> None:
    publication = published(scene)
    with away(scene.lille):
        retrieval = scene.retrieve(publication)["retrieval"]
    scene.deliver()
    assert scene.records[Retrieval, retrieval].state == RetrievalState.DONE


@pytest.mark.rule("P16")
def test_before_a_backup_is_made_a_site_hears_what_keeps_its_course_from_the_hub(scene: Scene) -> None:
    scene.hub.facts = a_site_facts(
        release="4.5.9", modules=(Plugin("mod_page"),), blocks=(Plugin("block_html"),)
    )
    asked = {"plugins": ("mod_page", "mod_booking", "block_html", "block_quickmail", "mod_zoom")}
    with pytest.raises(Refused, match="newer_release") as newer:
        scene.ask("fits", release="5.0.1+ (Build: 20250601)", **asked)
    assert newer.value.details == {"release": "5.0", "target": "4.5"}
    with pytest.raises(Refused, match="plugins_missing") as poorer:
        scene.ask("fits", release="4.5.1", **asked)
    assert poorer.value.details == {"plugins": "block_quickmail, mod_booking, mod_zoom"}
    assert scene.ask("fits", release="4.1.2", plugins=("mod_page",)) == {"hub": scene.network.hub_site.title}
    assert not list(scene.records), "looking wrote something down"


@pytest.mark.rule("P16")
def test_the_publishing_form_hears_what_keeps_the_newest_good_backup_from_the_hub(scene: Scene) -> None:
    assert scene.ask("fits"), "there is no backup yet"
    scene.save()
    assert scene.ask("fits")
    scene.hub.facts = a_site_facts(modules=(Plugin("mod_page"),))
    with pytest.raises(Refused, match="plugins_missing"):
        scene.ask("fits")


@pytest.mark.rule("P16")
def test_a_hub_that_does_not_answer_keeps_nobody_from_backing_up(scene: Scene) -> None:
    with away(scene.hub):
        assert scene.ask("fits", release="5.1", plugins=("mod_booking",))


@pytest.mark.rule("P16")
def test_the_catalogue_marks_what_cannot_come_to_the_site_that_looks(scene: Scene) -> None:
    publication = published(scene)
    (unmarked,) = scene.search()["publications"]
    assert unmarked["cannot_come"] == [], "a site that says nothing of itself is told nothing"
    whole = ("mod_page", "mod_quiz")
    (fine,) = scene.search(release="4.5.1", plugins=whole)["publications"]
    assert fine["cannot_come"] == []
    (older,) = scene.search(release="4.4.1", plugins=whole)["publications"]
    assert ["4.5" in why and "4.4" in why for why in older["cannot_come"]] == [True]
    (poorer,) = scene.search(publication=publication, release="5.0", plugins=("mod_page",))["publications"]
    assert ["mod_quiz" in why for why in poorer["cannot_come"]] == [True]


@pytest.mark.rule("P16")
def test_a_retrieval_to_a_site_that_has_lost_a_plugin_meanwhile_is_refused(scene: Scene) -> None:
    publication = published(scene)
    retrieval = scene.retrieve(publication)["retrieval"]
    scene.lille.facts = a_site_facts(modules=(Plugin("mod_page"),))
    scene.deliver()
    record = scene.records[Retrieval, retrieval]
    assert (record.state, record.message and record.message.code) == (
        RetrievalState.REFUSED,
        "plugins_missing",
    )
    assert scene.lille.started == []


@pytest.mark.rule("P18")
def test_a_withdrawn_publication_is_hidden_and_out_of_the_catalogue_but_not_deleted(scene: Scene) -> None:
    publication = published(scene)
    scene.retrieve(publication)
    scene.deliver()
    scene.ask("withdraw", publication=publication)
    (course,) = scene.hub.courses.values()
    assert not course.visible
    assert scene.search()["publications"] == []
    assert len(scene.lille.courses) == 1, "a copy brought home was touched"
    with pytest.raises(NotFound):
        scene.retrieve(publication)


@pytest.mark.rule("P18")
def test_only_its_author_or_a_manager_of_the_hub_withdraws_a_publication(scene: Scene) -> None:
    publication = published(scene)
    with pytest.raises(Refused, match="not_yours"):
        scene.ask("withdraw", publication=publication, person=GRACE)
    with pytest.raises(NotFound):
        scene.ask("withdraw", site="lille", publication=publication, person=ADA)
    scene.ask("withdraw", site="hub", publication=publication, person=MANAGER)
    assert scene.publication(publication).state == PublicationState.WITHDRAWN


@pytest.mark.rule("P18")
def test_a_withdrawn_publication_may_be_published_again(scene: Scene) -> None:
    first = published(scene)
    scene.ask("withdraw", publication=first)
    again = scene.publish()["publication"]
    scene.deliver()
    assert scene.publication(again).state == PublicationState.PUBLISHED
    by_idnumber = {c.idnumber: c.visible for c in scene.hub.courses.values()}
    assert by_idnumber == {"caen:CHIM1": True, "caen:CHIM1@v1": False}
