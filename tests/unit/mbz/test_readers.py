"""What each XML member tells, element by element: all of it, and nothing that stands elsewhere."""

import base64
import hashlib

import pytest

from passerelle.domain.backups.manifest import Activity, Group, Means, OldLink, Section
from passerelle.mbz.cures import Cure
from passerelle.mbz.facts import Facts
from passerelle.mbz.findings import Broken, Findings
from passerelle.mbz.limits import MIB, Limits
from passerelle.mbz.people import People
from passerelle.mbz.personal import Rule
from passerelle.mbz.readers import reader_for
from passerelle.mbz.xml import XmlReading
from tests.factories.mbz import NULL
from tests.factories.people import people_bin

pytestmark = pytest.mark.rule("P3")
ROW = 150  # bytes that one thing costs beside its texts
SITE = People(people_bin(emails=["ada@univ.example"], logins=["alovelace"], names=["Ada Lovelace"]))
OLD = "https://ecampus.example"


def read(member, body, *, people=None, keep_keys=False, found=None, piece=None, **limits):
    found = found or Facts(Limits(**limits), Findings(), people=people, keep_keys=keep_keys)
    reading = XmlReading(member, reader_for(member, found), found.limits)
    data = body.encode()
    for place in range(0, len(data), piece or len(data)):
        reading.feed(data[place : place + (piece or len(data))])
    reading.finish()
    return found


def cost(member, body):
    """Bytes that are kept of it, beside the rows: they are just enough."""
    return read(member, body)._kept


def reasons(found):
    return [(reason.what, reason.member, reason.details) for reason in found.findings.reasons()]


def traces(found):
    """(element, means, scrubbed) → how often."""
    return {where[1:]: count for where, count in found.traces.items()}


def links(found):
    listed = found.links.old(OLD, course=0, modules=set(), sections=set()).listed
    return [link.url for link in listed]


@pytest.mark.parametrize(
    ("member", "reader"),
    [
        ("moodle_backup.xml", "BackupReader"),
        ("files.xml", "FilesReader"),
        ("course/course.xml", "CourseReader"),
        ("groups.xml", "GroupsReader"),
        ("sections/section_1/section.xml", "SectionReader"),
        ("sections/section_1/inforef.xml", "InforefReader"),
        ("sections/section_1/more.xml", "PluginReader"),
        ("other/section.xml", "PluginReader"),
        ("activities/quiz_80/quiz.xml", "OwnReader"),
        ("activities/quiz_80/other.xml", "OwnReader"),
        ("activities/quiz_80/inforef.xml", "InforefReader"),
        *(
            (f"activities/quiz_80/{part}.xml", "PluginReader")
            for part in (
                *("calendar", "comments", "competencies", "completion", "filters", "grade_history"),
                *("grades", "grading", "logs", "logstores", "module", "roles", "xapistate"),
            )
        ),
        ("activities/quiz/quiz.xml", "PluginReader"),
        ("course/inforef.xml", "InforefReader"),
        ("course/files.xml", "PluginReader"),
    ],
)
def test_each_member_is_read_by_what_moodle_keeps_in_it(member, reader):
    assert type(reader_for(member, Facts(Limits(), Findings()))).__name__ == reader


# --- moodle_backup.xml ------------------------------------------------------------------------------


def backup(information="", contents="", settings=""):
    return (
        f"<moodle_backup><information>{information}<contents>{contents}</contents>"
        f"<settings>{settings}</settings></information></moodle_backup>"
    )


def told(**fields):
    return "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())


def test_the_leaves_of_information_are_kept_and_what_lies_deeper_or_elsewhere_is_not():
    found = read(
        "moodle_backup.xml",
        "<moodle_backup><name>x</name><information><name>a.mbz</name><empty></empty>"
        "<details><detail><type>course</type><format>moodle2</format><mode>10</mode></detail>"
        "<other><type>section</type></other></details><deep><name>y</name></deep></information>"
        "<other><information><name>z</name></information></other></moodle_backup>",
    )
    assert found.information == {"name": "a.mbz", "details/format": "moodle2"}
    assert found.kind == "course"


def test_information_in_another_root_tells_nothing():
    assert read("moodle_backup.xml", "<x><information><name>a</name></information></x>").information == {}


def test_of_information_a_hundred_leaves_are_kept_and_of_each_sixty_four_kilobytes():
    leaves = "".join(f"<n{number}>x</n{number}>" for number in range(101))
    found = read("moodle_backup.xml", backup(leaves))
    assert list(found.information) == [f"n{number}" for number in range(100)]
    long = read("moodle_backup.xml", backup(told(name="x" * 65_537)))
    assert long.information == {"name": "x" * 65_536}


