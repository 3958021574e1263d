from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.backup import Inspection, Reason, Why
from passerelle.domain.lms import Category
from passerelle.domain.plugin import JobMessage, Plugin
from passerelle.domain.publishing import Retrieval
from passerelle.domain.states import PublicationState, RetrievalState
from passerelle.errors import NotFound, Refused
from passerelle.usecases import jobs, publishing
from tests.factories import a_network, a_person, a_site_facts
from tests.stage import ADA, GRACE, MANAGER, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def published(stage: Stage, **changes: object) -> str:
    stage.save()
    publication = str(stage.publish(**changes)["publication"])
    stage.deliver()
    return publication


# --- P1, P7, P8, P9, P10: one course becomes one course of the hub ---------------------------------


@pytest.mark.rule("P7")
def test_a_published_course_is_a_new_course_on_the_hub(stage: Stage) -> None:
    publication = published(stage)
    assert stage.publication(publication).state == PublicationState.PUBLISHED
    (course,) = stage.hub.courses.values()
    assert course.fullname == "Chimie générale"
    assert stage.caen.courses == {}, "the source site was written to"


@pytest.mark.rule("P1")
def test_across_the_network_a_course_is_called_by_its_site_and_idnumber(stage: Stage) -> None:
    published(stage)
    assert [c.idnumber for c in stage.hub.courses.values()] == ["caen:CHIM1"]


@pytest.mark.rule("P8")
def test_the_new_course_goes_to_the_category_that_the_hub_configures(stage: Stage) -> None:
    published(stage)
    assert [c.categoryid for c in stage.hub.courses.values()] == [1]


@pytest.mark.rule("P8")
def test_a_table_may_map_source_categories() -> None:
    stage = Stage(a_network(hub__categories={"SCIENCES": "SC"}))
    stage.hub.categories.append(Category(7, "Sciences", "SC"))
    published(stage, category_idnumber="SCIENCES")
    assert [c.categoryid for c in stage.hub.courses.values()] == [7]


@pytest.mark.rule("P8")
def test_later_versions_go_where_the_former_was_put_by_hand(stage: Stage) -> None:
    published(stage)
    (first,) = stage.hub.courses
    stage.hub.update_course(first, categoryid=2)
    published(stage)
    assert stage.hub.course_by_idnumber("caen:CHIM1").categoryid == 2


@pytest.mark.rule("P8")
def test_copies_that_nobody_has_reclassified_are_listed_for_the_hub_only(stage: Stage) -> None:
    publication = published(stage)
    listed = stage.ask("reclassify_list", site="hub", person=MANAGER)["courses"]
    assert [c["publication"] for c in listed] == [publication]
    stage.hub.update_course(stage.publication(publication).hub_course_id, categoryid=2)
    assert stage.ask("reclassify_list", site="hub", person=MANAGER)["courses"] == []
    with pytest.raises(Refused, match="hub_only"):
        stage.ask("reclassify_list", site="caen")


@pytest.mark.rule("P9")
def test_the_author_gets_the_hubs_author_role_on_the_copy(stage: Stage) -> None:
    publication = published(stage)
    course = stage.publication(publication).hub_course_id
    assert stage.hub.enrolled == {(course, "ada", "teacher")}


@pytest.mark.rule("P9")
def test_an_author_unknown_to_the_hub_is_a_warning_and_stays_in_the_catalogue(stage: Stage) -> None:
    stage.hub.users.clear()
    publication = stage.publication(published(stage))
    assert publication.state == PublicationState.PUBLISHED
    assert [w.code for w in publication.warnings] == ["author_unknown"]
    assert stage.search()["publications"][0]["author"] == "Ada Lovelace"


@pytest.mark.rule("P9")
def test_an_account_is_made_for_an_unknown_author_where_the_network_says_so() -> None:
    stage = Stage(a_network(hub__unknown_author="create"))
    stage.hub.users.clear()
    publication = stage.publication(published(stage))
    assert stage.hub.enrolled == {(publication.hub_course_id, "ada", "teacher")}


