"""People that third-party activities write though a backup is made without users: found by value, by name,
by a table of plugins and by Moodle's own word."""

import html
import json
import re

import pytest

from passerelle.domain.backups.manifest import Means, Why
from passerelle.mbz import BytesSource, inspect
from passerelle.mbz.addresses import LONGEST_VALUE, addresses_in, are_addresses
from passerelle.mbz.plugins import KEYS, PLUGIN_PLACES
from tests.factories.mbz import Backup, scrubbed, unpack, with_activity

pytestmark = pytest.mark.rule("P4")
MAIL = "jeanne.exemple@univ.example"


def outcome(module, body, **options):
    """The activity's own file afterwards, and (element, means, scrubbed) of what was found in it."""
    keep_keys = options.pop("keep_keys", False)
    backup = with_activity(module, body, **options)
    out, report = scrubbed(backup.tgz(), keep_keys=keep_keys)
    assert report.accepted, report.inspection.reasons
    found = {
        (t.element, t.means, t.scrubbed) for t in report.inspection.manifest.traces if module in t.member
    }
    zipped, _ = scrubbed(backup.zip(), keep_keys=keep_keys)
    member = f"activities/{module}_80/{module}.xml"
    assert unpack(zipped)[member] == unpack(out)[member]
    assert len(unpack(out)[member]) == len(backup.parts()[member])
    assert inspect(BytesSource(out)).accepted
    return unpack(out)[member].decode(), found


# --- by value ---------------------------------------------------------------------------------------

ADDRESSES = [
    MAIL,
    f"{MAIL},paul.modele@univ.example",
    f"{MAIL}; paul@univ.example",
    f"{MAIL}\npaul@univ.example\n",
    f"  {MAIL} ",
    f"Jeanne Exemple &lt;{MAIL}&gt;",
    f"mailto:{MAIL}",
    f'["{MAIL}","paul@univ.example"]',
    "éloïse@univ-caen.example",
    "o'brien+x@sub.univ.example",
]


@pytest.mark.parametrize("value", ADDRESSES)
@pytest.mark.parametrize("element", ["notify_to", "recipients", "zzz"])
def test_a_leaf_that_is_one_or_more_addresses_is_scrubbed_whatever_its_name(value, element):
    text, found = outcome("whatever", f"<name>x</name><{element}>{value}</{element}>")
    assert re.search(rf"<{element}></{element}> +", text)
    assert found == {(element, Means.VALUE, True)}


def test_an_attribute_that_is_an_address_is_scrubbed():
    text, found = outcome("whatever", f"<row id='7' to=\"{MAIL}\" kind='a'><x>1</x></row>")
    assert re.search(r"<row id='7' to=\"\" +kind='a'>", text)
    assert found == {("row@to", Means.VALUE, True)}


@pytest.mark.parametrize(
    ("member", "body"),
    [
        ("course/course.xml", "<course id='5'><summary>{}</summary><format>topics</format></course>"),
        ("activities/page_79/page.xml", "<activity><page id='1'><intro>{}</intro></page></activity>"),
        ("course/blocks/x_1/block.xml", "<block id='1'><contact>{}</contact></block>"),
        ("questions.xml", "<question_categories><question><name>{}</name></question></question_categories>"),
    ],
)
def test_an_address_is_scrubbed_anywhere(member, body):
    out, report = scrubbed(Backup(files=()).with_member(member, body.format(MAIL)).tgz())
    assert report.accepted
    assert MAIL.encode() not in unpack(out)[member]
    assert [(t.member, t.means, t.scrubbed) for t in report.scrubbed] == [(member, Means.VALUE, True)]


def test_an_address_inside_a_text_is_reported_with_its_place_and_stays():
    text, found = outcome("whatever", f"<intro>&lt;p&gt;Écrire à {MAIL} ou passer.&lt;/p&gt;</intro>")
    assert MAIL in text
    assert found == {("intro", Means.TEXT, False)}


def test_an_address_in_the_settings_of_a_block_is_reported():
    import base64

    settings = base64.b64encode(f's:4:"text";s:9:"<p>{MAIL}</p>"'.encode()).decode()
    block = f"<block id='1'><blockname>html</blockname><configdata>{settings}</configdata></block>"
    manifest = inspect(
        BytesSource(Backup(files=()).with_member("course/blocks/html_6/block.xml", block).tgz())
    ).manifest
    assert [(t.element, t.means, t.scrubbed) for t in manifest.traces] == [("configdata", Means.TEXT, False)]


