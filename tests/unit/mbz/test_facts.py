"""What is learnt of one archive, to the last field and at each limit, and what follows from it."""

from datetime import UTC, datetime

import pytest

from passerelle.domain.backups.manifest import (
    Activity,
    Container,
    Files,
    Group,
    LargeFile,
    Manifest,
    Means,
    OldLink,
    Origin,
    PersonalTrace,
    Section,
    Total,
)
from passerelle.mbz.facts import Facts, major_release
from passerelle.mbz.findings import Broken, Findings
from passerelle.mbz.limits import Limits
from passerelle.mbz.people import People
from tests.factories.mbz import NULL
from tests.factories.people import people_bin

pytestmark = pytest.mark.rule("P3")
SHA1 = "0beec7b5ea3f0fdbc95d0d47f3c5bc275da8a33"  # and one more sign
ONE, TWO = SHA1 + "1", SHA1 + "2"
EMPTY = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
ROW = 150  # bytes that one thing costs beside its texts


def facts(**limits):
    return Facts(Limits(**limits), Findings())


def told(found):
    return [(reason.what, reason.member, reason.details) for reason in found.findings.reasons()]


def content(digest):
    return f"files/{digest[:2]}/{digest}"


def row(**fields):
    return {"filename": "cours.pdf", "contenthash": ONE, "filesize": "3", **fields}


def whole(**limits):
    """A course with one page and one section, nothing of which is missing."""
    found = facts(**limits)
    found.information = {"moodle_release": "4.5.6 (Build: 20250811)"}
    found.kind = "course"
    found.activities.append(Activity(79, 21, "page", "Plan"))
    found.directories.append("activities/page_79")
    found.section_ids.append((21, "1"))
    for name in WHOLE:
        found.names.admit(name)
    return found


WHOLE = (
    "course/course.xml",
    "files.xml",
    "activities/page_79/page.xml",
    "activities/page_79/module.xml",
    "activities/page_79/inforef.xml",
    "sections/section_21/section.xml",
)


def judged(found, *, target_release=None, **options):
    found.judge(target_release=target_release, **options)
    return told(found)


def manifest(found):
    return found.manifest(Container.TGZ, 10, "ab")


# --- what is kept, and how much of it ---------------------------------------------------------------


@pytest.mark.parametrize(
    "keep",
    [
        lambda one: one.keep("four"),
        lambda one: one.keep("fo", "ur"),
        lambda one: one.add_plugin("four"),
        lambda one: one.add_activity_content("four", 1, b""),
    ],
)
def test_what_is_kept_costs_a_row_and_its_texts_up_to_the_limit(keep):
    keep(facts(kept=ROW + 4))
    with pytest.raises(Broken) as broken:
        keep(facts(kept=ROW + 3))
    assert (broken.value.reason.what, broken.value.reason.member) == ("too_many_things", None)


def test_what_is_kept_adds_up():
    found = facts(kept=2 * ROW)
    found.keep()
    found.keep()
    with pytest.raises(Broken):
        found.keep()


@pytest.mark.parametrize(
    "twice",
    [
        lambda one: one.add_plugin(""),
        lambda one: one.add_reference("activities/quiz_1", "4"),
        lambda one: one.account_for("activities/quiz_1", "4"),
        lambda one: one._await_content(ONE, 3),
        lambda one: one._add_file_of_context({"contextid": "7"}),
    ],
)
def test_what_is_told_twice_is_kept_once(twice):
    found = facts(kept=ROW)
    twice(found)
    twice(found)
    with pytest.raises(Broken):
        found.keep()


def test_another_context_another_activity_and_another_user_cost_a_row_each():
    found = facts(kept=5 * ROW)
    for context in ("7", "8"):
        found._add_file_of_context({"contextid": context})
    for directory, user in (
        ("activities/quiz_1", "4"),
        ("activities/quiz_1", "5"),
        ("activities/quiz_2", "4"),
    ):
        found.add_reference(directory, user)
    with pytest.raises(Broken):
        found.keep()