@pytest.mark.rule("P9")
def test_people_are_matched_by_the_key_that_the_network_names() -> None:
    stage = Stage(a_network(identity="email"))
    stage.hub.users[:] = [replace(stage.hub.users[0], username="lovelace", email="ADA@Example.org")]
    publication = stage.publication(published(stage))
    assert stage.hub.enrolled == {(publication.hub_course_id, "lovelace", "teacher")}


@pytest.mark.rule("P10")
def test_the_author_gets_both_links_once(stage: Stage) -> None:
    publication = published(stage)
    (message,) = stage.caen.messages.values()
    assert message.kind == "published"
    assert message.username == "ada"
    assert message.values["huburl"] == stage.publication(publication).hub_url
    assert message.values["courseurl"] == "https://caen.example/course/view.php?id=42"


@pytest.mark.rule("P10")
def test_a_failed_restore_tells_the_author_why_and_what_to_do_in_his_language(stage: Stage) -> None:
    stage.hub.fail_next = JobMessage("diskfull")
    publication = stage.publication(published(stage))
    assert publication.state == PublicationState.FAILED
    (message,) = stage.caen.messages.values()
    assert message.kind == "publication_failed"
    assert "Prévenez son administrateur" in message.values["message"]
    status = stage.ask("status", person=a_person(lang="en"))
    assert "Tell its administrator" in status["publication"]["message"]


def test_a_publication_that_failed_may_be_asked_for_again(stage: Stage) -> None:
    stage.hub.fail_next = JobMessage("diskfull")
    first = published(stage)
    second = str(stage.publish()["publication"])
    stage.deliver()
    assert second != first
    assert stage.publication(second).state == PublicationState.PUBLISHED


# --- P5, P17: pressing Mutualiser ------------------------------------------------------------------


@pytest.mark.rule("P5")
def test_without_a_backup_a_sentence_says_what_to_do(stage: Stage) -> None:
    with pytest.raises(Refused, match="no_backup"):
        stage.publish()


@pytest.mark.rule("P10")
def test_mutualiser_again_on_what_is_published_says_so_with_both_links(stage: Stage) -> None:
    stage.save()
    first = stage.publish()
    assert not first["already_published"]
    stage.deliver()

    again = stage.publish()

    assert (again["publication"], again["state"]) == (first["publication"], "published")
    assert again["already_published"]
    record = stage.publication(first["publication"])
    assert (again["hub_url"], again["course_url"]) == (record.hub_url, record.course_url)
    assert again["hub_url"] != ""


@pytest.mark.rule("P5")
def test_mutualiser_waits_for_a_backup_still_under_check(stage: Stage) -> None:
    stage.save(check=False)
    answer = stage.publish()
    assert answer["waiting_for_check"]
    assert stage.hub.started == []
    stage.deliver()
    assert stage.publication(answer["publication"]).state == PublicationState.PUBLISHED


@pytest.mark.rule("P5")
def test_a_publication_that_waits_for_a_backup_which_is_refused_fails_with_its_reason(stage: Stage) -> None:
    upload = stage.save(check=False)
    answer = stage.publish()
    stage.backups.found[stage.upload(upload).raw_key] = Inspection(
        False, (Reason(Why.TRUNCATED, "cut short"),), None
    )
    stage.deliver()
    publication = stage.publication(answer["publication"])
    assert publication.state == PublicationState.FAILED
    assert publication.message is not None
    assert publication.message.code == "truncated"


@pytest.mark.rule("P5")
def test_a_course_changed_since_its_backup_is_offered_a_refresh_first(stage: Stage) -> None:
    stage.save()
    saved = int(stage.clock.now().timestamp())
    assert stage.ask("status", lastchange=saved)["changed_since"] is False
    assert stage.ask("status", lastchange=saved + 60)["changed_since"] is True
    assert stage.ask("status", lastchange=None)["changed_since"] is True


@pytest.mark.rule("P17")
def test_publishing_asks_for_the_declaration_and_a_title(stage: Stage) -> None:
    stage.save()
    with pytest.raises(Refused, match="declaration_needed"):
        stage.publish(declaration=False)
    with pytest.raises(Refused, match="title_needed"):
        stage.publish(title="  ")


