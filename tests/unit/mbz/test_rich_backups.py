"""A course with every standard activity, badges, question comments, an LTI tool, a survey that was answered.

A Moodle 4.5.6 backed it up three times: as Passerelle's plugin does (tgz, zip), with calendar events, with
users. Its people are invented: their names start with Zz, their ids with 777. The scrubbed copies were
restored by two Moodles, the one they come from and another.
"""

import io
import re

import pytest

from passerelle.domain.backups.manifest import Why
from passerelle.mbz import BytesSource, inspect, scrub
from tests.factories.mbz import Backup, real_backup, unpack

WITHOUT_USERS = ["riche-nousers-tgz", "riche-nousers-zip", "riche-calendar-tgz"]
ENCRYPTED = re.compile(rb'encrypted="true">[^<]*<')
PERSON = re.compile(rb"7771\d{3}|zz[a-z]{2,}", re.IGNORECASE)


def scrubbed(name):
    out = io.BytesIO()
    report = scrub(BytesSource(real_backup(name)), out)
    assert report.accepted, report.inspection.reasons
    return unpack(out.getvalue()), report


def people_in(members):
    """Member → what names somebody there."""
    found = {name: set(PERSON.findall(ENCRYPTED.sub(b"", text))) for name, text in members.items()}
    return {name: words for name, words in found.items() if words and name != ".ARCHIVE_INDEX"}


@pytest.mark.rule("P3")
@pytest.mark.parametrize("name", WITHOUT_USERS)
def test_what_the_plugin_sends_is_accepted_though_references_and_survey_answers_hold_user_ids(name):
    inspection = inspect(BytesSource(real_backup(name)), target_release="4.5", verify_content=True)
    assert inspection.reasons == ()
    assert not inspection.manifest.people
    members = unpack(real_backup(name))
    assert any(b"<userref>" in text for text in members.values())
    assert any(b"<answer id=" in text for member, text in members.items() if member.endswith("survey.xml"))


@pytest.mark.rule("P3")
def test_the_same_course_with_its_users_is_refused():
    inspection = inspect(BytesSource(real_backup("riche-users-tgz")))
    assert {reason.code for reason in inspection.reasons} == {Why.PEOPLE_INSIDE}
    assert inspection.manifest.people_evidence[0] == "users.xml: users/user (5)"


@pytest.mark.rule("P4")
@pytest.mark.parametrize("name", WITHOUT_USERS)
def test_whatever_still_names_somebody_after_scrubbing_is_reported(name):
    members, report = scrubbed(name)
    left = people_in(members)
    reported = {trace.member: trace.element for trace in report.reported}
    assert set(left) <= set(reported)
    assert sorted(reported.values()) == ["availability", "availabilityjson", "claimcomment", "participants"]
    assert len(people_in(unpack(real_backup(name)))) > 3 * len(left)


@pytest.mark.rule("P4")
def test_each_place_that_named_somebody_is_told():
    _, report = scrubbed("riche-calendar-tgz")
    places = {(re.sub(r"_\d+", "", trace.member), trace.element): trace.count for trace in report.scrubbed}
    assert places == {
        ("activities/bigbluebuttonbn/bigbluebuttonbn.xml", "moderatorpass"): 1,
        ("activities/bigbluebuttonbn/bigbluebuttonbn.xml", "viewerpass"): 1,
        ("activities/forum/roles.xml", "modifierid"): 1,
        ("activities/lti/inforef.xml", "id"): 1,
        ("activities/lti/lti.xml", "createdby"): 1,
        ("activities/survey/inforef.xml", "id"): 1,
        ("activities/survey/survey.xml", "analys"): 1,
        ("activities/survey/survey.xml", "answer"): 1,
        ("badges.xml", "claimid"): 2,
        ("badges.xml", "imageauthoremail"): 2,
        ("badges.xml", "imageauthorname"): 2,
        ("badges.xml", "imageauthorurl"): 2,
        ("badges.xml", "issuercontact"): 2,
        ("badges.xml", "issueremail"): 2,
        ("badges.xml", "issuerid"): 4,
        ("badges.xml", "issuername"): 2,
        ("badges.xml", "issuerurl"): 2,
        ("badges.xml", "recipientid"): 4,
        ("badges.xml", "usercreated"): 2,
        ("badges.xml", "usermodified"): 2,
        ("course/calendar.xml", "userid"): 2,
        ("course/contentbank.xml", "usercreated"): 1,
        ("course/contentbank.xml", "usermodified"): 1,
        ("course/enrolments.xml", "password"): 2,
        ("course/inforef.xml", "id"): 1,
        ("course/roles.xml", "modifierid"): 1,
        ("files.xml", "author"): 11,
        ("files.xml", "userid"): 17,
        ("groups.xml", "enrolmentkey"): 1,
        ("moodle_backup.log", "log"): 1,
        ("outcomes.xml", "usermodified"): 1,
        ("questions.xml", "comment"): 6,
        ("questions.xml", "createdby"): 14,
        ("questions.xml", "modifiedby"): 14,
        ("questions.xml", "ownerid"): 14,
        ("scales.xml", "userid"): 1,
        ("sections/section/inforef.xml", "id"): 1,
    }