def test_the_name_of_a_plugin_has_a_hundred_letters_at_most():
    found = facts()
    found.add_plugin("a" * 100)
    found.add_plugin("b" * 101)
    assert found.plugins == {"a" * 100}


def test_two_thousand_places_of_people_are_listed_and_each_is_counted_on():
    found = facts()
    for number in range(2_001):
        found.add_person(f"{number}.xml", "users/user")
    found.add_person("0.xml", "users/user")
    assert len(found.people_found) == 2_000
    assert found.people_found["0.xml: users/user"] == 2
    assert found.people_found["1999.xml: users/user"] == 1


def test_of_two_thousand_places_of_traces_and_more_the_rest_is_summed_up():
    found = facts()
    for number in range(2_000):
        found.add_trace(f"{number}.xml", "userid", Means.NAME, scrubbed=False)
    found.add_trace("0.xml", "userid", Means.NAME, scrubbed=False, times=4)
    found.add_trace("more.xml", "userid", Means.NAME, scrubbed=False, times=2)
    found.add_trace("most.xml", "author", Means.NAME, scrubbed=False)
    assert len(found.traces) == 2_001
    assert found.traces["0.xml", "userid", Means.NAME, False] == 5
    assert found.traces["1999.xml", "userid", Means.NAME, False] == 1
    assert found.traces["", "…", Means.NAME, False] == 3


def test_a_trace_keeps_two_hundred_letters_of_its_element():
    found = facts()
    found.add_trace("a.xml", "é" * 201, Means.PLACE, scrubbed=True)
    assert dict(found.traces) == {("a.xml", "é" * 200, Means.PLACE, True): 1}


def test_fifty_of_the_members_left_out_are_named_and_all_are_counted():
    found = whole()
    for number in range(51):
        found.leave_out(f"{number}.tx\x00t")
    made = manifest(found)
    assert made.left_out == tuple(f"{number}.tx?t" for number in range(50))
    assert made.left_out_count == 51


# --- files ------------------------------------------------------------------------------------------


def test_files_are_counted_summed_and_grouped_and_a_folder_is_none():
    found = whole()
    found.add_file(row(filename=".", filesize="1000", mimetype="x"))
    found.add_file(row(filename="b.pdf", filesize="3", mimetype="application/pdf"))
    found.add_file(row(filename="a.pdf", filesize="4", mimetype="application/pdf", contenthash=TWO))
    found.add_file(row(filename="c", filesize="3", mimetype=NULL))
    found.add_file({"contenthash": ONE, "filesize": "3"})
    assert manifest(found).files == Files(
        count=4,
        total_bytes=13,
        largest=(LargeFile("a.pdf", 4), LargeFile("c", 3), LargeFile("b.pdf", 3), LargeFile("", 3)),
        by_mimetype={"": Total(2, 6), "application/pdf": Total(2, 7)},
    )


def test_the_ten_largest_files_are_listed_the_largest_first():
    found = facts()
    found.information = {"name": "x"}
    for size in (5, 11, 2, 9, 1, 12, 7, 3, 10, 4, 8, 6):
        found.add_file(row(filename=f"{size}.pdf", filesize=str(size), repositorytype="equella"))
    assert [one.bytes for one in manifest(found).files.largest] == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]


def test_of_more_than_five_hundred_types_of_files_the_rest_is_summed_up():
    found = facts()
    found.information = {"name": "x"}
    for number in range(500):
        found.add_file(row(mimetype=f"x/{number}"))
    found.add_file(row(mimetype="x/0"))
    found.add_file(row(mimetype="x/500"))
    found.add_file(row(mimetype="x/501"))
    kinds = manifest(found).files.by_mimetype
    assert len(kinds) == 501
    assert (kinds["x/0"], kinds["x/499"], kinds[""]) == (Total(2, 6), Total(1, 3), Total(2, 6))


LYING = [("content_of_other_size", content(ONE), {"member": content(ONE)})]
NO_HASH = [("content_without_hash", "files.xml", {"member": "files.xml"})]


