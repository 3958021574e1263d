"""One archive, read as Moodle will read it: what unpacks to something else than a first look says is refused,
what only somebody's packer left behind is no harm."""

import struct
import zipfile
import zlib

import pytest

from passerelle.domain.backups.manifest import Why
from passerelle.domain.backups.refusals import REFUSALS
from passerelle.mbz import BytesSource, inspect, major_release
from passerelle.words.archives import ARCHIVES
from passerelle.words.sentences import say
from tests.factories.mbz import (
    Backup,
    StoredFile,
    gzipped,
    resealed,
    scrubbed,
    tar_member,
    tar_of,
    unpack,
    zip_end,
    zip_of,
)

pytestmark = pytest.mark.rule("P3")
USERS = b"<users><user id='1'><username>mcurie</username></user></users>"


def whats(data, **options):
    """The finer reasons; read through and scrubbed give the same ones."""
    inspection = inspect(BytesSource(data), verify_content=True, **options)
    _, report = scrubbed(data)
    if not options:
        assert report.inspection.reasons == inspection.reasons
    return [reason.what for reason in inspection.reasons]


def tgz_with(header_name, content=USERS):
    """An archive with one more member, whose name is written into the header as given."""
    header = tar_member("x", content)[:512]
    header = resealed(header_name.ljust(100, b"\0") + header[100:])
    more = header + content + bytes(-len(content) % 512)
    return gzipped(tar_of(Backup().parts(), indexed=False)[:-1024] + more + bytes(1024))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        (b"users\0.xml", "name_after_nul"),
        (b"users.xml\0junk", "name_after_nul"),
        ("users.xm\x85l".encode(), "name_cleaned"),
        ("users.xml\x9f".encode(), "name_cleaned"),
        ("users\ufffe.xml".encode(), "name_cleaned"),
        ("users\uffff.xml".encode(), "name_cleaned"),
        (b"us\x7fers.xml", "name_cleaned"),
        (b'us"ers.xml', "name_cleaned"),
        (b"us\xffers.xml", "name_not_utf8"),
        (b"../users.xml", "name_leaves_folder"),
    ],
)
def test_a_name_that_moodle_would_read_as_another_one_is_refused_in_a_tgz(name, what):
    assert whats(tgz_with(name)) == [what]


@pytest.mark.parametrize("sign", ["\x85", "\ufffe", "\uffff", "\x7f", '"', "|"])
def test_a_name_that_moodle_would_read_as_another_one_is_refused_in_a_zip(sign):
    pairs = [*Backup().parts().items(), (f"users.xm{sign}l", USERS)]
    assert whats(zip_of(pairs)) == ["name_cleaned"]


def unicode_path(name, second):
    return struct.pack("<2HBL", 0x7075, 5 + len(second), 1, zlib.crc32(name)) + second


def test_a_second_name_in_the_unicode_path_field_is_refused():
    def change(info):
        if info.filename == "junk/x":
            info.extra = unicode_path(b"junk/x", b"users.xml")

    pairs = [*Backup().parts().items(), ("junk/x", USERS)]
    assert whats(zip_of(pairs, change=change)) == ["name_in_unicode_field"]


@pytest.mark.parametrize("extra", [b"\x01", b"\x01\x00", b"\x55\x54\x09\x00\x01", b"\x55\x54\x00\x00\x01"])
def test_extra_fields_that_do_not_add_up_are_damage(extra):
    """libzip would rather read an end record of nothing that stands in a content."""

    def longer(record):
        name = struct.unpack_from("<H", record, 28)[0]
        changed = record[:30] + struct.pack("<H", len(extra)) + record[32 : 46 + name] + extra
        return changed if b"badges.xml" in record else record

    assert whats(central_records_changed(Backup().zip(), longer)) == ["contents_damaged"]


def central_records_changed(data, change):
    """The zip with each central record as `change` makes it, and the end record made true again."""
    count, length, start = zip_end(data)
    table, out, place = data[start : start + length], b"", 0
    while place < length:
        name, extra, comment = struct.unpack_from("<3H", table, place + 28)
        stop = place + 46 + name + extra + comment
        out += change(table[place:stop])
        place = stop
    return data[:start] + out + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(out), start, 0)


def with_comment(record, comment):
    return record[:32] + struct.pack("<H", len(comment)) + record[34:] + comment


def test_a_comment_on_a_record_of_the_table_of_contents_is_refused():
    data = central_records_changed(
        Backup().zip(), lambda record: with_comment(record, b"bonjour") if b"badges.xml" in record else record
    )
    assert whats(data) == ["zip_comment"]