@pytest.mark.rule("P4")
@pytest.mark.parametrize("name", WITHOUT_USERS)
def test_nothing_but_people_leaves_the_course(name):
    before, (after, report) = unpack(real_backup(name)), scrubbed(name)
    assert list(before) == list(after)
    changed = {member for member in before if before[member] != after[member]}
    assert changed == {trace.member for trace in report.scrubbed}
    assert all(len(before[member]) == len(after[member]) for member in before)
    one, two = inspect(BytesSource(real_backup(name))).manifest, report.manifest
    assert (one.sections, one.activities, one.plugins, one.groups, one.files) == (
        two.sections,
        two.activities,
        two.plugins,
        two.groups,
        two.files,
    )


def test_the_manifest_knows_every_activity_question_type_and_block():
    manifest = inspect(BytesSource(real_backup("riche-nousers-tgz"))).manifest
    assert {activity.plugin for activity in manifest.activities} == {
        "page",
        "label",
        "url",
        "forum",
        "assign",
        "folder",
        "quiz",
        "book",
        "glossary",
        "wiki",
        "workshop",
        "lesson",
        "data",
        "feedback",
        "choice",
        "survey",
        "chat",
        "resource",
        "bigbluebuttonbn",
        "subsection",
        "lti",
    }
    assert set(manifest.plugins) >= {
        "qtype_ddwtos",
        "qtype_ordering",
        "qtype_calculatedmulti",
        "block_html",
        "gradingform_guide",
        "availability_profile",
        "contenttype_h5p",
        "customfield_text",
    }
    assert [group.name for group in manifest.groups] == ["TD1", "TD2"]


REPORTED = {
    "activities/page_79/module.xml": '<module id="79"><availability>{"op":"&amp;","c":[{"type":"profile","sf":"lastname","op":"isequalto","v":"Zznom"}]}</availability></module>',
    "activities/bigbluebuttonbn_80/bigbluebuttonbn.xml": '<activity><bigbluebuttonbn><participants>[{"selectiontype": "user", "selectionid": "7"}]</participants></bigbluebuttonbn></activity>',
}
SILENT = {
    "activities/page_79/module.xml": '<module id="79"><availability>{"op":"&amp;","c":[{"type":"profile","sf":"city","op":"isequalto","v":"Caen"},{"type":"group","id":3}]}</availability></module>',
    "activities/bigbluebuttonbn_80/bigbluebuttonbn.xml": '<activity><bigbluebuttonbn><participants>[{"selectiontype":"all","selectionid":"all"}]</participants></bigbluebuttonbn></activity>',
}


@pytest.mark.rule("P4")
@pytest.mark.parametrize("member", REPORTED)
def test_a_condition_or_meeting_that_names_one_person_is_reported_and_one_for_many_is_not(member):
    told = [
        inspect(BytesSource(Backup(files=()).with_member(member, body[member]).tgz())).manifest.traces
        for body in (REPORTED, SILENT)
    ]
    assert [trace.member for trace in told[0]] == [member]
    assert told[1] == ()