@pytest.mark.parametrize(
    ("rows", "inside", "reasons"),
    [
        ([(ONE, "3")], {ONE: 3}, []),
        ([(ONE, "3"), (ONE, "3")], {ONE: 3}, []),
        ([(ONE, "3")], {ONE: 4}, LYING),
        ([(ONE, "3"), (ONE, "4")], {ONE: 3}, LYING),
        ([(ONE, "4"), (ONE, "3")], {ONE: 4}, LYING),
        ([(ONE, "3")], {}, [("content_not_inside", content(ONE), {"member": content(ONE)})]),
        ([(ONE, "0")], {}, [("content_not_inside", content(ONE), {"member": content(ONE)})]),
        ([(EMPTY, "0")], {}, []),
        ([(EMPTY, "1")], {}, [("content_of_other_size", "files.xml", {"member": "files.xml"})]),
        ([("", "3")], {}, NO_HASH),
        ([("xyz", "3")], {}, NO_HASH),
        ([(ONE[:-2], "3")], {}, NO_HASH),
        ([(ONE + "00", "3")], {}, NO_HASH),
    ],
)
@pytest.mark.parametrize("order", ["contents first", "rows first"])
def test_each_row_of_files_xml_must_have_its_content_of_its_size_in_whatever_order(
    rows, inside, reasons, order
):
    found = whole()
    if order == "contents first":
        add_contents(found, inside)
    for digest, size in rows:
        found.add_file(row(contenthash=digest, filesize=size))
    if order == "rows first":
        add_contents(found, inside)
    assert judged(found) == reasons


def add_contents(found, inside):
    for digest, size in inside.items():
        found.add_content(content(digest), size)


@pytest.mark.parametrize(
    ("kind", "reasons"),
    [("equella", []), (NULL, ["content_not_inside"]), ("", ["content_not_inside"])],
)
def test_only_what_lies_in_another_repository_need_not_be_inside(kind, reasons):
    found = whole()
    found.add_file(row(repositorytype=kind))
    assert [what for what, _, _ in judged(found)] == reasons


def test_a_content_that_came_before_its_row_costs_nothing_more():
    found = facts(kept=0)
    found.add_content(content(ONE), 3)
    found._await_content(ONE, 3)


@pytest.mark.parametrize(
    ("written", "size"),
    [("12", 12), (" 12 ", 12), ("²", 0), ("-1", 0), ("", 0), ("9" * 18, 10**18 - 1), ("9" * 19, 10**18 - 1)],
)
def test_a_size_is_read_as_moodle_writes_numbers(written, size):
    found = facts()
    found.add_file(row(filesize=written, repositorytype="equella"))
    assert found.files_bytes == size


# --- what an activity holds -------------------------------------------------------------------------

FILE = {
    "contextid": "194",
    "contenthash": ONE,
    "filearea": "content",
    "filepath": "/",
    "filename": "cours.pdf",
    "filesize": "3",
    "mimetype": "application/pdf",
}


def content_told(*rows, context=194, digest=b"12345678"):
    found = whole()
    found.add_activity_content("activities/page_79", context, digest)
    for one in rows:
        found.add_file(one)
    return manifest(found).activities[0].content


@pytest.mark.rule("P22")
def test_what_an_activity_holds_is_told_by_the_same_signs_in_every_release():
    """Versions published years apart are compared by them."""
    assert content_told() == "5ef410c40cffe771"
    assert content_told(FILE) == "d9f4c172ca1f0624"
    assert content_told(FILE, {**FILE, "filename": "autre.pdf"}) == "1c52e67ccd943836"


@pytest.mark.rule("P22")
@pytest.mark.parametrize(
    ("field", "counts"),
    [
        ("contenthash", True),
        ("filearea", True),
        ("filepath", True),
        ("filename", True),
        ("contextid", True),
        ("mimetype", False),
        ("license", False),
    ],
)
def test_a_file_of_an_activity_is_another_by_its_content_and_place(field, counts):
    changed = {**FILE, field: "195" if field == "contextid" else TWO}
    assert (content_told(changed) != content_told(FILE)) is counts


@pytest.mark.rule("P22")
def test_a_field_that_a_file_does_not_have_is_empty_and_odd_signs_are_no_harm():
    bare = {name: value for name, value in FILE.items() if name != "filepath"}
    assert content_told(bare) == content_told({**FILE, "filepath": ""})
    assert content_told({**FILE, "filename": "\ud800"}) == content_told({**FILE, "filename": "?"})