def test_a_zip64_record_that_nothing_calls_for_is_refused():
    data = Backup().zip()
    count, length, start = zip_end(data)
    end = len(data) - 22
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, start)
    hidden = end64 + struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    last = data.rfind(b"PK\1\2")
    # In the last record's comment, so that the table still ends where the end record begins.
    commented = with_comment(data[last:end], hidden)
    crafted = (
        data[:last]
        + commented
        + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, length + len(hidden), start, 0)
    )
    assert whats(crafted) == ["zip64_uncalled_for"]


def test_a_second_table_of_contents_which_libzip_might_prefer_is_refused():
    """In a stored content: an end record that points at a table of its own."""
    inner = zip_of({"users.xml": USERS})
    _, length, start = zip_end(inner)
    table = inner[start : start + length]
    plain = zip_of(Backup(files=(StoredFile(b"\0" * (len(table) + 22)),)).parts(), change=stored)
    at = plain.index(b"\0" * (len(table) + 22))
    content = table + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(table), at, 0)
    data = zip_of(Backup(files=(StoredFile(content),)).parts(), change=stored)
    assert data.index(content) == at
    assert whats(data) == ["two_tables_of_contents"]


def stored(info):
    info.compress_type = zipfile.ZIP_STORED


def test_a_zip_kept_in_a_course_is_no_second_table_of_contents():
    inside = StoredFile(zip_of({"exercice.txt": b"bonjour"}), name="exercice.zip")
    assert whats(zip_of(Backup(files=(inside,)).parts(), change=stored)) == []


def test_the_archives_own_comment_is_not_handed_on():
    data = Backup().zip()
    commented = data[:-2] + struct.pack("<H", 12) + b"Marie Curie!"
    out, report = scrubbed(commented)
    assert report.accepted
    assert b"Marie" not in out[-100:]


def test_a_name_that_differs_between_directory_and_header_is_refused():
    data = Backup().with_member("usefs.xml", "<users/>").zip()
    _, _, start = zip_end(data)
    assert whats(data[:start] + data[start:].replace(b"usefs.xml", b"users.xml")) == ["names_differ"]


@pytest.mark.parametrize("encoding", ["UTF-7", "ISO-8859-1", "windows-1252", "UTF-16", "utf-8-sig"])
def test_xml_that_declares_another_encoding_is_refused(encoding):
    body = f'<?xml version="1.0" encoding="{encoding}"?><badges/>'.encode()
    assert whats(Backup().with_member("badges.xml", body).tgz()) == ["xml_encoding"]


@pytest.mark.parametrize("head", ["", '<?xml version="1.0"?>', "<?xml version='1.0' encoding='utf-8'?>"])
def test_xml_that_declares_utf_8_or_nothing_is_read(head):
    assert whats(Backup().with_member("badges.xml", f"{head}<badges/>".encode()).tgz()) == []


def test_the_module_of_an_activity_is_what_its_root_says_and_its_folder_must_agree():
    quiz = '<activity id="1" moduleid="80" modulename="quiz"><quiz><name>x</name></quiz></activity>'
    assert whats(Backup().with_member("activities/label_80/label.xml", quiz).tgz()) == ["module_disagrees"]
    assert whats(Backup().with_member("activities/label_80/quiz.xml", quiz).tgz()) == ["module_disagrees"]


def test_the_list_of_activities_must_name_the_folder_of_the_module_it_names():
    parts = Backup().parts()
    told = parts["moodle_backup.xml"].replace(b"<modulename>page<", b"<modulename>quiz<")
    data = Backup().with_member("moodle_backup.xml", told)
    data = data.with_member("activities/page_79/quiz.xml", "<activity><quiz/></activity>")
    assert "module_disagrees" in whats(data.tgz())


@pytest.mark.parametrize("attempt", ["<attempts><attempt id='1'><userid>4</userid></attempt></attempts>"])
def test_a_quiz_under_the_name_of_a_label_hides_nobody(attempt):
    quiz = f"<activity><quiz>{attempt}</quiz></activity>"
    assert "users_inside" in whats(Backup().with_member("activities/label_80/quiz.xml", quiz).tgz())


# --- no dead end for odd text -----------------------------------------------------------------------

ODD = ["²", "٣", "9" * 5_000, "-1", "1e5", " 7 ", "\u0085", "0x10", "१२", "½", "1.5", "+4", "𝟙"]