# --- P13, P14: versions ----------------------------------------------------------------------------


@pytest.mark.rule("P13")
def test_publishing_again_is_a_new_version_and_the_older_copy_steps_aside(stage: Stage) -> None:
    first = published(stage)
    second = published(stage)
    by_idnumber = {c.idnumber: c for c in stage.hub.courses.values()}
    assert set(by_idnumber) == {"caen:CHIM1", "caen:CHIM1@v1"}
    assert by_idnumber["caen:CHIM1"].visible
    assert not by_idnumber["caen:CHIM1@v1"].visible
    assert stage.publication(first).state == PublicationState.SUPERSEDED
    assert stage.publication(second).version == 2


@pytest.mark.rule("P13")
def test_older_copies_stay_visible_where_the_network_says_so() -> None:
    stage = Stage(a_network(hub__older_versions="visible"))
    published(stage)
    published(stage)
    assert all(c.visible for c in stage.hub.courses.values())


@pytest.mark.rule("P13")
def test_who_retrieved_which_version_is_known(stage: Stage) -> None:
    first = published(stage)
    stage.retrieve(first)
    stage.deliver()
    published(stage)
    held = stage.records.list(Retrieval, "publication_course", "caen:CHIM1").items
    assert [(r.site, r.version, r.person.username) for r in held] == [("lille", 1, "grace")]


@pytest.mark.rule("P14")
def test_the_same_upload_delivered_twice_publishes_once(stage: Stage) -> None:
    upload = stage.save(check=False)
    stage.arrived *= 2
    answer = stage.publish()
    stage.publish()
    stage.deliver()
    stage.arrived.append(f"uploads/caen/{upload}.mbz")
    stage.queues.send("publications", {"publication": answer["publication"]})
    stage.deliver()
    assert len(stage.hub.courses) == 1
    assert len(stage.caen.messages) == 1


@pytest.mark.rule("P14")
def test_a_late_older_upload_never_replaces_a_newer_one(stage: Stage) -> None:
    stage.save()
    older = stage.publish()["publication"]
    held_back = stage.queues.take("publications")
    stage.save()
    newer = stage.publish()["publication"]
    stage.deliver()
    assert held_back is not None
    stage.queues.send("publications", held_back)
    stage.deliver()
    assert stage.publication(newer).state == PublicationState.PUBLISHED
    assert stage.publication(older).state == PublicationState.SUPERSEDED
    assert [c.idnumber for c in stage.hub.courses.values()] == ["caen:CHIM1"]


@pytest.mark.rule("P14")
def test_of_two_restores_side_by_side_the_higher_number_wins_whichever_ends_last(stage: Stage) -> None:
    stage.save()
    older = stage.publish()["publication"]
    publishing.publish(stage.world, older)
    stage.queues.take("publications")
    stage.save()
    newer = stage.publish()["publication"]
    publishing.publish(stage.world, newer)
    stage.hub.work()
    jobs.settle(stage.world, "hub", f"pub:{newer}")
    jobs.settle(stage.world, "hub", f"pub:{older}")
    stage.deliver()
    by_idnumber = {c.idnumber: c.id for c in stage.hub.courses.values()}
    assert by_idnumber["caen:CHIM1"] == stage.publication(newer).hub_course_id
    assert by_idnumber["caen:CHIM1@v1"] == stage.publication(older).hub_course_id
    assert stage.publication(older).state == PublicationState.SUPERSEDED


@pytest.mark.rule("P14")
def test_every_upload_has_its_own_sequence_number_per_site_and_course(stage: Stage) -> None:
    numbers = [stage.upload(stage.save()).sequence for _ in range(3)]
    other = stage.upload(stage.save(idnumber="PHYS1")).sequence
    assert (numbers, other) == ([1, 2, 3], 1)


# --- P11, P12: home again --------------------------------------------------------------------------