@pytest.mark.rule("P22")
def test_the_files_of_an_activity_count_in_whatever_order_and_however_many():
    rows = [{**FILE, "filename": f"{number}.pdf"} for number in range(30)]
    assert content_told(*rows) == content_told(*reversed(rows))
    assert content_told(*rows) != content_told(*rows[1:])


@pytest.mark.rule("P22")
def test_files_without_a_context_are_of_no_activity_and_an_activity_without_its_file_tells_nothing():
    lost = {**FILE, "contextid": "0"}
    assert content_told(lost, context=0) == content_told(context=0) == content_told()
    found = whole()
    found.add_file(FILE)
    assert manifest(found).activities[0].content == ""


# --- the verdict ------------------------------------------------------------------------------------


def test_a_whole_course_is_refused_for_nothing():
    assert judged(whole(), target_release="4.5") == []


@pytest.mark.parametrize(
    ("format_told", "reasons"),
    [
        ({}, []),
        ({"details/format": "moodle2"}, []),
        ({"details/format": "moodle1"}, [("other_format", None, {})]),
    ],
)
def test_only_moodles_own_format_is_taken(format_told, reasons):
    found = whole()
    found.information |= format_told
    assert judged(found) == reasons


@pytest.mark.parametrize("kind", ["", "section", "activity"])
def test_what_is_no_course_is_refused_for_that_alone(kind):
    found = facts()
    found.information = {"name": "x"}
    found.kind = kind
    assert judged(found) == [("part_of_a_course", None, {})]


@pytest.mark.parametrize(
    ("told_in", "off"),
    [
        ({"include_files": "0"}, True),
        ({"include_files": "1"}, False),
        ({"include_files": ""}, False),
    ],
)
@pytest.mark.parametrize("place", ["information", "settings"])
def test_files_left_out_are_told_once_and_not_for_each_content(told_in, off, place):
    found = whole()
    found.add_file(row())
    if place == "information":
        found.information |= told_in
    else:
        found.settings["files"] = told_in["include_files"]
    assert [what for what, _, _ in judged(found)] == (["files_off"] if off else ["content_not_inside"])


@pytest.mark.parametrize("name", WHOLE)
def test_a_part_that_is_missing_is_named(name):
    found = whole()
    found.names = type(found.names)(found.findings)
    for other in WHOLE:
        if other != name:
            found.names.admit(other)
    details = {"member": name}
    what = "part_missing"
    if name.startswith("activities/"):
        what, details = "activity_part_missing", {"member": name, "title": "Plan"}
    assert judged(found) == [(what, name, details)]


@pytest.mark.parametrize("options", [{"contents_read": False}, {}])
def test_parts_are_missed_only_where_all_was_read_and_of_a_course_only(options):
    found = facts()
    found.information = {"name": "x"}
    found.kind = "course" if options else "section"
    found.section_ids.append((21, "1"))
    assert [what for what, _, _ in judged(found, **options)] == ([] if options else ["part_of_a_course"])


@pytest.mark.parametrize(
    ("members", "graded", "missing"),
    [
        ([], [], []),
        (["course/roles.xml"], [], ["roles"]),
        (["course/roles.xml", "activities/page_79/roles.xml"], [], []),
        ([], ["activities/page_79"], ["grades"]),
        ([], ["activities/page_80"], []),
        (["activities/page_79/grades.xml"], ["activities/page_79"], []),
        (["course/roles.xml"], ["activities/page_79"], ["roles", "grades"]),
    ],
)
def test_roles_and_grades_are_missed_where_moodle_would_have_written_them(members, graded, missing):
    found = whole()
    for name in members:
        found.names.admit(name)
    found.graded |= set(graded)
    places = [f"activities/page_79/{part}.xml" for part in missing]
    assert judged(found) == [
        ("activity_part_missing", place, {"member": place, "title": "Plan"}) for place in places
    ]