@pytest.mark.parametrize(
    "value",
    [
        "photo@2x.png",
        "$@QUIZVIEWBYID*3@$",
        "@@PLUGINFILE@@/x.png",
        "a@b",
        "@univ.example",
        "x@",
        "@",
        "a @ b.fr",
    ],
)
def test_what_only_looks_like_an_address_stays_and_is_not_reported(value):
    text, found = outcome("whatever", f"<value>{value}</value>")
    assert value in text
    assert found == set()


def test_a_file_that_is_called_after_an_address_keeps_its_name():
    row = f"<files><file id='1'><contenthash>da39a3ee5e6b4b0d3255bfef95601890afd80709</contenthash><filename>{MAIL}</filename><filesize>0</filesize></file></files>"
    out, report = scrubbed(Backup(files=()).with_member("files.xml", row).tgz())
    assert MAIL.encode() in unpack(out)["files.xml"]
    assert [(t.element, t.scrubbed) for t in report.reported] == [("filename", False)]


def test_addresses_are_scrubbed_whatever_the_pieces_an_archive_comes_in():
    data = with_activity("whatever", f"<a>{'x' * 300}</a><to>{MAIL}</to><b to='{MAIL}'/>").zip()

    class Pieces(BytesSource):
        def __init__(self, data, piece):
            super().__init__(data)
            self.piece = piece

        def stream(self, start=0, length=None, chunk=0):
            return super().stream(start, length, self.piece)

    import io

    from passerelle.mbz import scrub

    outs = set()
    for piece in (7, 11, 64, 1000, 100_000):
        out = io.BytesIO()
        assert scrub(Pieces(data, piece), out).accepted
        outs.add(unpack(out.getvalue())["activities/whatever_80/whatever.xml"])
    assert len(outs) == 1
    assert MAIL.encode() not in outs.pop()


@pytest.mark.parametrize("value", [f"<![CDATA[{MAIL}]]>", f"<!-- <to> -->{MAIL}", f"{MAIL}<?x <to> ?>"])
def test_an_address_written_as_no_moodle_writes_it_is_refused_alike_by_inspection_and_scrubbing(value):
    data = with_activity("whatever", f"<to>{value}</to>").tgz()
    _, report = scrubbed(data)
    reasons = inspect(BytesSource(data)).reasons
    assert [r.what for r in reasons] == [r.what for r in report.inspection.reasons] == ["xml_not_scrubbable"]


@pytest.mark.parametrize(
    "text", ["@" * 200_000, "a" * 200_000 + "@", "a@" * 100_000, ("a" * 60 + "@") * 3_000]
)
def test_text_that_is_an_address_but_for_its_end_is_none_and_holds_up_nobody(text):
    """A pattern that tries every beginning anew would not come back from these."""
    assert addresses_in(text) == []
    assert not are_addresses(text[:60_000])


# --- by name ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("ownerid", "41"),
        ("ownerln", "Exemple"),
        ("authorid", "41"),
        ("author", "Jeanne Exemple"),
        ("creator", "41"),
        ("createdby", "41"),
        ("lasttakenby", "41"),
        ("mainteacher", "41"),
        ("teachername", "Jeanne Exemple"),
        ("organizer", "jexemple"),
        ("organisername", "Jeanne"),
        ("projectmanager", "jexemple"),
        ("host_id", "AbC12"),
        ("emailcontact", "le secrétariat"),
        ("adminemails", "jexemple, pmodele"),
        ("reviewuserid", "41"),
    ],
)
def test_a_field_whose_name_says_that_it_holds_somebody_is_reported(element, value):
    _, found = outcome("whatever", f"<{element}>{value}</{element}>")
    assert found == {(element, Means.NAME, False)}


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("emailteachers", "1"),
        ("emaildelay", "3600"),
        ("teacherentry", "0"),
        ("ownerid", "$@NULL@$"),
        ("sortby", "timecreated"),
        ("author", ""),
        ("authorised", "admin only"),
        ("notifyemailteachers", "&lt;p&gt;Bonjour, une séance est ouverte.&lt;/p&gt;"),
        ("pollurlteachers", "-1"),
        ("teacherroleid", "3"),
        ("emailsubject", "Absences"),
        ("emailcontent", "Bonjour"),
    ],
)
def test_a_switch_a_number_or_a_text_of_such_a_name_is_not(element, value):
    _, found = outcome("whatever", f"<{element}>{value}</{element}>")
    assert found == set()