@pytest.mark.rule("P11")
def test_a_published_course_comes_home_hidden_with_its_own_idnumber_and_its_teacher(stage: Stage) -> None:
    retrieval = stage.retrieve(published(stage))["retrieval"]
    stage.deliver()
    record = stage.records[Retrieval, retrieval]
    course = stage.lille.courses[record.course_id]
    assert record.state == RetrievalState.DONE
    assert not course.visible
    assert course.idnumber.startswith("psl-")
    assert course.categoryid == 2
    assert stage.lille.enrolled == {(course.id, "grace", "editingteacher")}


@pytest.mark.rule("P11")
def test_into_the_course_where_he_stands_only_as_its_editing_teacher(stage: Stage) -> None:
    publication = published(stage)
    course = stage.lille.add_course("HOME", teacher="somebodyelse")
    with pytest.raises(Refused, match="not_editing_teacher"):
        stage.retrieve(publication, mode="replace", courseid=course.id)
    mine = stage.lille.add_course("MINE", teacher="grace")
    retrieval = stage.retrieve(publication, mode="replace", courseid=mine.id)["retrieval"]
    stage.deliver()
    assert stage.records[Retrieval, retrieval].course_id == mine.id


def test_one_restore_at_a_time_into_one_course(stage: Stage) -> None:
    publication = published(stage)
    mine = stage.lille.add_course("MINE", teacher="grace")
    stage.retrieve(publication, mode="replace", courseid=mine.id)
    with pytest.raises(Refused, match="target_busy"):
        stage.retrieve(publication, mode="replace", courseid=mine.id)
    stage.deliver()
    stage.retrieve(publication, mode="replace", courseid=mine.id)


def test_a_lock_left_by_a_crash_dies_by_itself(stage: Stage) -> None:
    publication = published(stage)
    mine = stage.lille.add_course("MINE", teacher="grace")
    stage.retrieve(publication, mode="replace", courseid=mine.id)
    stage.clock.tick(timedelta(hours=7))
    stage.retrieve(publication, mode="replace", courseid=mine.id)


@pytest.mark.rule("P12")
def test_what_came_home_and_is_offered_again_names_its_ancestor(stage: Stage) -> None:
    first = published(stage)
    retrieval = stage.records[Retrieval, stage.retrieve(first)["retrieval"]]
    stage.deliver()
    stage.save(site="lille", idnumber=retrieval.idnumber, person=GRACE)
    again = stage.publish(site="lille", idnumber=retrieval.idnumber, person=GRACE)["publication"]
    stage.deliver()
    assert stage.publication(again).ancestor == first
    assert stage.publication(again).state == PublicationState.PUBLISHED
    assert stage.publication(first).state == PublicationState.PUBLISHED, "it replaced its ancestor"


# --- P15, P16, P18 ---------------------------------------------------------------------------------


@pytest.mark.rule("P15")
def test_the_catalogue_finds_words_without_accents_in_titles_and_contents(stage: Stage) -> None:
    published(stage)
    assert [p["title"] for p in stage.search("chimie GENERALE")["publications"]] == ["Chimie générale"]
    assert stage.search("bohr")["publications"], "an activity's title is not searched"
    assert stage.search("biologie")["publications"] == []
    assert stage.search(activity="quiz", level="l1", licence="cc-by-sa", language="fr")["publications"]
    assert stage.search(activity="forum")["publications"] == []
    assert stage.search(author="lovelace")["publications"]


@pytest.mark.rule("P15")
def test_a_publication_can_be_looked_into_before_it_is_brought_home(stage: Stage) -> None:
    publication = published(stage)
    (card,) = stage.search(publication=publication)["publications"]
    assert card["sections"] == ["Atomes", "Liaisons"]
    assert card["activities"] == {"page": 2, "quiz": 1}
    assert card["licence"] == "cc-by-sa"


