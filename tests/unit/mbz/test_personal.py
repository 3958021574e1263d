"""Where a backup names people, written out a second time from the rules: a row that is lost is missed."""

from __future__ import annotations

import pytest

from passerelle.domain.backups.manifest import Means
from passerelle.mbz.cures import Cure
from passerelle.mbz.people import LARGEST, MOST_VALUES, Kind, People, lowered
from passerelle.mbz.personal import (
    WITHOUT_USERS,
    has_value,
    is_suspect,
    is_third_party,
    may_hold_a_login,
    names_somebody,
    proofs_for,
    rules_for,
)
from tests.factories.people import people_bin

EMPTY, ZERO, REMOVE = Cure.EMPTY, Cure.ZERO, Cure.REMOVE

# P4, member by member: what stands there, within what, and what becomes of it.
SCRUBBED = [
    ("files.xml", None, EMPTY, "author"),
    ("files.xml", None, ZERO, "userid"),
    ("questions.xml", None, ZERO, "ownerid createdby modifiedby userid"),
    ("questions.xml", "comments", REMOVE, "comment"),
    ("badges.xml", None, ZERO, "usercreated usermodified recipientid issuerid"),
    ("badges.xml", None, EMPTY, "issuercontact issueremail imageauthorname imageauthoremail imageauthorurl"),
    ("badges.xml", "endorsement", EMPTY, "issuername issuerurl claimid"),
    ("course/contentbank.xml", None, ZERO, "usercreated usermodified userid"),
    ("course/calendar.xml", None, ZERO, "userid"),
    ("activities/page_7/calendar.xml", None, ZERO, "userid"),
    ("calendar.xml", None, ZERO, "userid"),
    ("scales.xml", None, ZERO, "userid usermodified usercreated"),
    ("outcomes.xml", None, ZERO, "userid usermodified usercreated"),
    ("activities/lti_12/lti.xml", "ltitype", ZERO, "createdby"),
    ("activities/survey_3/survey.xml", "answers", REMOVE, "answer"),
    ("activities/survey_3/survey.xml", "analysis", REMOVE, "analys"),
    ("course/enrolments.xml", None, EMPTY, "password"),
    ("groups.xml", None, EMPTY, "enrolmentkey"),
    ("course/roles.xml", None, ZERO, "modifierid"),
    ("activities/page_7/roles.xml", None, ZERO, "modifierid"),
    ("activities/page_7/inforef.xml", "userref", ZERO, "id"),
    ("course/inforef.xml", "userref", ZERO, "id"),
]

# P3: rows that exist only for a person, `enclosing row`, wherever they stand.
ANYWHERE = """
users user, role_assignments assignment, user_enrolments enrolment, group_members group_member,
grade_grades grade_grade, completions completion,
course_completion_crit_completions course_completion_crit_compl, course_completion course_completions,
completionviews completionview, user_competencies user_competency,
user_competency_courses user_competency_course, comments comment, logs log, logstores logstore, ratings rating
"""
# … and in the activity's own file.
OF_ACTIVITIES = {
    "assign": "submissions submission, grades grade, userflags userflag",
    "bigbluebuttonbn": "logs log",
    "chat": "messages message",
    "choice": "answers answer",
    "data": "records record",
    "feedback": "completeds completed",
    "forum": "discussions discussion, posts post, subscriptions subscription, digests digest, "
    "readposts read, trackedprefs track, discussion_subs discussion_sub, grades grade",
    "glossary": "entries entry",
    "h5pactivity": "attempts attempt",
    "lesson": "attempts attempt, grades grade, branches branch, timers timer",
    "lti": "ltisubmissions ltisubmission",
    "quiz": "attempts attempt, grades grade",
    "scorm": "sco_tracks sco_track",
    "wiki": "subwikis subwiki, pages page, versions version",
    "workshop": "submissions submission, assessments assessment, exampleassessments exampleassessment, "
    "aggregations aggregation",
}


def rows(text: str) -> set[tuple[str, ...]]:
    return {tuple(one.split()) for one in text.split(",")}


@pytest.mark.rule("P4")
@pytest.mark.parametrize(("member", "within", "cure", "elements"), SCRUBBED)
def test_each_place_of_a_person_in_moodles_own_members_is_scrubbed(
    member: str, within: str | None, cure: Cure, elements: str
) -> None:
    for member_as_written in (member, member.upper()):
        rules = rules_for(member_as_written)
        for element in elements.split():
            found = [(rule.within, rule.cure, rule.means) for rule in rules[element]]
            assert (within, cure, Means.PLACE) in found, element


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    "member", ["files.xml.bak", "xfiles.xml", "course/files.xml/x", "activities/lti_x/lti.xml", "grades.xml"]
)
def test_a_member_of_another_name_has_no_such_places(member: str) -> None:
    assert not any(rule.means is Means.PLACE for rules in rules_for(member).values() for rule in rules), (
        member
    )