def test_of_the_kind_and_the_format_twenty_signs_are_kept():
    found = read(
        "moodle_backup.xml",
        backup(f"<details><detail>{told(type='t' * 21, format='f' * 21)}</detail></details>"),
    )
    assert (found.kind, found.information) == ("t" * 20, {"details/format": "f" * 20})


def listed(**fields):
    return f"<activities><activity>{told(**fields)}</activity></activities>"


PAGE = {
    "moduleid": "79",
    "sectionid": "21",
    "modulename": "page",
    "title": "Plan",
    "directory": "activities/page_79",
}


@pytest.mark.parametrize(
    ("fields", "activity", "directory", "plugins"),
    [
        (PAGE, Activity(79, 21, "page", "Plan"), "activities/page_79", {"mod_page"}),
        ({"other": "x"}, Activity(0, 0, "", ""), "", set()),
        (PAGE | {"moduleid": " 7 "}, Activity(7, 21, "page", "Plan"), PAGE["directory"], {"mod_page"}),
        (PAGE | {"moduleid": "²"}, Activity(0, 21, "page", "Plan"), PAGE["directory"], {"mod_page"}),
        (PAGE | {"moduleid": "1x"}, Activity(0, 21, "page", "Plan"), PAGE["directory"], {"mod_page"}),
        (
            PAGE | {"moduleid": "1" * 19},
            Activity(int("1" * 18), 21, "page", "Plan"),
            PAGE["directory"],
            {"mod_page"},
        ),
        (PAGE | {"modulename": "Page!"}, Activity(79, 21, "Page!", "Plan"), PAGE["directory"], set()),
        (PAGE | {"modulename": "p" * 101}, Activity(79, 21, "p" * 100, "Plan"), PAGE["directory"], set()),
        (PAGE | {"title": "t" * 1334}, Activity(79, 21, "page", "t" * 1333), PAGE["directory"], {"mod_page"}),
        (PAGE | {"directory": "d" * 201}, Activity(79, 21, "page", "Plan"), "d" * 200, {"mod_page"}),
    ],
)
def test_an_activity_that_is_listed_is_kept_with_all_its_fields(fields, activity, directory, plugins):
    found = read("moodle_backup.xml", backup(contents=listed(**fields)))
    assert (found.activities, found.directories, found.plugins) == ([activity], [directory], plugins)


def test_no_field_of_one_row_is_taken_for_the_next_ones():
    found = read(
        "moodle_backup.xml",
        backup(
            contents=f"<activities><activity>{told(**PAGE)}</activity><activity><x>1</x></activity></activities>"
            f"<sections><section>{told(sectionid='21', title='1')}</section><section>"
            f"{told(title='2')}</section><section><sectionid>23</sectionid></section></sections>",
            settings="<setting><level>root</level><name>users</name><value>0</value></setting>"
            "<setting><level>root</level></setting>",
        ),
    )
    assert found.activities == [Activity(79, 21, "page", "Plan"), Activity(0, 0, "", "")]
    assert found.section_ids == [(21, "1"), (0, "2"), (23, "")]
    assert found.settings == {"users": "0", "": ""}


def test_of_one_row_twenty_fields_are_kept():
    fields = {f"n{number}": "x" for number in range(19)}
    row = {**fields, "sectionid": "21", "title": "1"}
    found = read(
        "moodle_backup.xml", backup(contents=f"<sections><section>{told(**row)}</section></sections>")
    )
    assert found.section_ids == [(21, "")]


@pytest.mark.parametrize(("level", "kept"), [("root", {"users": "0"}), ("activity", {}), ("", {})])
def test_only_the_settings_of_the_whole_backup_are_kept(level, kept):
    setting = f"<setting>{told(level=level, name='users', value='0')}</setting>"
    assert read("moodle_backup.xml", backup(settings=setting)).settings == kept


def test_five_hundred_settings_are_kept_each_with_a_thousand_signs():
    settings = "".join(
        f"<setting>{told(level='root', name=f's{number}', value='v' * 1001)}</setting>"
        for number in range(501)
    )
    found = read("moodle_backup.xml", backup(settings=settings))
    assert found.settings == {f"s{number}": "v" * 1000 for number in range(500)}


def test_rows_elsewhere_are_no_activities_sections_or_settings():
    rows = f"<activity>{told(**PAGE)}</activity><section><sectionid>1</sectionid></section>"
    found = read("moodle_backup.xml", backup(information=rows, contents=rows, settings=rows))
    assert (found.activities, found.section_ids, found.settings) == ([], [], {})


