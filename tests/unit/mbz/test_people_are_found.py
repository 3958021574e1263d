"""P3 is proved on the file: neither settings, nor index, nor name are believed."""

import pytest

from passerelle.domain.backups.manifest import Why
from passerelle.mbz import BytesSource, inspect
from tests.factories.mbz import Backup

pytestmark = pytest.mark.rule("P3")

USERS = '<users>\n  <user id="104"><username>mcurie</username></user>\n</users>'
WITH_PEOPLE = {
    "users.xml": USERS,
    "USERS.XML": USERS,
    "course/roles.xml": "<roles><role_assignments><assignment id='1'><userid>4</userid></assignment></role_assignments></roles>",
    "activities/page_79/roles.xml": "<roles><role_assignments><assignment id='1'><userid>4</userid></assignment></role_assignments></roles>",
    "course/enrolments.xml": "<enrolments><enrols><enrol id='1'><user_enrolments><enrolment id='1'><userid>4</userid></enrolment></user_enrolments></enrol></enrols></enrolments>",
    "groups.xml": "<groups><group id='1'><group_members><group_member id='1'><userid>4</userid></group_member></group_members></group></groups>",
    "activities/forum_82/forum.xml": "<activity><forum><discussions><discussion id='1'><posts><post id='1'><userid>4</userid></post></posts></discussion></discussions></forum></activity>",
    "activities/assign_83/assign.xml": "<activity><assign><submissions><submission id='1'><userid>4</userid></submission></submissions></assign></activity>",
    "activities/quiz_85/quiz.xml": "<activity><quiz><attempts><attempt id='1'><userid>4</userid></attempt></attempts></quiz></activity>",
    "activities/quiz_86/quiz.xml": "<activity><quiz><overrides><override id='1'><userid>4</userid></override></overrides></quiz></activity>",
    "activities/scorm_90/scorm.xml": "<activity><scorm><scoes><sco id='1'><sco_tracks><sco_track id='1'><userid>4</userid></sco_track></sco_tracks></sco></scoes></scorm></activity>",
    "activities/workshop_91/workshop.xml": "<activity><workshop><examplesubmissions><examplesubmission id='1'><exampleassessments><exampleassessment id='1'><reviewerid>4</reviewerid></exampleassessment></exampleassessments></examplesubmission></examplesubmissions></workshop></activity>",
    "activities/choice_87/choice.xml": "<activity><choice><answers><answer id='1'><userid>4</userid></answer></answers></choice></activity>",
    "activities/page_79/grades.xml": "<activity_gradebook><grade_items><grade_item id='1'><grade_grades><grade_grade id='1'><userid>4</userid></grade_grade></grade_grades></grade_item></grade_items></activity_gradebook>",
    "gradebook.xml": "<gradebook><grade_items><grade_item id='1'><grade_grades><grade_grade id='1'/></grade_grades></grade_item></grade_items></gradebook>",
    "activities/page_79/completion.xml": "<completions><completion id='1'><userid>4</userid></completion></completions>",
    "completion.xml": "<course_completion><course_completions id='1'><userid>4</userid></course_completions></course_completion>",
    "course/comments.xml": "<comments><comment id='1'><userid>4</userid></comment></comments>",
    "course/logs.xml": "<logs><log id='1'><userid>4</userid></log></logs>",
    "course/competencies.xml": "<course_competencies><user_competencies><user_competency id='1'/></user_competencies></course_competencies>",
    "activities/h5pactivity_88/xapistate.xml": "<states><state id='1'><userid>4</userid></state></states>",
    "activities/somethingelse_89/somethingelse.xml": "<activity><somethingelse><bookings><booking id='1'><userid>4</userid></booking></bookings></somethingelse></activity>",
}


@pytest.mark.parametrize("container", ["tgz", "zip"])
@pytest.mark.parametrize("member", WITH_PEOPLE)
def test_a_person_anywhere_inside_refuses_though_the_settings_say_no_users(member, container):
    backup = Backup(users="0").with_member(member, WITH_PEOPLE[member])
    inspection = inspect(BytesSource(getattr(backup, container)()))
    assert [(reason.code, reason.member) for reason in inspection.reasons] == [(Why.PEOPLE_INSIDE, member)]
    assert inspection.manifest.people_evidence


WITHOUT_PEOPLE = {
    "users.xml": "<users>\n</users>",
    "activities/quiz_85/quiz.xml": "<activity><quiz><overrides><override id='1'><userid>$@NULL@$</userid><groupid>1</groupid></override></overrides></quiz></activity>",
    "activities/forum_82/forum.xml": "<activity><forum><discussions>\n</discussions><posts> </posts></forum></activity>",
    "activities/choice_87/choice.xml": "<activity><choice><options><option id='1'><text>answer</text></option></options></choice></activity>",
    "completion.xml": "<course_completion><course_completion_criteria id='1'/></course_completion>",
}


@pytest.mark.parametrize("member", WITHOUT_PEOPLE)
def test_what_moodle_writes_without_users_is_no_person_though_the_settings_say_users(member):
    backup = Backup(users="1").with_member(member, WITHOUT_PEOPLE[member])
    assert inspect(BytesSource(backup.tgz())).accepted


def test_a_person_at_the_end_of_a_file_far_larger_than_a_chunk_is_found():
    filler = "<log_of_nothing>x</log_of_nothing>" * 60_000
    backup = Backup().with_member("course/logs.xml", f"<logs>{filler}<log id='1'/></logs>")
    assert inspect(BytesSource(backup.tgz())).reasons[0].code is Why.PEOPLE_INSIDE


def test_a_discussion_of_a_course_named_users_is_no_person():
    backup = Backup(fullname="users user").with_member(
        "activities/page_80/page.xml",
        "<activity><page><content>&lt;users&gt;&lt;user&gt;</content></page></activity>",
    )
    assert inspect(BytesSource(backup.tgz())).accepted