@pytest.mark.rule("P3")
@pytest.mark.parametrize("member", ["users.xml", "course/course.xml", "activities/forum_1/grades.xml"])
def test_rows_that_exist_only_for_a_person_prove_one_wherever_they_stand(member: str) -> None:
    assert proofs_for(member).rows == rows(ANYWHERE)


@pytest.mark.rule("P3")
@pytest.mark.parametrize("module", OF_ACTIVITIES)
def test_rows_of_users_in_a_standard_activity_prove_a_person(module: str) -> None:
    found = proofs_for(f"activities/{module}_5/{module}.xml")
    assert found.rows == rows(ANYWHERE) | rows(OF_ACTIVITIES[module])
    assert found.leaf is not None
    assert found.leaf((module, "overrides", "override", "userid"), "7")
    assert found.leaf((module, "user_overrides", "override", "userid"), "7")
    assert not found.leaf((module, "overrides", "override", "userid"), "0")
    assert not found.leaf((module, "row", "userid"), "7"), "only an override is one person's there"


@pytest.mark.rule("P3")
@pytest.mark.parametrize(
    "module", ["book", "folder", "imscp", "label", "page", "qbank", "resource", "subsection", "url"]
)
def test_an_activity_that_keeps_nothing_of_its_users_proves_nobody_by_its_own_rows(module: str) -> None:
    assert module in WITHOUT_USERS
    found = proofs_for(f"activities/{module}_5/{module}.xml")
    assert (found.rows, found.leaf) == (rows(ANYWHERE), None)


@pytest.mark.rule("P3")
def test_the_exceptions_are_what_people_did_in_h5p_and_comments_on_questions() -> None:
    assert proofs_for("activities/h5pactivity_1/xapistate.xml").rows == rows(ANYWHERE) | {("states", "state")}
    assert proofs_for("questions.xml").rows == rows(ANYWHERE) - {("comments", "comment")}
    assert proofs_for("activities/survey_1/survey.xml").rows == rows(ANYWHERE)


@pytest.mark.rule("P3")
@pytest.mark.parametrize(
    ("value", "person"),
    [("7", True), (" 07 ", True), ("0", False), ("00", False), ("", False), ("x7", False), ("²", False)],
)
def test_a_user_id_in_an_activity_that_moodle_does_not_ship_is_a_person(value: str, person: bool) -> None:
    leaf = proofs_for("activities/booking_1/booking.xml").leaf
    assert leaf is not None
    assert leaf(("booking", "row", "userid"), value) is person
    assert not leaf(("booking", "row", "useridx"), "7")


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    ("element", "value", "suspect"),
    [
        ("userid", "7", True),
        ("fromuserid", "1", True),
        ("usermodified", "-1", True),
        ("UserID", "7", True),
        ("userid", "0", False),
        ("userid", "$@NULL@$", False),
        ("userid", " ", False),
        ("useridx", "7", False),
        ("createdby", "7", True),
        ("createdby", "1", False),
        ("createdby", "-1", False),
        ("createdby", "True", False),
        ("createdby", "yes", False),
        ("createdby", "no", False),
        ("createdby", "false", False),
        ("createdby", "2", True),
        ("sortby", "7", False),
        ("orderby", "7", False),
        ("groupby", "7", False),
        ("filterby", "7", False),
        ("displayby", "7", False),
        ("standby", "7", False),
        ("authorization", "7", False),
        ("authorisation", "7", False),
        ("emailformat", "7", False),
        ("author", "Ada", True),
        ("owner", "Ada", True),
        ("creator", "Ada", True),
        ("manager", "ada", True),
        ("teacher", "ada", True),
        ("teachername", "ada", True),
        ("organizer", "ada", True),
        ("organiser", "ada", True),
        ("organizatorname", "ada", True),
        ("host_id", "7x", True),
        ("email", "ada@univ.example", True),
        ("email", "7", False),
        ("emaildelay", "30", False),
        ("contactemail", "7", True),
        ("notifyemails", "ada", True),
        ("author", "x" * 255, True),
        ("author", "x" * 256, False),
        ("author", "a <b>c</b>", False),
        ("title", "Ada", False),
        ("users_included", "7", False),
        ("userinfo_included", "7", False),
    ],
)
def test_a_value_is_reported_where_its_name_says_somebody(element: str, value: str, suspect: bool) -> None:
    assert is_suspect(element, value) is suspect


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    ("text", "held"),
    [("", False), ("0", False), (" 0 ", False), ("$@NULL@$", False), ("1", True), ("00", True)],
)
def test_nothing_nought_and_moodles_null_are_no_value(text: str, held: bool) -> None:
    assert has_value(text) is held


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    ("element", "value", "somebody"),
    [
        *(
            ("availability", f'{{"type":"profile","sf":"{field}","v":"x"}}', True)
            for field in [
                "address",
                "email",
                "firstname",
                "idnumber",
                "lastname",
                "phone1",
                "phone2",
                "username",
            ]
        ),
        ("availability", '{"type":"profile","sf": "email"}', True),
        ("availabilityjson", '{"sf":"email"}', True),
        ("availability", '{"type":"profile","sf":"city"}', False),
        ("participants", '[{"selectiontype":"user","selectionid":"7"}]', True),
        ("participants", '[{"selectiontype":"all"}]', False),
        ("claimcomment", " ", False),
        ("claimcomment", "Bravo", True),
        ("intro", '{"sf":"email"}', False),
    ],
)
def test_leaves_that_name_somebody_by_what_they_hold_are_reported(
    element: str, value: str, somebody: bool
) -> None:
    assert names_somebody(element, value) is somebody