def test_of_the_title_of_a_section_thirteen_hundred_and_thirty_three_signs_are_kept():
    section = f"<sections><section>{told(sectionid='21', title='t' * 1334)}</section></sections>"
    assert read("moodle_backup.xml", backup(contents=section)).section_ids == [(21, "t" * 1333)]


def test_its_own_address_is_no_link():
    assert links(read("moodle_backup.xml", backup(told(original_wwwroot=f"{OLD}/x")))) == []


@pytest.mark.parametrize(
    ("member", "body", "kept"),
    [
        (
            "moodle_backup.xml",
            backup(contents=listed(title="four", directory="three", modulename="!")),
            ROW + 9,
        ),
        (
            "moodle_backup.xml",
            backup(contents=f"<sections><section>{told(title='four')}</section></sections>"),
            ROW + 4,
        ),
        ("moodle_backup.xml", backup(contents=listed(other="x")), ROW),
        (
            "moodle_backup.xml",
            backup(contents=f"<sections><section>{told(other='x')}</section></sections>"),
            ROW,
        ),
        ("sections/section_1/section.xml", "<section id='1'><name>four</name></section>", ROW + 4),
        ("sections/section_1/section.xml", "<section id='1'><number>1</number></section>", ROW),
        (
            "groups.xml",
            f"<groups><group id='1'>{told(name='four', idnumber='six123')}</group></groups>",
            ROW + 10,
        ),
    ],
)
def test_what_a_member_tells_is_accounted_for_with_its_texts(member, body, kept):
    assert cost(member, body) == kept


# --- files.xml --------------------------------------------------------------------------------------

FILE = {
    "contenthash": "0" * 39 + "1",
    "contextid": "194",
    "component": "mod_page",
    "filearea": "content",
    "filepath": "/",
    "filename": "a.pdf",
    "filesize": "3",
    "mimetype": "application/pdf",
    "repositorytype": "equella",
}


class Rows(Facts):
    def __init__(self, **options):
        super().__init__(Limits(), Findings(), **options)
        self.rows = []

    def add_file(self, row):
        self.rows.append(row)


def files(body):
    found = Rows()
    read("files.xml", body, found=found)
    return found.rows


def test_of_a_file_eight_fields_are_told_and_none_is_taken_for_the_next_file():
    row = {name: value for name, value in FILE.items() if name != "component"}
    body = f"<files><file id='1'>{told(**FILE)}</file><file id='2'><filesize>4</filesize></file></files>"
    assert files(body) == [row, {"filesize": "4"}]


def test_fields_deeper_or_beside_a_file_are_none_of_it():
    body = "<files><filename>x</filename><file><deep><filename>y</filename></deep></file></files>"
    assert files(body) == [{}]
    assert files("<other><file><filename>y</filename></file></other>") == []


def test_of_a_field_of_a_file_a_thousand_signs_are_kept():
    assert files(f"<files><file><filename>{'x' * 1001}</filename></file></files>") == [
        {"filename": "x" * 1000}
    ]


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    ("element", "found"),
    [("filename", {}), ("filepath", {}), ("source", {("source", Means.VALUE, True): 1})],
)
def test_a_file_called_after_an_address_keeps_its_name(element, found):
    body = f"<files><file id='1'><{element}>ada@univ.example</{element}></file></files>"
    only = {
        where: count for where, count in traces(read("files.xml", body)).items() if where[1] is Means.VALUE
    }
    assert only == found


# --- course, sections, groups -----------------------------------------------------------------------


def test_of_the_course_four_leaves_are_kept_and_the_types_of_its_fields():
    found = read(
        "course/course.xml",
        f"<course id='5'>{told(idnumber='a', summary='b', format='c', lang='fr', shortname='d')}"
        "<category><idnumber>x</idnumber></category>"
        "<customfields><customfield id='1'><type>text</type></customfield>"
        "<customfield id='2'><type>T!</type></customfield></customfields>"
        "<other><type>date</type><customfield><type>select</type></customfield></other>"
        "<more><customfields><customfield><type>date</type></customfield></customfields></more></course>",
    )
    assert found.course == {"idnumber": "a", "summary": "b", "format": "c", "lang": "fr"}
    assert found.plugins == {"customfield_text", "customfield_select", "customfield_date"}


def test_of_a_summary_sixty_four_kilobytes_are_kept():
    found = read("course/course.xml", f"<course><summary>{'x' * 65_537}</summary></course>")
    assert found.course == {"summary": "x" * 65_536}