@pytest.mark.parametrize(
    "directory", ["activities/quiz_79", "activities/page_80", "activities/page_79/", "Activities/page_79", ""]
)
def test_the_folder_of_an_activity_is_that_of_its_module_and_number(directory):
    found = whole()
    found.directories[:] = [directory]
    reasons = judged(found, contents_read=False)
    details = {"member": "moodle_backup.xml", "told": "page", "module": directory}
    assert reasons == [("module_disagrees", "moodle_backup.xml", details)]


@pytest.mark.rule("P16")
@pytest.mark.parametrize(
    ("moodle", "backup", "target", "newer"),
    [
        ("4.5.6 (Build: 20250811)", "4.5", "4.5", None),
        ("4.5.6", "4.5", "4.4.9", "4.5"),
        ("4.5", "5.0", "4.5", "5.0"),
        ("5.0", "4.5", "4.5", "5.0"),
        ("4.5", "", "5.1+", None),
        ("", "4.5", "4.5", None),
        ("", "", "5.1", "?"),
        ("4.10", "4.9", "4.9", "4.10"),
    ],
)
def test_a_backup_newer_than_its_target_is_refused_with_both_releases(moodle, backup, target, newer):
    found = whole()
    found.information = {"moodle_release": moodle, "backup_release": backup}
    aim = ".".join(map(str, major_release(target)))
    assert judged(found, target_release=target) == (
        [("newer_release", None, {"release": newer, "target": aim})] if newer else []
    )


@pytest.mark.rule("P16")
def test_a_target_that_is_no_release_is_a_mistake_of_who_asks():
    with pytest.raises(ValueError, match="quatre"):
        whole().judge(target_release="quatre")


@pytest.mark.parametrize(
    ("release", "major"),
    [("4.5", (4, 5)), (" 4.5 ", (4, 5)), ("Moodle 4.5", None), ("4.", None), (".5", None), ("12345.6", None)],
)
def test_the_release_is_what_the_text_starts_with(release, major):
    assert major_release(release) == major


# --- people -----------------------------------------------------------------------------------------


def with_people(users, *members, title="Un jeu"):
    found = whole()
    found.settings["users"] = users
    found.activities.append(Activity(80, 21, "whatever", title))
    found.directories.append("activities/whatever_80")
    for name in ("whatever", "module", "inforef"):
        found.names.admit(f"activities/whatever_80/{name}.xml")
    for member in members:
        found.add_person(member, "users/user")
    return judged(found)


OWN = "activities/whatever_80/whatever.xml"


def users_inside(member):
    return [("users_inside", member, {"member": member})]


def writes_people(member, title, module):
    return ("activity_writes_people", member, {"member": member, "title": title, "module": module})


@pytest.mark.parametrize(
    ("users", "members", "reasons"),
    [
        ("0", [], []),
        ("0", [OWN], [writes_people(OWN, "Un jeu", "whatever")]),
        ("0", [OWN, OWN], [writes_people(OWN, "Un jeu", "whatever")]),
        ("1", [OWN], users_inside(OWN)),
        ("", [OWN], users_inside(OWN)),
        ("0", ["users.xml"], users_inside("users.xml")),
        ("0", [OWN, "users.xml"], users_inside("users.xml")),
        ("0", ["activities/quiz_81/quiz.xml", OWN], users_inside("activities/quiz_81/quiz.xml")),
        ("1", [OWN, "users.xml"], users_inside("users.xml")),
    ],
)
def test_people_inside_are_told_by_the_member_that_says_most_and_a_plugin_by_its_own_name(
    users, members, reasons
):
    assert with_people(users, *members) == reasons


def test_an_activity_that_writes_people_and_has_no_title_is_told_by_its_folder():
    assert with_people("0", OWN, title="") == [writes_people(OWN, "whatever_80", "whatever")]
    odd = "activities/a_b_81/a_b.xml"
    assert with_people("0", odd) == [writes_people(odd, "a_b_81", "a_b")]