@pytest.mark.parametrize("odd", ODD)
def test_odd_text_in_any_field_of_any_member_gets_a_verdict(odd):
    for name, content in Backup().parts().items():
        if not name.endswith(".xml"):
            continue
        text = content.decode()
        for element in ("userid", "filesize", "id", "number", "moduleid", "sectionid", "backup_date", "name"):
            changed = text.replace(f"</{element}>", f"{odd}</{element}>").replace(' id="', f' id="{odd}')
            reasons = inspect(BytesSource(Backup().with_member(name, changed.encode()).tgz())).reasons
            assert "xml_unreadable" not in [reason.what for reason in reasons]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("module", ["quiz", "somethingelse"])
def test_an_odd_user_id_in_an_activity_gets_a_verdict(odd, module):
    body = f"<activity><{module}><overrides><o id='1'><userid>{odd}</userid></o></overrides></{module}></activity>"
    inspection = inspect(
        BytesSource(Backup().with_member(f"activities/{module}_80/{module}.xml", body).tgz())
    )
    assert {reason.what for reason in inspection.reasons} <= {"users_inside", "activity_writes_people"}


def test_a_reader_that_stumbles_gives_a_verdict_all_the_same(monkeypatch):
    from passerelle.mbz.readers import MemberReader

    def stumble(*_, **__):
        raise KeyError("something nobody thought of")

    monkeypatch.setattr(MemberReader, "leaf", stumble)
    reasons = inspect(BytesSource(Backup().tgz())).reasons
    assert [reason.what for reason in reasons] == ["xml_unreadable"]


# --- harmless ---------------------------------------------------------------------------------------


def test_an_archive_packed_with_a_dot_before_the_names_is_scrubbed_into_one_without():
    parts = {f"./{name}": content for name, content in Backup().parts().items()}
    data = gzipped(tar_member("./") + tar_of(parts, indexed=False))
    assert whats(data) == []
    out, _ = scrubbed(data)
    assert set(unpack(out)) == {name for name in Backup().parts() if not name.endswith("/")}
    assert inspect(BytesSource(out)).accepted


def test_dots_before_the_names_of_a_zip_go_as_well():
    pairs = [("./", b""), *((f"./{name}", content) for name, content in Backup().parts().items())]
    out, report = scrubbed(zip_of(pairs))
    assert report.accepted
    assert set(unpack(out)) == {name for name in Backup().parts() if not name.endswith("/")}
    assert inspect(BytesSource(out), verify_content=True).accepted


def test_who_packed_an_archive_by_hand_is_not_handed_on():
    import tarfile

    def packed(name, content):
        info = tarfile.TarInfo(name)
        info.size, info.uname, info.gname, info.uid = len(content), "mcurie", "physique", 1000
        return info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)

    files = {name: content for name, content in Backup().parts().items() if not name.endswith("/")}
    data = gzipped(b"".join(packed(name, content) for name, content in files.items()) + bytes(1024))
    out, report = scrubbed(data)
    assert report.accepted
    assert b"mcurie" not in zlib.decompress(out, 31)
    assert set(unpack(out)) == set(files)


LITTER = {
    "__MACOSX/._moodle_backup.xml": b"\0\5\x16\7",
    "__MACOSX/course/._course.xml": b"\0\5\x16\7",
    "course/._course.xml": b"\0\5\x16\7",
    ".DS_Store": b"\0\0\0\1Bud1",
    "course/.DS_Store": b"x",
    "Thumbs.db": b"x",
}
FOREIGN = {
    "users.csv": b"username;email\nmcurie;marie@univ.example\n",
    "old/backup.mbz": b"PK",
    "sauvegarde.zip": b"PK",
    "course/course.xml.bak": b"<course/>",
    "moodle_backup.xml~": b"<moodle_backup/>",
    "notes.txt": b"Marie Curie",
    "files.xml.d/more.xml": b"<more/>",
}


@pytest.mark.parametrize("container", ["tgz", "zip"])
@pytest.mark.parametrize("name", [*LITTER, *FOREIGN])
def test_what_moodle_never_writes_is_left_out_and_told(name, container):
    content = {**LITTER, **FOREIGN}[name]
    data = getattr(Backup().with_member(name, content), container)()
    assert whats(data) == []
    out, report = scrubbed(data)
    assert name not in unpack(out)
    assert report.inspection.manifest.left_out == (name,)
    after = inspect(BytesSource(out), verify_content=True)
    assert after.accepted, after.reasons
    assert after.manifest.left_out == ()


def test_litter_that_came_after_moodle_wrote_its_index_is_no_damage():
    parts = Backup().parts()
    tar = tar_of(parts)[:-1024] + tar_member(".DS_Store", b"x") + bytes(1024)
    assert whats(gzipped(tar)) == []