def test_a_section_is_kept_with_its_number_and_name_and_nothing_deeper():
    found = read(
        "sections/section_21/section.xml",
        f"<section id='21'><deep><name>x</name><number>9</number></deep><summary>s</summary>"
        f"{told(number='3', name='n' * 1334)}</section>",
    )
    assert found.sections == {21: Section(21, 3, "n" * 1333)}
    bare = read(
        "sections/section_21/section.xml",
        "<section id='x'><summary>s</summary><number><x>9</x></number></section>",
    )
    assert bare.sections == {0: Section(0, 0, "")}


def test_a_group_is_kept_with_its_name_and_idnumber_and_a_grouping_is_none():
    found = read(
        "groups.xml",
        f"<groups><group id='3'>{told(name='n' * 1334, idnumber='td1', description='d')}"
        "<deep><name>x</name></deep></group><group id='4'><description>d</description></group>"
        "<groupings><grouping id='5'><name>y</name></grouping></groupings></groups>",
    )
    assert found.groups == [Group(3, "n" * 1333, "td1"), Group(4, "", "")]


# --- an activity's own file -------------------------------------------------------------------------

OWN = "activities/quiz_80/quiz.xml"


def activity(body, root="id='1' moduleid='80' modulename='quiz' contextid='194'"):
    return f"<activity {root}><quiz id='1'>{body}</quiz></activity>"


@pytest.mark.parametrize(
    ("member", "modulename", "folder"),
    [
        (OWN, "quiz", None),
        (OWN, "page", "quiz"),
        ("activities/quiz_80/page.xml", "quiz", "quiz"),
        ("activities/quiz_80/page.xml", "page", "quiz"),
        ("activities/page_80/quiz.xml", "quiz", "page"),
        ("activities/quiz_80/grades.xml", "quiz", "?"),
        ("activities/quiz_80/Other.xml", "quiz", "?"),
        ("other.xml", "quiz", None),
    ],
)
def test_the_root_of_an_activity_says_what_its_folder_and_file_say(member, modulename, folder):
    found = read(member, f"<activity id='1' modulename='{modulename}'><x/></activity>")
    details = {"member": member, "told": modulename, "module": folder}
    assert reasons(found) == ([("module_disagrees", member, details)] if folder else [])


def test_a_module_is_asked_of_the_root_alone_and_its_name_is_cut():
    assert reasons(read(OWN, "<quiz modulename='page'><activity modulename='page'/></quiz>")) == []
    assert reasons(read(OWN, "<activity id='1'><x/></activity>")) == []
    found = read(OWN, f"<activity modulename='{'m' * 101}'/>")
    assert found.findings.reasons()[0].details["told"] == "m" * 100


def noted(body, **options):
    return read(OWN, activity(body), **options)._activity_contents["activities/quiz_80"]


def noted_of(text):
    return (194, hashlib.blake2b(text.encode(), digest_size=8).digest())


@pytest.mark.rule("P22")
def test_an_activity_is_told_with_its_context_and_what_its_leaves_hold():
    content = noted_of("name\0Plan\0intro\0\0grade\0" + "10\0")
    body = "<name>Plan</name><intro></intro><timemodified>1</timemodified><timecreated>2</timecreated><grade>10</grade>"
    assert noted(body) == noted(body, piece=7) == content
    more = read(OWN, activity("<name>Plan</name>").replace("</activity>", "<more>x</more></activity>"))
    assert more._activity_contents == {"activities/quiz_80": noted_of("name\0Plan\0more\0x\0")}
    assert more._kept == ROW + len("activities/quiz_80")


@pytest.mark.rule("P22")
@pytest.mark.parametrize("change", ["<name>Plan </name>", "<title>Plan</title>", "<name>Plan</name><a/>"])
def test_an_activity_is_another_by_each_leaf_and_its_name(change):
    assert noted(change) != noted("<name>Plan</name>")