@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    ("referred", "accounted", "unknown"),
    [
        (["4"], [], 1),
        (["4", "5", "4"], [], 2),
        (["4", "5", "6"], ["5"], 2),
        (["4"], ["4", "9"], 0),
        (["0", "", "x", "-1"], [], 0),
    ],
)
def test_whom_an_activity_refers_to_is_accounted_for_or_reported_with_the_place(referred, accounted, unknown):
    found = whole()
    for user in referred:
        found.add_reference("activities/page_79", user)
    for user in accounted:
        found.account_for("activities/page_79", user)
    found.account_for("activities/other_80", "4")
    found.judge(target_release=None)
    place = ("activities/page_79/inforef.xml", "user", Means.INFOREF, False)
    assert dict(found.traces) == ({place: unknown} if unknown else {})


def test_fifty_places_of_people_are_told_users_xml_first():
    found = whole()
    for number in range(60):
        found.add_person(f"a{number:02}.xml", "users/user")
    found.add_person("users.xml", "users/user")
    found.add_person("users.xml", "users/user")
    made = manifest(found)
    assert made.people
    assert made.people_evidence == (
        "users.xml: users/user (2)",
        *(f"a{number:02}.xml: users/user (1)" for number in range(49)),
    )


# --- what an archive is instead ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left_out", "nested"),
    [
        (["cours.mbz"], "cours.mbz"),
        (["COURS.ZIP"], "COURS.ZIP"),
        (["a.tgz"], "a.tgz"),
        (["a.tar.gz"], "a.tar.gz"),
        (["a.imscc"], "a.imscc"),
        (["notes.txt", "a.mbz", "b.mbz"], "a.mbz"),
        (["a\x00.mbz"], "a?.mbz"),
        (["a.tar", "a.gz", "mbz"], ""),
    ],
)
def test_an_archive_around_an_archive_names_the_first_inside(left_out, nested):
    found = facts()
    for name in left_out:
        found.leave_out(name)
    assert judged(found) == (
        [("archive_in_archive", nested, {"member": nested})] if nested else [("no_moodle_backup", None, {})]
    )


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["moodle.xml", "imsmanifest.xml"], "moodle_1_backup"),
        (["imsmanifest.xml"], "common_cartridge"),
        (["a.xml"], "no_moodle_backup"),
    ],
)
def test_what_was_made_by_something_else_is_told_for_what_it_is(names, what):
    found = facts()
    for name in names:
        found.names.admit(name)
    assert judged(found) == [(what, None, {})]


def test_of_several_folders_the_one_that_holds_the_backup_is_told():
    found = facts()
    for name in ("notes/a.xml", "EX\u00e92/moodle_backup.xml", "other/moodle_backup.xml", "moodle.xml"):
        found.names.admit(name)
    assert judged(found) == [("packed_in_a_folder", None, {"folder": "EX\u00e92"})]


# --- the manifest -----------------------------------------------------------------------------------

INFORMATION = {
    "moodle_release": "4.5.6 (Build: 20250811)",
    "moodle_version": "2024100706",
    "backup_release": "4.5",
    "backup_version": "2024100700",
    "backup_date": "1795294558",
    "original_wwwroot": "https://ecampus.example",
    "original_site_identifier_hash": "7b8a",
    "original_course_id": "5",
    "original_course_format": "weeks",
    "original_course_fullname": "Chimie générale",
    "original_course_shortname": "CHIM",
    "original_course_startdate": "1756677600",
    "original_course_enddate": "1782943200",
}