@pytest.mark.parametrize("container", ["tgz", "zip"])
def test_the_log_of_the_backup_is_emptied_and_its_length_stands(container):
    data = getattr(Backup().with_member("moodle_backup.log", b"[info] by Marie Curie\n" * 40), container)()
    out, report = scrubbed(data)
    log = unpack(out)["moodle_backup.log"]
    assert log.strip() == b""
    assert len(log) == 22 * 40
    assert ("moodle_backup.log", "log") in [(trace.member, trace.element) for trace in report.scrubbed]


@pytest.mark.parametrize(
    ("release", "major"),
    [
        ("4.5rc1 (Build: 20240920)", (4, 5)),
        ("3.9.2rc1", (3, 9)),
        ("4.5beta", (4, 5)),
        ("4.4dev (Build: 1)", (4, 4)),
        ("5.0.6+ (Build: 20260403)", (5, 0)),
        ("5.10", (5, 10)),
        ("²", None),
        ("4", None),
        ("", None),
    ],
)
@pytest.mark.rule("P16")
def test_a_release_candidate_is_its_release(release, major):
    assert major_release(release) == major


# --- what an archive is instead of a backup ---------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"moodle.xml": b"<MOODLE_BACKUP/>"}, "moodle_1_backup"),
        ({"imsmanifest.xml": b"<manifest/>"}, "common_cartridge"),
        ({"cours.mbz": b"x"}, "archive_in_archive"),
        ({f"sauvegarde/{name}": body for name, body in Backup().parts().items()}, "packed_in_a_folder"),
        ({"word/document.xml": b"<w/>"}, "no_moodle_backup"),
    ],
)
def test_what_is_no_backup_is_told_for_what_it_is(parts, what):
    assert whats(zip_of(parts)) == [what]
    assert whats(gzipped(tar_of(parts, indexed=False))) == [what]


def test_a_folder_packed_by_the_finder_of_a_mac_is_told_with_its_name():
    parts = {f"EX1/{name}": body for name, body in Backup().parts().items()}
    data = zip_of({**parts, "__MACOSX/EX1/._moodle_backup.xml": b"\0\5\x16\7"})
    reasons = inspect(BytesSource(data)).reasons
    assert [(reason.what, reason.details) for reason in reasons] == [
        ("packed_in_a_folder", {"folder": "EX1"})
    ]


# --- an activity that is not whole -----------------------------------------------------------------


@pytest.mark.parametrize("part", ["page", "module", "roles", "inforef"])
def test_an_activity_without_one_of_the_files_that_a_restore_reads_is_truncated(part):
    data = Backup().with_member(f"activities/page_79/{part}.xml", None).tgz()
    reasons = inspect(BytesSource(data)).reasons
    assert [(r.code, r.what, r.member) for r in reasons] == [
        (Why.TRUNCATED, "activity_part_missing", f"activities/page_79/{part}.xml")
    ]
    assert "Plan" in reasons[0].message


GRADED = [
    (
        "inforef",
        "<inforef><grade_itemref><grade_item><id>12</id></grade_item></grade_itemref></inforef>",
    ),
    ("page", "<activity><page id='1'><name>Plan</name><grade>100</grade></page></activity>"),
]


@pytest.mark.parametrize(("part", "body"), GRADED)
def test_an_activity_with_grades_needs_its_grades(part, body):
    backup = Backup().with_member(f"activities/page_79/{part}.xml", body)
    assert whats(backup.tgz()) == ["activity_part_missing"]
    assert whats(backup.with_member("activities/page_79/grades.xml", "<activity_gradebook/>").tgz()) == []


# --- sentences --------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", REFUSALS)
def test_each_refusal_has_a_sentence_in_both_languages_that_says_what_to_do(what):
    details = dict.fromkeys(
        ("member", "folder", "title", "module", "told", "kind", "line", "encoding", "size"), "x"
    ) | {"limit": "x", "release": "x", "target": "x"}
    french, english = say(what, "fr", **details), say(what, "en", **details)
    for text in (french, english):
        assert "…" not in text
        assert text.endswith(".")
        assert len(text.split()) > 8
    assert french != english


def test_no_refusal_is_worded_twice_and_none_is_without_words():
    assert set(REFUSALS) - {"too_large", "newer_release"} <= set(ARCHIVES)
    texts = [ARCHIVES[what] for what in REFUSALS if what in ARCHIVES]
    assert len(set(texts)) == len(texts)