@pytest.mark.rule("P22")
def test_a_text_too_long_to_be_held_counts_to_its_last_sign_and_in_whatever_pieces():
    """The same digest as of the text in one, though its parts overlap."""
    text = "Bonjour. " * (2 * MIB // 9)
    content = noted_of(f"intro\0{text}\0name\0Plan\0")
    body = f"<intro>{text}</intro><name>Plan</name>"
    assert noted(body) == noted(body, piece=100_001) == content


@pytest.mark.parametrize(
    ("value", "graded"),
    [("10", True), ("-3", True), ("0.5", True), ("0", False), ("0.00000", False), ("-0", False), ("", False)],
)
def test_an_activity_with_a_grade_of_its_own_is_graded(value, graded):
    found = read(OWN, activity(f"<grade>{value}</grade>"))
    assert found.graded == ({"activities/quiz_80"} if graded else set())


def test_a_grade_of_something_inside_an_activity_is_none_of_its_own():
    assert read(OWN, activity("<slot><grade>10</grade></slot>")).graded == set()
    assert read(OWN, "<activity><grade>10</grade></activity>").graded == set()


def test_grade_items_that_an_activity_refers_to_are_its_grades():
    items = "<inforef><grade_itemref><grade_item><id>12</id></grade_item></grade_itemref></inforef>"
    assert read("activities/quiz_80/inforef.xml", items).graded == {"activities/quiz_80"}
    assert read("activities/quiz_80/inforef.xml", f"<more>{items}</more>").graded == {"activities/quiz_80"}
    assert read("course/inforef.xml", items).graded == set()
    other = "<inforef><fileref><file><id>12</id></file></fileref></inforef>"
    assert read("activities/quiz_80/inforef.xml", other).graded == set()


@pytest.mark.rule("P20")
def test_users_that_moodle_says_an_activity_refers_to_are_asked_for_and_not_accounted_for():
    refs = "<inforef><userref><user><id>4</id></user><user><id>5</id></user></userref></inforef>"
    found = read("activities/quiz_80/inforef.xml", refs)
    assert found._references == {"activities/quiz_80": {4, 5}}
    assert found._accounted == {}
    assert traces(found) == {("id", Means.PLACE, True): 2}
    assert read("course/inforef.xml", refs)._references == {}


# --- plugins ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "body", "plugins"),
    [
        ("questions.xml", "<q><qtype>multichoice</qtype></q>", {"qtype_multichoice"}),
        ("questions.xml", "<q><qtype>Multi choice</qtype></q>", set()),
        ("course/blocks/html_1/block.xml", "<b><blockname>html</blockname></b>", {"block_html"}),
        (
            OWN,
            activity("<preferredbehaviour>deferredfeedback</preferredbehaviour>"),
            {"qbehaviour_deferredfeedback"},
        ),
        ("course/contentbank.xml", "<c><contenttype>contenttype_h5p</contenttype></c>", {"contenttype_h5p"}),
        ("course/contentbank.xml", "<c><contenttype>H5P!</contenttype></c>", set()),
        (OWN, activity("<othertype>h5p</othertype>"), set()),
        (
            "activities/quiz_80/grading.xml",
            "<a><activemethod>rubric</activemethod></a>",
            {"gradingform_rubric"},
        ),
        ("activities/quiz_80/grading.xml", "<a><activemethod>1</activemethod></a>", set()),
        (
            "activities/quiz_80/module.xml",
            '<m><availability>{"c":[{"type":"date"},{"type": "profile"}]}</availability></m>',
            {"availability_date", "availability_profile"},
        ),
        (
            "sections/section_1/section.xml",
            '<section><availabilityjson>{"type":"grade"}</availabilityjson></section>',
            {"availability_grade"},
        ),
        ("sections/section_1/section.xml", '<section><summary>{"type":"grade"}</summary></section>', set()),
        (
            OWN,
            activity("<plugin_local_more_module><x>1</x></plugin_local_more_module><name>n</name>"),
            {"local_more"},
        ),
        (
            OWN,
            activity("<subplugin_quizaccess_seb_quiz><x>1</x></subplugin_quizaccess_seb_quiz>"),
            {"quizaccess_seb"},
        ),
        (OWN, activity("<plugin_local_more_module><x> </x></plugin_local_more_module>"), set()),
        (OWN, activity("<plugin_local_more_module></plugin_local_more_module><n>1</n>"), set()),
        (OWN, activity("<plugin_local_more_module>1</plugin_local_more_module>"), {"local_more"}),
        (OWN, activity("<plugin_local><x>1</x></plugin_local>"), set()),
        (
            OWN,
            activity("<plugin_a_b_c><subplugin_d_e_f><x>1</x></subplugin_d_e_f><y>1</y></plugin_a_b_c>"),
            {"a_b"},
        ),
        (
            OWN,
            activity("<plugin_a_b_c><x/></plugin_a_b_c><plugin_d_e_f><x>1</x></plugin_d_e_f>"),
            {"d_e"},
        ),
    ],
)
def test_a_plugin_is_known_by_what_moodle_writes_of_it_where_it_has_a_value(member, body, plugins):
    assert read(member, body).plugins == plugins