@pytest.mark.rule("P3")
def test_a_user_id_as_an_attribute_counts_just_as_one_in_an_element():
    for row in (
        '<progress questionid="9" userid="41"><n>3</n></progress>',
        "<progress><userid>41</userid></progress>",
    ):
        reasons = inspect(BytesSource(with_activity("studentquiz", row).tgz())).reasons
        assert [(r.code, r.what) for r in reasons] == [(Why.PEOPLE_INSIDE, "activity_writes_people")]


@pytest.mark.rule("P3")
def test_an_activity_that_writes_its_users_whatever_the_settings_say_is_named_with_its_title():
    reasons = inspect(BytesSource(with_activity("studentquiz", "<a><userid>41</userid></a>").tgz())).reasons
    assert reasons[0].details["title"] == "Un test"
    assert reasons[0].details["module"] == "studentquiz"
    assert "Un test" in reasons[0].message
    assert "without that activity" in reasons[0].message


@pytest.mark.rule("P3")
def test_where_the_backup_was_made_with_users_the_advice_is_to_make_it_without():
    parts = with_activity("studentquiz", "<a><userid>41</userid></a>")
    told = parts.parts()["moodle_backup.xml"].decode()
    told = re.sub(r"<name>users</name>\s*<value>0</value>", "<name>users</name><value>1</value>", told)
    reasons = inspect(BytesSource(parts.with_member("moodle_backup.xml", told.encode()).tgz())).reasons
    assert [r.what for r in reasons] == ["users_inside"]


# --- by the table of plugins ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "element"),
    [(row, element) for row in PLUGIN_PLACES for element in row.elements],
    ids=lambda value: value if isinstance(value, str) else value.module,
)
def test_each_place_of_the_table_is_scrubbed_and_says_why_it_stands_there(row, element):
    value = "<userid>41</userid>" if row.elements[element].value == "remove" else "4177"
    body = f"<{element} id='3'>{value}</{element}>"
    body = f"<{row.within}>{body}</{row.within}>" if row.within else body
    text, found = outcome(row.module, body)
    assert "41" not in text
    assert found == {(element, Means.PLUGIN, True)}
    assert len(row.why.split()) > 3


@pytest.mark.parametrize(
    ("row", "element"),
    [(row, element) for row in KEYS for element in row.elements],
    ids=lambda value: value if isinstance(value, str) else value.module,
)
def test_a_password_that_opens_something_is_emptied_for_a_publication_and_kept_for_a_change_of_year(
    row, element
):
    body = f"<{element}>77sesame</{element}>"
    text, found = outcome(row.module, body)
    assert "sesame" not in text
    assert found == {(element, Means.KEY, True)}
    text, found = outcome(row.module, body, keep_keys=True)
    assert "77sesame" in text
    assert found == {(element, Means.KEY, False)}


def test_the_owner_of_a_turnitin_class_leaves_nothing():
    body = (
        "<name>Devoir</name><course id='2'><courseid>5</courseid><ownerid>41</ownerid>"
        "<ownertiiuid>900041</ownertiiuid><owneremail>jeanne.exemple@univ.example</owneremail>"
        "<ownerfn>Jeanne</ownerfn><ownerln>Exemple</ownerln><ownerun>jexemple</ownerun></course>"
    )
    text, _ = outcome("turnitintooltwo", body)
    assert not re.search(r"41|eanne|xemple", text)
    assert "<courseid>5</courseid>" in text


def test_a_bookings_history_goes_and_its_options_stay():
    body = (
        "<bookingmanager>jexemple</bookingmanager><options><option id='2'><text>TD1</text></option></options>"
        "<history><historyitem id='1'><optionid>2</optionid><userid>41</userid><json>{}</json></historyitem></history>"
    )
    text, _ = outcome("booking", body)
    assert re.search(r"<history> +</history>", text)
    assert "<option id='2'><text>TD1</text></option>" in text


