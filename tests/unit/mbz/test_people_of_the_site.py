"""P20: what a site knows of its people, as salted hashes beside the archive."""

import pytest

from passerelle.domain.backups.manifest import Means
from passerelle.mbz import BadPeople, BytesSource, People, inspect
from passerelle.mbz.people import full_name, lowered
from tests.factories.mbz import Backup, scrubbed, unpack, with_activity
from tests.factories.people import SALT, people_bin

pytestmark = pytest.mark.rule("P20")
SITE = People(
    people_bin(
        emails=["jeanne.exemple@univ.example"],
        logins=["jexemple", "21900123", "page", "test"],
        names=["Jeanne Exemple", "Exemple Jeanne", "Émilie-Anne O’Brien"],
    )
)


def traces(backup, people=SITE):
    """(element, means, scrubbed, count) of what is found."""
    manifest = inspect(BytesSource(backup.tgz()), people=people).manifest
    return [(t.element, t.means, t.scrubbed, t.count) for t in manifest.traces]


def test_the_values_are_those_that_the_plugin_writes():
    """The vectors that the plugin's own tests hold, with the salt 00 01 … 1f."""
    data = people_bin(emails=["ada@example.org"], logins=["alovelace"], names=["Émilie-Anne O’Brien"])
    assert data[24:56] == SALT
    assert [data[place : place + 8].hex() for place in (56, 64, 72)] == [
        "872876a39f04a4d8",
        "42e82b2bde7b25be",
        "b0fc331fe7d181ba",
    ]


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Émilie-Anne O’Brien", "emilie anne o brien"),
        ("  DUPONT\u00a0Jean ", "dupont jean"),
        ("Ängström  (Zoë)", "angstrom zoe"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
        ("…", ""),
    ],
)
def test_a_full_name_is_compared_without_accents_case_and_punctuation(text, normal):
    assert full_name(text) == normal


def test_an_address_or_a_login_is_compared_without_case_of_plain_letters_only():
    assert lowered("\u00a0ADA@Example.org\u200b") == "ada@example.org"
    assert lowered("ÉA") == "Éa"


@pytest.mark.parametrize("value", ["jexemple", " JExemple ", "21900123"])
def test_a_login_in_a_field_of_a_plugin_is_scrubbed(value):
    backup = with_activity("whatever", f"<zzz>{value}</zzz>")
    assert traces(backup) == [("zzz", Means.PEOPLE, True, 1)]
    assert traces(backup, people=None) == []
    out, report = scrubbed(backup.tgz(), people=SITE)
    assert report.accepted
    assert value.encode() not in unpack(out)["activities/whatever_80/whatever.xml"]


def test_a_login_as_an_attribute_is_scrubbed():
    backup = with_activity("whatever", "<row who='jexemple'><n>1</n></row>")
    assert traces(backup) == [("row@who", Means.PEOPLE, True, 1)]


def test_a_login_in_a_custom_field_of_the_course_is_scrubbed():
    course = "<course id='5'><format>topics</format><customfields><customfield id='1'><type>text</type><value>jexemple</value></customfield></customfields></course>"
    assert traces(Backup(files=()).with_member("course/course.xml", course)) == [
        ("value", Means.PEOPLE, True, 1)
    ]


def test_what_moodle_itself_writes_is_no_login_though_somebody_is_called_so():
    """`page` is a module and `test` a title: emptying them would break the course for a login's sake."""
    backup = with_activity("whatever", "<name>test</name><type>page</type>")
    out, report = scrubbed(backup.tgz(), people=SITE)
    assert report.accepted
    assert report.scrubbed == ()
    assert b"<modulename>page</modulename>" in unpack(out)["moodle_backup.xml"]
    assert inspect(BytesSource(out)).accepted


@pytest.mark.parametrize(
    "name",
    [
        "Jeanne Exemple",
        "EXEMPLE Jeanne",
        "jeanne exemple",
        "Jeanne\u00a0Exemple",
        "Emilie Anne O'Brien",
        "émilie-anne o’brien",
    ],
)
def test_a_full_name_is_reported_with_its_place_and_stays(name):
    backup = with_activity("whatever", f"<zzz>{name}</zzz>")
    assert traces(backup) == [("zzz", Means.PEOPLE, False, 1)]
    out, _ = scrubbed(backup.tgz(), people=SITE)
    assert name.encode() in unpack(out)["activities/whatever_80/whatever.xml"]


def test_a_full_name_is_reported_wherever_it_stands():
    section = "<section id='21'><number>1</number><name>Jeanne Exemple</name><summary></summary></section>"
    backup = Backup(files=()).with_member("sections/section_21/section.xml", section)
    assert traces(backup) == [("name", Means.PEOPLE, False, 1)]


def test_addresses_in_texts_are_compared_too():
    text = "écrire à jeanne.exemple@univ.example ou à quelqu@autre.example"
    assert traces(with_activity("whatever", f"<intro>{text}</intro>")) == [
        ("intro", Means.PEOPLE, False, 1),
        ("intro", Means.TEXT, False, 1),
    ]


@pytest.mark.parametrize(
    "value", ["jexempl", "jexemple2", "219001", "Jeanne", "Jeanne Exemple Dupont", "bonjour"]
)
def test_whoever_is_not_of_the_site_is_nobody(value):
    assert traces(with_activity("whatever", f"<zzz>{value}</zzz>")) == []


def test_another_salt_gives_other_values_and_the_same_answers():
    one, two = (people_bin(logins=["jexemple"], salt=bytes([n]) * 32) for n in (1, 2))
    assert one[56:] != two[56:]
    assert People(one).has_login("jexemple")
    assert People(two).has_login("jexemple")


def test_the_manifest_says_whether_the_people_were_known():
    data = Backup(files=()).tgz()
    assert inspect(BytesSource(data), people=SITE).manifest.people_known
    assert not inspect(BytesSource(data)).manifest.people_known


GOOD = people_bin(emails=["a@b.fr"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD[:-1],
        GOOD + b"\0",
        b"X" + GOOD[1:],
        GOOD[:8] + b"\2" + GOOD[9:],
        GOOD[:9] + b"\4" + GOOD[10:],
        GOOD[:10] + b"\0\1" + GOOD[12:],
        GOOD[:12] + b"\xff\xff\xff\xff" + GOOD[16:],
    ],
)
def test_a_file_of_another_form_is_refused(data):
    with pytest.raises(BadPeople):
        People(data)


def test_a_site_without_people_sends_an_empty_file():
    assert not People(people_bin()).has_login("x")