# --- people and personal data -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "body", "people"),
    [
        ("users.xml", "<users><user id='1'/><user id='2'/></users>", {"users.xml: users/user": 2}),
        ("users.xml", "<x><user id='1'/></x>", {}),
        ("users.xml", "<user id='1'/>", {}),
        (
            "activities/whatever_1/whatever.xml",
            "<activity><row userid='4'/><row userid='0'/></activity>",
            {"activities/whatever_1/whatever.xml: row@userid": 1},
        ),
        (
            "activities/whatever_1/whatever.xml",
            "<activity><row><userid>4</userid></row><userid>5</userid></activity>",
            {
                "activities/whatever_1/whatever.xml: row/userid": 1,
                "activities/whatever_1/whatever.xml: activity/userid": 1,
            },
        ),
        (
            "activities/whatever_1/whatever.xml",
            "<userid>4</userid>",
            {"activities/whatever_1/whatever.xml: userid": 1},
        ),
    ],
)
def test_people_are_told_with_the_rows_that_hold_them(member, body, people):
    assert dict(read(member, body).people_found) == people


PLUGIN = "activities/whatever_1/whatever.xml"


@pytest.mark.rule("P4")
@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    ("body", "found", "accounted"),
    [
        ("<a><zz>ada@univ.example</zz></a>", {("zz", Means.VALUE, True): 1}, set()),
        ("<a><zz>ada%40univ.example</zz></a>", {("zz", Means.PEOPLE, False): 1}, set()),
        ("<a><zz>ada&amp;#64;univ.example</zz></a>", {("zz", Means.PEOPLE, False): 1}, set()),
        ("<a><zz>Write to ada@univ.example</zz></a>", {("zz", Means.PEOPLE, False): 1}, set()),
        ("<a><zz>Write to bob@univ.example</zz></a>", {("zz", Means.TEXT, False): 1}, set()),
        (
            "<a><zz>Write to bob@univ.example, eve@univ.example or ada@univ.example</zz></a>",
            {("zz", Means.TEXT, False): 2, ("zz", Means.PEOPLE, False): 1},
            set(),
        ),
        ("<a><zz>alovelace</zz></a>", {("zz", Means.PEOPLE, True): 1}, set()),
        ("<a><title>alovelace</title></a>", {}, set()),
        ("<a><zz>Ada Lovelace</zz></a>", {("zz", Means.PEOPLE, False): 1}, set()),
        ("<a><createdby>4</createdby></a>", {("createdby", Means.NAME, False): 1}, {4}),
        ("<a><b createdby='4'/></a>", {("b@createdby", Means.NAME, False): 1}, {4}),
        ("<a><b id='alovelace'/></a>", {}, set()),
        ("<a><b zz='alovelace' yy=''/></a>", {("b@zz", Means.PEOPLE, True): 1}, set()),
        ("<a><b id='1' zz='alovelace'/></a>", {("b@zz", Means.PEOPLE, True): 1}, set()),
        (f"<a><createdby>{NULL}</createdby></a>", {}, set()),
        ("<a><zz>nothing to be told</zz></a>", {}, set()),
    ],
)
def test_what_may_name_somebody_is_scrubbed_or_reported_by_what_it_was_known_by(body, found, accounted):
    facts = read(PLUGIN, body, people=SITE)
    assert traces(facts) == found
    assert facts._accounted.get("activities/whatever_1", set()) == accounted


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    ("attributes", "doomed"),
    [
        ({"zz": "alovelace", "yy": "x", "ww": "ada@univ.example"}, {"zz": Cure.EMPTY, "ww": Cure.EMPTY}),
        ({"yy": "x"}, None),
        ({"userid": "4"}, None),
        ({"userid": "4", "zz": "alovelace"}, {"zz": Cure.EMPTY}),
        ({"id": "alovelace"}, None),
        ({}, None),
    ],
)
def test_only_the_attributes_that_name_somebody_are_to_go(attributes, doomed):
    reader = reader_for(PLUGIN, Facts(Limits(), Findings(), people=SITE))
    assert reader.start(["a", "b"], attributes) == doomed


@pytest.mark.rule("P20")
def test_without_the_sites_knowledge_addresses_in_texts_are_reported_all_the_same():
    found = read(PLUGIN, "<a><zz>Write to ada@univ.example</zz><yy>alovelace</yy></a>")
    assert traces(found) == {("zz", Means.TEXT, False): 1}


@pytest.mark.rule("P20")
def test_a_login_that_is_a_number_is_accounted_for():
    site = People(people_bin(logins=["21900123"]))
    found = read(PLUGIN, "<a><zz>21900123</zz></a>", people=site)
    assert found._accounted == {"activities/whatever_1": {21900123}}


@pytest.mark.rule("P20")
@pytest.mark.parametrize(("length", "known"), [(120, True), (121, False)])
def test_a_value_of_a_hundred_and_twenty_signs_may_be_somebodys_and_a_longer_one_is_a_text(length, known):
    site = People(people_bin(logins=["x" * 120, "x" * 121]))
    assert bool(read(PLUGIN, f"<a><zz>{'x' * length}</zz></a>", people=site).traces) is known