@pytest.mark.rule("P15")
def test_the_catalogue_is_given_in_pages_without_gap_or_double(stage: Stage) -> None:
    for number in range(5):
        stage.save(idnumber=f"C{number}")
        stage.publish(idnumber=f"C{number}", title=f"Cours {number}")
    stage.deliver()
    seen: list[str] = []
    after = None
    while True:
        page = stage.search(limit=2, after=after)
        seen += [p["title"] for p in page["publications"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == [f"Cours {n}" for n in range(5)]


@pytest.mark.rule("P16")
def test_a_newer_moodle_than_the_targets_is_refused_before_anything_moves(stage: Stage) -> None:
    stage.hub.facts = a_site_facts(release="4.4.9 (Build: 20250811)")
    publication = stage.publication(published(stage))
    assert publication.state == PublicationState.FAILED
    assert publication.message is not None
    assert (publication.message.code, publication.message.details["target"]) == ("newer_release", "4.4")
    assert stage.hub.started == []


@pytest.mark.rule("P16")
def test_missing_plugins_are_named(stage: Stage) -> None:
    stage.hub.facts = a_site_facts(modules=(Plugin("mod_page"), Plugin("forum")))
    publication = stage.publication(published(stage))
    assert publication.message is not None
    assert publication.message.details["plugins"] == "mod_quiz"


@pytest.mark.rule("P16")
def test_a_course_too_large_for_the_target_is_refused_with_both_sizes(stage: Stage) -> None:
    facts = a_site_facts()
    stage.hub.facts = replace(facts, limits=replace(facts.limits, course_maxbytes=1_000_000))
    publication = stage.publication(published(stage))
    assert publication.message is not None
    assert publication.message.details == {"size": "10,5 Mo", "limit": "1,0 Mo"}


@pytest.mark.rule("P16")
def test_warnings_of_moodles_precheck_are_kept_and_its_errors_refuse(stage: Stage) -> None:
    stage.hub.warn_next = (JobMessage("question_skipped", "One question type is missing."),)
    warned = stage.publication(published(stage))
    assert warned.state == PublicationState.PUBLISHED
    assert [(w.code, w.details["detail"]) for w in warned.warnings] == [
        ("question_skipped", "One question type is missing.")
    ]
    stage.hub.fail_next = JobMessage("precheck", "The category is full.")
    refused = stage.publication(published(stage))
    assert refused.state == PublicationState.FAILED
    assert "The category is full." in stage.ask("status")["publication"]["message"]


@pytest.mark.rule("P16")
def test_a_retrieval_to_a_site_that_lacks_a_plugin_is_refused(stage: Stage) -> None:
    publication = published(stage)
    stage.lille.facts = a_site_facts(modules=(Plugin("mod_page"),))
    retrieval = stage.retrieve(publication)["retrieval"]
    stage.deliver()
    record = stage.records[Retrieval, retrieval]
    assert (record.state, record.message and record.message.code) == (
        RetrievalState.REFUSED,
        "plugins_missing",
    )
    assert stage.lille.started == []


@pytest.mark.rule("P18")
def test_a_withdrawn_publication_is_hidden_and_out_of_the_catalogue_but_not_deleted(stage: Stage) -> None:
    publication = published(stage)
    stage.retrieve(publication)
    stage.deliver()
    stage.ask("withdraw", publication=publication)
    (course,) = stage.hub.courses.values()
    assert not course.visible
    assert stage.search()["publications"] == []
    assert len(stage.lille.courses) == 1, "a copy brought home was touched"
    with pytest.raises(NotFound):
        stage.retrieve(publication)


@pytest.mark.rule("P18")
def test_only_its_author_or_a_manager_of_the_hub_withdraws_a_publication(stage: Stage) -> None:
    publication = published(stage)
    with pytest.raises(Refused, match="not_yours"):
        stage.ask("withdraw", publication=publication, person=GRACE)
    with pytest.raises(NotFound):
        stage.ask("withdraw", site="lille", publication=publication, person=ADA)
    stage.ask("withdraw", site="hub", publication=publication, person=MANAGER)
    assert stage.publication(publication).state == PublicationState.WITHDRAWN


@pytest.mark.rule("P18")
def test_a_withdrawn_publication_may_be_published_again(stage: Stage) -> None:
    first = published(stage)
    stage.ask("withdraw", publication=first)
    again = stage.publish()["publication"]
    stage.deliver()
    assert stage.publication(again).state == PublicationState.PUBLISHED
    by_idnumber = {c.idnumber: c.visible for c in stage.hub.courses.values()}
    assert by_idnumber == {"caen:CHIM1": True, "caen:CHIM1@v1": False}