def test_the_manifest_says_all_that_was_learnt():
    found = Facts(Limits(), Findings(), people=People(people_bin()))
    found.information = dict(INFORMATION)
    found.kind = "course"
    found.course = {"idnumber": "y2an8a", "format": "topics", "summary": "Un cours", "lang": "fr"}
    found.settings = {"users": "0"}
    found.activities = [Activity(79, 21, "page", "Plan")]
    found.directories = ["activities/page_79"]
    found.section_ids = [(22, "2"), (21, "x"), (23, "3")]
    found.sections = {22: Section(22, 1, "Semaine 1")}
    found.groups = [Group(3, "TD 1", "td1")]
    found.plugins = {"mod_page", "block_html"}
    found.add_person("users.xml", "users/user")
    found.add_trace("files.xml", "userid", Means.PLACE, scrubbed=True, times=2)
    found.add_trace("a.xml", "host", Means.NAME, scrubbed=False)
    found.leave_out("notes.txt")
    found.add_file(row(mimetype="application/pdf"))
    old = "https://ecampus.example/mod/page/view.php?id=1"
    found.links.scan("a.xml", f"{old} https://ecampus.example/x {old} https://elsewhere.example/")
    # Both lead into this backup, and are no old links.
    found.links.scan("a.xml", "$@COURSEVIEWBYID*5@$ $@PAGEVIEWBYID*79@$")
    assert found.manifest(Container.ZIP, 12, "ab") == Manifest(
        container=Container.ZIP,
        moodle_release="4.5.6 (Build: 20250811)",
        moodle_version="2024100706",
        backup_release="4.5",
        backup_version="2024100700",
        backup_date=datetime(2026, 11, 21, 20, 55, 58, tzinfo=UTC),
        origin=Origin(
            wwwroot="https://ecampus.example",
            site_hash="7b8a",
            course_id=5,
            fullname="Chimie générale",
            shortname="CHIM",
            idnumber="y2an8a",
            format="topics",
            startdate=datetime(2025, 8, 31, 22, tzinfo=UTC),
            enddate=datetime(2026, 7, 1, 22, tzinfo=UTC),
            summary="Un cours",
            lang="fr",
        ),
        settings={"users": "0"},
        sections=(Section(21, 0, ""), Section(22, 1, "Semaine 1"), Section(23, 3, "")),
        activities=(Activity(79, 21, "page", "Plan"),),
        plugins=("block_html", "format_topics", "mod_page"),
        groups=(Group(3, "TD 1", "td1"),),
        files=Files(1, 3, (LargeFile("cours.pdf", 3),), {"application/pdf": Total(1, 3)}),
        people=True,
        people_evidence=("users.xml: users/user (1)",),
        traces=(
            PersonalTrace("a.xml", "host", 1, scrubbed=False, means=Means.NAME),
            PersonalTrace("files.xml", "userid", 2, scrubbed=True, means=Means.PLACE),
        ),
        old_links=(OldLink("a.xml", old), OldLink("a.xml", "https://ecampus.example/x")),
        size=12,
        sha256="ab",
        old_link_count=3,
        left_out=("notes.txt",),
        left_out_count=1,
        people_known=True,
    )


def test_what_an_archive_does_not_say_is_empty_in_the_manifest():
    found = facts()
    found.information = {"name": "x"}
    assert manifest(found) == Manifest(
        container=Container.TGZ,
        moodle_release="",
        moodle_version="",
        backup_release="",
        backup_version="",
        backup_date=datetime(1970, 1, 1, tzinfo=UTC),
        origin=Origin("", "", 0, "", "", "", "", None, None, "", ""),
        settings={},
        sections=(),
        activities=(),
        plugins=(),
        groups=(),
        files=Files(0, 0, (), {}),
        people=False,
        people_evidence=(),
        traces=(),
        old_links=(),
        size=10,
        sha256="ab",
    )


def test_what_moodle_writes_for_nothing_is_empty_in_the_manifest_too():
    found = facts()
    found.information = dict.fromkeys(INFORMATION, NULL)
    found.course = dict.fromkeys(("idnumber", "format", "summary", "lang"), NULL)
    empty = facts()
    empty.information = {"name": "x"}
    assert manifest(found) == manifest(empty)


def test_without_a_format_of_the_course_that_of_moodle_backup_xml_counts():
    found = facts()
    found.information = dict(INFORMATION)
    made = manifest(found)
    assert (made.origin.format, made.plugins) == ("weeks", ("format_weeks",))


def test_what_is_no_moodle_backup_has_no_manifest():
    assert manifest(facts()) is None


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("0", None),
        ("-5", None),
        ("1", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        ("253402300799", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("253402300800", None),
        ("9" * 30, None),
    ],
)
def test_a_date_is_of_the_years_that_a_calendar_has(written, date):
    found = facts()
    found.information = {"original_course_enddate": written}
    assert manifest(found).origin.enddate == date