@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    ("member", "body", "scrubbed"),
    [
        (OWN, activity("<zz>alovelace</zz>"), False),
        (OWN, activity("<plugin_a_b_c><zz>alovelace</zz></plugin_a_b_c>"), True),
        (OWN, activity("<plugin_a_b_c><x/></plugin_a_b_c><zz>alovelace</zz>"), False),
        (PLUGIN, "<a><zz>alovelace</zz></a>", True),
    ],
)
def test_a_login_stands_in_a_plugins_own_fields(member, body, scrubbed):
    found = read(member, body, people=SITE)
    assert traces(found) == ({("zz", Means.PEOPLE, True): 1} if scrubbed else {})


@pytest.mark.rule("P4")
@pytest.mark.parametrize("keep", [True, False])
def test_a_password_goes_or_where_keys_are_kept_is_reported(keep):
    found = read(OWN, activity("<password>sesame</password>"), keep_keys=keep)
    assert traces(found) == {("password", Means.KEY, not keep): 1}
    rule = Rule(None, Cure.EMPTY, Means.KEY)
    assert reader_for(OWN, found).personal("password", "sesame", rule) is not keep


@pytest.mark.rule("P4")
def test_a_password_goes_where_nobody_asked_for_keys():
    found = read(OWN, activity("<password>sesame</password>"), found=Facts(Limits(), Findings()))
    assert traces(found) == {("password", Means.KEY, True): 1}


@pytest.mark.rule("P4")
def test_who_is_in_what_goes_away_is_accounted_for():
    body = (
        "<activity modulename='survey'><survey id='1'><answers><answer id='7'><userid>4</userid>"
        "<id>9</id><question>8</question></answer></answers></survey></activity>"
    )
    found = read("activities/survey_1/survey.xml", body)
    assert found._accounted == {"activities/survey_1": {4}}


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    ("body", "means", "accounted"),
    [
        ("<element>teachername</element><data>4</data>", Means.PLUGIN, {4}),
        ("<element>teachername</element><data>0</data>", None, set()),
        ("<element>teachername</element><data>x</data>", None, set()),
        ("<element>text</element><data>4</data>", None, set()),
        ("<element>teachername</element><other>4</other>", None, set()),
        ('<element>userfield</element><data>{"teacher":"4"}</data>', Means.PLUGIN, {4}),
        ('<element>userfield</element><data>{"width":"4"}</data>', None, set()),
    ],
)
def test_a_certificate_prints_no_teacher_of_elsewhere(body, means, accounted):
    found = read("activities/customcert_1/customcert.xml", f"<a><b>{body}</b></a>")
    assert traces(found) == ({("data", means, True): 1} if means else {})
    assert found._accounted.get("activities/customcert_1", set()) == accounted


@pytest.mark.rule("P20")
def test_who_stands_where_moodle_writes_people_is_accounted_for():
    body = "<activity><lti><ltitype><createdby>4</createdby></ltitype></lti></activity>"
    found = read("activities/lti_1/lti.xml", body)
    assert traces(found) == {("createdby", Means.PLACE, True): 1}
    assert found._accounted == {"activities/lti_1": {4}}


@pytest.mark.rule("P22")
def test_half_a_character_in_an_activity_is_no_harm():
    facts = Facts(Limits(), Findings())
    reader = reader_for(OWN, facts)
    reader.start(["activity"], {"contextid": "194"})
    reader.leaf(["activity", "name"], "\ud800")
    reader.end(["activity"])
    assert facts._activity_contents["activities/quiz_80"] == noted_of("name\0?\0")


@pytest.mark.rule("P4")
def test_a_certificate_is_known_by_its_folder():
    body = '<a><data>{"teacher":"4"}</data></a>'
    found = read("activities/customcert_1/other.xml", body)
    assert traces(found) == {("data", Means.PLUGIN, True): 1}
    assert traces(read("activities/other_1/customcert.xml", body)) == {}


@pytest.mark.rule("P4")
def test_what_becomes_of_a_certificates_teacher():
    facts = Facts(Limits(), Findings())
    reader = reader_for("activities/customcert_1/customcert.xml", facts)
    reader.leaf(["a", "element"], "teachername")
    assert reader.leaf(["a", "data"], "4") is Cure.ZERO
    reader.leaf(["a", "element"], "date")
    assert reader.leaf(["a", "data"], "4") is None
    assert reader.leaf(["a", "data"], '{"teacher":"4"}') is Cure.IDS
    assert reader.leaf(["a", "data"], '{"teacher":"4"}', told=True) is None