@pytest.mark.rule("P20")
def test_a_login_may_stand_in_what_a_plugin_wrote_but_in_moodles_own_fields_only_where_text_is_free() -> None:
    moodles = [
        "area",
        "component",
        "element",
        "filearea",
        "format",
        "kind",
        "lang",
        "language",
        "layout",
        "level",
        "mode",
        "modulename",
        "name",
        "plugin",
        "pluginname",
        "state",
        "status",
        "subplugin",
        "subtype",
        "theme",
        "timezone",
        "title",
        "type",
    ]
    assert not any(may_hold_a_login(("booking", name), third_party=True) for name in moodles)
    assert may_hold_a_login(("booking", "bookingmanager"), third_party=True)
    free = ("content", "description", "intro", "summary")
    assert all(may_hold_a_login(("page", name), third_party=False) for name in free)
    assert not may_hold_a_login(("page", "bookingmanager"), third_party=False)
    assert may_hold_a_login(("course", "customfield", "value"), third_party=False)
    assert not may_hold_a_login(("course", "setting", "value"), third_party=False)
    assert not may_hold_a_login(("value",), third_party=False)


@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    ("member", "foreign"),
    [
        ("activities/booking_1/booking.xml", True),
        ("activities/page_1/page.xml", False),
        ("activities/quiz_1/quiz.xml", False),
        ("activities/survey_1/survey.xml", False),
        *(
            (f"activities/booking_1/{name}.xml", False)
            for name in [
                "calendar",
                "comments",
                "competencies",
                "completion",
                "filters",
                "grade_history",
                "grades",
                "grading",
                "inforef",
                "logs",
                "logstores",
                "module",
                "roles",
                "xapistate",
            ]
        ),
        ("course/course.xml", False),
    ],
)
def test_a_plugins_own_file_is_the_one_of_an_activity_that_moodle_does_not_ship(
    member: str, foreign: bool
) -> None:
    assert is_third_party(member) is foreign


@pytest.mark.rule("P20")
def test_a_full_name_has_two_to_eight_words_of_letters() -> None:
    names = ["ada", "ada lovelace", "a b c d e f g h", "a b c d e f g h i", "ada 2 lovelace", "ada <lovelace"]
    people = People(people_bin(emails=[], logins=[], names=names))
    assert [people.has_name(one) for one in names] == [False, True, True, False, False, False]


@pytest.mark.rule("P20")
def test_a_value_longer_than_any_name_is_nobodys() -> None:
    longest, longer = "a" * 120, "a" * 121
    people = People(people_bin(emails=[], logins=[longest, longer], names=[]))
    assert (people.has_login(longest), people.has_login(longer)) == (True, False)


@pytest.mark.rule("P20")
def test_an_address_has_an_at_and_each_kind_is_looked_for_among_its_own() -> None:
    people = People(people_bin(emails=["ada", "ada@univ.example"], logins=["prof"], names=["ada lovelace"]))
    assert (people.has_email("ada"), people.has_email("ada@univ.example")) == (False, True)
    assert (people.has_login("prof"), people.has_login("ada lovelace"), people.has_login("")) == (
        True,
        False,
        False,
    )
    assert [kind.value for kind in Kind] == [b"e", b"l", b"n"]


@pytest.mark.rule("P20")
def test_letters_from_a_to_z_are_compared_without_case_and_no_other_sign() -> None:
    assert lowered(" A@Z[`{É ") == "a@z[`{É"


@pytest.mark.rule("P20")
def test_half_a_character_is_nobodys_login() -> None:
    assert not People(people_bin(emails=[], logins=["prof"], names=[])).has_login("\ud800prof")


@pytest.mark.rule("P20")
def test_a_site_may_send_four_million_values() -> None:
    assert (MOST_VALUES, LARGEST) == (4_000_000, 56 + 8 * 4_000_000)