def test_a_bookings_rules_go_because_their_json_says_to_whom_they_write():
    body = (
        "<options><option id='2'><text>TD1</text><usercreated>41</usercreated><usermodified>42</usermodified>"
        '<availability>[{"id":13,"name":"selectusers","userids":["41"]}]</availability></option></options>'
        "<bookingrules><bookingrule id='1'><rulename>rule_daysbefore</rulename>"
        '<rulejson>{"conditionname":"select_users","conditiondata":{"userids":["41","42"]}}</rulejson>'
        "</bookingrule></bookingrules>"
    )
    text, found = outcome("booking", body, inforef=REFERENCES)
    assert re.search(r"<bookingrules> +</bookingrules>", text)
    assert "<usercreated>0</usercreated>" in text
    assert "<usermodified>0</usermodified>" in text
    assert '"name":"selectusers","userids":[-1]}]</availability> ' in text
    assert ("availability", Means.PLUGIN, True) in found
    assert Means.INFOREF not in {means for _, means, _ in found}


@pytest.mark.parametrize(
    ("printed", "data", "names"),
    [
        ("teachername", "41", True),
        ("teachername", "0", False),
        ("teachername", "$@NULL@$", False),
        ("coursename", "1", False),
        ("grade", "41", False),
    ],
)
def test_the_teacher_whose_name_a_certificate_prints_is_scrubbed_where_it_is_a_bare_id(printed, data, names):
    body = (
        "<template id='1'><pages><page id='1'><element id='1'><name>Nom</name><element>teachername</element>"
        "<data>$@NULL@$</data></element>"
        f"<element id='2'><name>Nom</name><element>{printed}</element><data>{data}</data></element>"
        "<element id='3'><name>Note</name><element>grade</element><data>77</data></element>"
        "</page></pages></template>"
    )
    text, found = outcome("customcert", body)
    assert ("<data>0</data>" if names else f"<data>{data}</data>") in text
    assert "<data>77</data>" in text
    assert found == ({("data", Means.PLUGIN, True)} if names else set())


@pytest.mark.parametrize(
    ("module", "element", "before", "after"),
    [
        ("customcert", "data", '{"teacher":"41","font":"x"}', '{"font":"x"}'),
        ("customcert", "data", '{"font": "x", "teacher": 7}', '{"font": "x"}'),
        ("customcert", "data", '{"teacher":"41"}', "{}"),
        ("customcert", "data", "{&quot;a&quot;:1,&quot;teacher&quot;:&quot;41&quot;,&quot;b&quot;:2}", None),
        (
            "booking",
            "availability",
            '[{"id":13,"userids":["41","42"],"x":1}]',
            '[{"id":13,"userids":[-1],"x":1}]',
        ),
        (
            "booking",
            "availability",
            '[{"userids": [ 7 ]},{"userids":["8"]}]',
            '[{"userids": [-1]},{"userids":[-1]}]',
        ),
        ("booking", "availability", '[{"userids":[7]}]', '[{"userids":[0]}]'),
    ],
)
def test_ids_of_people_inside_json_go_and_the_rest_of_it_stays(module, element, before, after):
    text, found = outcome(module, f"<x>1</x><{element}>{before}</{element}><y>2</y>", inforef=REFERENCES)
    after = after or "{&quot;a&quot;:1,&quot;b&quot;:2}"
    gone = " " * (len(before) - len(after))
    assert f"<x>1</x><{element}>{after}</{element}>{gone}<y>2</y>" in text
    assert json.loads(html.unescape(after)) is not None
    assert (element, Means.PLUGIN, True) in found


@pytest.mark.parametrize(
    ("module", "element", "value"),
    [
        ("customcert", "data", '{"teacher":"0"}'),
        ("customcert", "data", '{"text":"a \\"teacher\\":\\"7\\" b"}'),
        ("customcert", "width", '{"teacher":"41"}'),
        ("booking", "availability", '[{"id":13,"name":"selectusers","userids":[]}]'),
        ("booking", "availability", '[{"id":13,"userids":[-1]}]'),
        ("booking", "availability", '[{"id":13,"userids":["-1",0]}]'),
        ("booking", "availability", '[{"id":2,"courseids":["41"]}]'),
        ("booking", "json", '[{"userids":["41"]}]'),
        ("whatever", "data", '{"teacher":"41"}'),
    ],
)
def test_numbers_that_are_no_persons_stay(module, element, value):
    text, found = outcome(module, f"<{element}>{value}</{element}>")
    assert f"<{element}>{value}</{element}>" in text
    assert found == set()