@pytest.mark.rule("P4")
@pytest.mark.parametrize(("length", "scrubbed"), [(65_536, True), (65_537, False)])
def test_ids_in_a_value_too_long_to_be_changed_are_reported(length, scrubbed):
    value = '{"teacher":"4"}'.ljust(length)
    found = read("activities/customcert_1/customcert.xml", f"<a><data>{value}</data></a>")
    assert traces(found) == {("data", Means.PLUGIN if scrubbed else Means.NAME, scrubbed): 1}


# --- links ------------------------------------------------------------------------------------------


def block(text):
    return f"<b><configdata>{base64.b64encode(text.encode()).decode()}</configdata></b>"


@pytest.mark.parametrize(
    ("member", "body", "found"),
    [
        (OWN, activity(f"<intro>see {OLD}/x</intro>"), [f"{OLD}/x"]),
        (OWN, activity("<intro>$@FORUMINDEX*9@$</intro>"), [f"{OLD}/mod/forum/index.php?id=9"]),
        (OWN, activity("<intro>see elsewhere</intro>"), []),
        ("course/blocks/html_1/block.xml", block(f"{OLD}/x"), [f"{OLD}/x"]),
        ("course/blocks/html_1/block.xml", f"<b><configdata>{OLD}/x</configdata></b>", []),
        ("course/blocks/html_1/block.xml", "<b><configdata>abc</configdata></b>", []),
        ("course/blocks/html_1/block.xml", block(f"{OLD}/x").replace("data>a", "data>*a", 1), []),
    ],
)
def test_links_are_looked_for_in_texts_and_in_the_settings_of_blocks(member, body, found):
    assert links(read(member, body)) == found


def test_a_link_is_told_with_its_member():
    found = read(OWN, activity(f"<intro>{OLD}/x</intro>"))
    assert found.links.old(OLD, course=0, modules=set(), sections=set()).listed == (OldLink(OWN, f"{OLD}/x"),)


@pytest.mark.rule("P4")
def test_an_address_in_the_settings_of_a_block_is_reported():
    found = read("course/blocks/html_1/block.xml", block("write to bob@univ.example"))
    assert traces(found) == {("configdata", Means.TEXT, False): 1}


def test_of_the_settings_of_a_block_a_megabyte_is_unpacked():
    inside, beyond = "x" * 786_000 + f" {OLD}/x", "x" * 786_432 + f" {OLD}/x"
    # As the tail of a text, given in one.
    for text, found in ((inside, [f"{OLD}/x"]), (beyond, [])):
        facts = Facts(Limits(), Findings())
        reader = reader_for("course/blocks/html_1/block.xml", facts)
        reader.leaf(["b", "configdata"], base64.b64encode(text.encode()).decode())
        assert links(facts) == found


def test_the_settings_of_a_block_too_long_to_be_held_are_unpacked_part_by_part():
    facts = Facts(Limits(), Findings())
    reader = reader_for("course/blocks/html_1/block.xml", facts)
    reader.long_text(["a", "b", "configdata"], base64.b64encode(f"{OLD}/x".encode()).decode())
    reader.long_text(["configdata", "x"], f"{OLD}/y")
    assert links(facts) == [f"{OLD}/x", f"{OLD}/y"]


@pytest.mark.rule("P4")
def test_a_text_too_long_to_be_held_is_looked_through_for_links_and_addresses():
    start = f"{OLD}/x bob@univ.example "
    found = read(PLUGIN, f"<a><zz>{start}{'mot ' * (MIB // 4 + 1)}</zz></a>")
    assert links(found) == [f"{OLD}/x"]
    assert traces(found) == {("zz", Means.TEXT, False): 1}


# --- limits of XML ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("deep", "what"), [(5, None), (6, "xml_too_deep")])
def test_elements_lie_as_deep_as_the_limit(deep, what):
    body = "<a>" * deep + "</a>" * deep
    if what is None:
        read("badges.xml", body, xml_depth=5)
    else:
        with pytest.raises(Broken, match=what):
            read("badges.xml", body, xml_depth=5)


@pytest.mark.parametrize(("limit", "what"), [(20, None), (19, "xml_too_large")])
@pytest.mark.parametrize("piece", [None, 3])
def test_a_member_is_as_long_as_the_limit(limit, what, piece):
    body = "<badge>12345</badge>"
    assert len(body) == 20
    if what is None:
        read("badges.xml", body, xml_member=limit, piece=piece)
    else:
        with pytest.raises(Broken, match=what):
            read("badges.xml", body, xml_member=limit, piece=piece)