@pytest.mark.parametrize("quote", ["&#34;", "&#x22;"])
def test_an_archive_whose_ids_in_json_cannot_be_taken_out_is_refused_and_not_called_clean(quote):
    value = f"{{{quote}teacher{quote}:{quote}41{quote}}}"
    backup = with_activity("customcert", f"<data>{value}</data>")
    for archive in (backup.tgz(), backup.zip()):
        _, report = scrubbed(archive)
        assert [one.code for one in report.inspection.reasons] == [Why.BAD_XML]


def test_ids_in_json_too_long_to_be_held_are_told_and_stay():
    value = '{"teacher":"41","text":"' + "x" * LONGEST_VALUE + '"}'
    text, found = outcome("customcert", f"<data>{value}</data>")
    assert value in text
    assert found == {("data", Means.NAME, False)}


# --- by Moodle's own word ---------------------------------------------------------------------------

REFERENCES = "<userref><user><id>41</id></user><user><id>42</id></user></userref>"


@pytest.mark.rule("P20")
def test_users_that_an_activity_refers_to_in_fields_nobody_knows_are_reported_with_their_number():
    backup = with_activity("whatever", "<whoever>41</whoever>", inforef=REFERENCES)
    _, report = scrubbed(backup.tgz())
    assert [(t.member, t.element, t.count, t.means) for t in report.reported] == [
        ("activities/whatever_80/inforef.xml", "user", 2, Means.INFOREF)
    ]


@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    ("module", "body"),
    [
        (
            "via",
            "<creator>41</creator><participants><participant id='1'><userid>42</userid></participant></participants>",
        ),
        ("whatever", "<createdby>41</createdby><reviewuserid>42</reviewuserid>"),
        (
            "attendance",
            "<sessions><session id='1'><lasttakenby>41</lasttakenby></session><session id='2'><lasttakenby>42</lasttakenby></session></sessions>",
        ),
    ],
)
def test_users_that_were_scrubbed_or_reported_in_the_activity_are_accounted_for(module, body):
    manifest = inspect(BytesSource(with_activity(module, body, inforef=REFERENCES).tgz())).manifest
    assert Means.INFOREF not in {trace.means for trace in manifest.traces}


@pytest.mark.rule("P20")
def test_a_user_accounted_for_in_one_activity_is_not_in_another():
    first = with_activity("via", "<creator>41</creator>")
    second = first.with_member(
        "activities/page_79/inforef.xml", "<inforef><userref><user><id>41</id></user></userref></inforef>"
    )
    manifest = inspect(BytesSource(second.tgz())).manifest
    assert ("activities/page_79/inforef.xml", Means.INFOREF) in {(t.member, t.means) for t in manifest.traces}


# --- links ------------------------------------------------------------------------------------------


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("code", "address"),
    [
        ("$@HVPEMBEDBYID*99@$", "https://ecampus-bleu.example/mod/hvp/embed.php?id=99"),
        ("$@HVPVIEWBYID*99@$", "https://ecampus-bleu.example/mod/hvp/view.php?id=99"),
        ("$@WIKIPAGEBYID*7@$", "https://ecampus-bleu.example/mod/wiki/view.php?pageid=7"),
        ("$@ZZZREPORTBYID*99@$", "$@ZZZREPORTBYID*99@$"),
        ("$@HVPEMBEDBYID*79@$", None),
        ("$@ZZZREPORTBYID*79@$", None),
    ],
)
def test_a_code_of_any_module_whose_target_is_not_inside_is_a_link_to_the_old_platform(code, address):
    manifest = inspect(BytesSource(Backup(page=f'&lt;iframe src="{code}"&gt;').tgz())).manifest
    links = [(link.member, link.url) for link in manifest.old_links]
    assert links == ([("activities/page_79/page.xml", address)] if address else [])
    assert manifest.old_link_count == len(links)
