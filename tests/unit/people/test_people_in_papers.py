"""G1: documents name the person no more, and can be read afterwards as before."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from passerelle.domain.night.plan.run import NightDesk, Run
from passerelle.domain.people import Who
from passerelle.domain.people_in_papers import excerpts, names_in, people_in, rows_in, text_without
from passerelle.domain.states import RunState
from passerelle.usecases import people
from passerelle.usecases.people_kept import Held
from tests.scenes.publishing import Scene
from tests.unit.people.test_forgetting import watched

pytestmark = pytest.mark.rule("G1")

EVE = Who(frozenset({"eve", "eve.recognisable", "22001", "eve@univ.example"}), frozenset({"eve curie"}))
HIDDEN = "forgotten-1"


def cleaned(key: str, document: object) -> Any:
    text = document if isinstance(document, str) else json.dumps(document)
    after = text_without(key, text, EVE, HIDDEN)
    assert names_in(key, text, EVE) == (after != text)
    return after if isinstance(document, str) else json.loads(after)


def test_a_line_of_a_plan_keeps_what_it_did_and_not_to_whom() -> None:
    line = {
        "op": "enrol", "course": "CHI101", "username": "eve", "role": "student", "because": "wanted",
        "rows": [["ip.csv", 8, "22001", "CHI101", "G11"]],
    }  # fmt: skip
    other = line | {"username": "curie", "rows": [["ip.csv", 9, "22002", "CHI101", "G11"]]}
    after = cleaned("nights/u/n/chunks/1.json", {"operations": [line, other]})
    assert after["operations"] == [
        line | {"username": HIDDEN, "rows": [["ip.csv", 8, HIDDEN, "CHI101", "G11"]]},
        other,
    ]


def test_names_beside_a_plan_lose_their_login_their_name_and_what_was_changed() -> None:
    before = {"user/eve": {"email": "eve@univ.example", "lastname": "Curie", "newusername": "eve"}}
    after = cleaned("nights/u/n/names.json", {"people": {"eve": "Eve Curie", "bob": "Bob"}, "before": before})
    assert after["people"] == {HIDDEN: "", "bob": "Bob"}
    assert "curie" not in json.dumps(after).lower()
    assert list(after["before"]) == [f"user/{HIDDEN}"]


def test_a_row_of_a_directory_loses_its_names_by_their_place() -> None:
    row = ["22001", "eve", "Curie", "Eve", "eve@univ.example", "student", 4]
    other = ["22002", "bob", "Curie", "Bob", "bob@univ.example", "student", 5]
    after = cleaned("nights/u/n/directory.json", {"read": 2, "people": [row, other], "refused": []})
    assert after["people"] == [[HIDDEN, HIDDEN, "", "", HIDDEN, "student", 4], other]


@pytest.mark.parametrize("word", ["state", "user", "done", "title", "site"])
def test_a_login_that_is_a_word_of_the_documents_own_breaks_none(word: str) -> None:
    who = Who(frozenset({word}))
    document = {
        "state": "done", "site": "site", "title": "a state, done", "stays": [["user", ["x"], "unknown", []]],
        "counts": {"done": 1, "user": 2},
    }  # fmt: skip
    assert json.loads(text_without("a.json", json.dumps(document), who, HIDDEN)) == document
    page = "<html><style>user { title: none }</style><title>site</title><p class='user'>x</p></html>"
    after = text_without("a.html", page, who, HIDDEN)
    assert after.replace(HIDDEN, "site") == page


def test_a_page_loses_logins_and_names_where_they_are_read_accents_and_quotes_too() -> None:
    who = Who(frozenset({"dupond"}), frozenset({"anne d'été"}))
    page = '<p title="dupond">Anne D&#39;Été (dupond)</p><p>Bob Été</p>'
    assert text_without("a.html", page, who, HIDDEN) == (
        f'<p title="dupond">{HIDDEN} ({HIDDEN})</p><p>Bob Été</p>'
    )


def test_a_table_of_a_report_loses_them_cell_by_cell() -> None:
    table = (
        '\ufeff"Person";"Name";"Found"\r\n"eve";"Eve Curie";"says ""eve@univ.example"""\r\n"bob";"B";""\r\n'
    )
    after = cleaned("nights/u/n/report/fr/SCI.csv", table)
    assert after == (
        f'\ufeff"Person";"Name";"Found"\r\n"{HIDDEN}";"{HIDDEN}";"says ""{HIDDEN}"""\r\n"bob";"B";""\r\n'
    )


def test_of_a_deposit_only_the_rows_that_are_theirs_go() -> None:
    """A login like another's family name, a code like a group's: the column says whose it is."""
    folder = "sis/u/2026-10-01/"
    people_file = (
        "code;username;lastname;firstname;email;kind\n22001;eve;Curie;Eve;;student\n2;bob;Eve;B;;student\n"
    )
    assert cleaned(f"{folder}people.csv", people_file) == people_file.replace(
        "22001;eve;Curie;Eve;;student\n", ""
    )
    groups = "code;label;collection_code\n22001;TD eve;K1\n"
    assert cleaned(f"{folder}groups.csv", groups) == groups
    roster = '"sourcedId","userSourcedId","classSourcedId"\n"1","22001","c"\n"22001","2","c"\n'
    assert cleaned(f"{folder}enrollments.csv", roster) == roster.replace('"1","22001","c"\n', "")
    folded = 'code,username,email\n22001,eve,"a\nb"\n2,bob,x\n'
    assert cleaned(f"{folder}people.csv", folded) == "code,username,email\n2,bob,x\n"


def test_other_names_of_the_person_are_found_in_documents() -> None:
    known = Who(frozenset({"eve@univ.example"}))
    row = "code;username;lastname;firstname;email\n22001;eve;Curie;Eve;eve@univ.example\n2;bob;B;B;b@x\n"
    found = list(people_in("sis/u/2026-10-01/people.csv", row, known))
    assert {"idnumber": "22001", "username": "eve", "email": "eve@univ.example"}.items() <= found[1].items()
    paper = json.dumps({"people": [["22001", "eve", "Curie", "Eve", "eve@univ.example", "student", 1]]})
    assert [one["username"] for one in people_in("nights/u/n/directory.json", paper, known)] == ["eve"]
    assert list(people_in("nights/u/n/directory.json", paper, Who(frozenset({"z@x"})))) == []
    assert list(people_in("manifests/1.json", '{"people": false, "x": "eve@univ.example"}', known)) == []


def test_an_excerpt_is_the_smallest_part_that_names_the_person() -> None:
    plan = {"operations": [{"op": "enrol", "username": "eve"}, {"op": "enrol", "username": "bob"}]}
    memory = {"suspended": [["CHI", "eve", "2026-10-01"], ["CHI", "bob", "2026-10-01"]]}
    names = {"people": {"eve": "Eve Curie", "bob": "B"}}
    assert excerpts("a.json", json.dumps(plan), EVE) == ['{"op": "enrol", "username": "eve"}']
    assert excerpts("a.json", json.dumps(memory), EVE) == ['["CHI", "eve", "2026-10-01"]']
    assert excerpts("a.json", json.dumps(names), EVE) == ['{"eve": "Eve Curie"}']
    assert excerpts("a.html", "<td>Eve Curie</td><td>Bob</td>", EVE) == ["Eve Curie"]
    assert excerpts("sis/u/n/people.csv", "code;username\n22001;eve\n2;bob\n", EVE) == ["22001;eve"]


# Written a second time: what a document says in words of its own.
OWN_FIELDS = [
    "format",
    "op",
    "phase",
    "because",
    "state",
    "stage",
    "kind",
    "role",
    "source",
    "site",
    "night",
    "year",
]
OWN_KINDS = ["user", "cohort", "category", "course", "group", "enrolment", "member", "element"]


@pytest.mark.parametrize("name", [*OWN_FIELDS, "course", "rows"])
def test_a_field_with_words_of_its_own_stays_and_any_other_loses_the_login(name: str) -> None:
    after = HIDDEN if name not in OWN_FIELDS else "eve"
    assert cleaned("a.json", {name: "eve"}) == {name: after}
    assert cleaned("a.json", {"x": [{name: "eve"}, 4, None]}) == {"x": [{name: after}, 4, None]}


@pytest.mark.parametrize("kind", OWN_KINDS)
def test_a_kind_of_thing_is_nobody(kind: str) -> None:
    document = json.dumps({"stays": [[kind, "x"]]})
    assert text_without("a.json", document, Who(frozenset({kind})), HIDDEN) == document


PAGE = (
    "<h1 title='eve'>&eacute; eve</h1><style>eve.recognisable</style><p>Eve Curie &amp; eve@univ.example</p>"
)
ROWS = "code;username;n\n22001;eve;1\n2;adam;2\n"


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("a.json", {"why": "eve.recognisable came"}, {"why": f"{HIDDEN} came"}),
        ("a.json", {"title": "eve.recognisable came"}, {"title": "eve.recognisable came"}),
        ("a.json", {"title": "Eve Curie came"}, {"title": f"{HIDDEN} came"}),
        ("a.json", {"by": "caen:eve"}, {"by": f"caen:{HIDDEN}"}),
        ("a.json", '{"by": "\\u0065v\\u0065"}', f'{{"by": "{HIDDEN}"}}'),
        ("a.json", {"email": "eve@univ.example", "city": "Caen"}, {"email": f"{HIDDEN}@forgotten.invalid", "city": ""}),
        ("a.json", {"email": "", "username": "eve", "city": "Caen", "phone": None},
         {"email": "", "username": HIDDEN, "city": "", "phone": None}),
        ("a.json", {"people": {"eve": "Eve", "x/eve": "Eve"}, "before": {"x/y/eve": {}}},
         {"people": {HIDDEN: "", f"x/{HIDDEN}": ""}, "before": {f"x/y/{HIDDEN}": {}}}),
        ("a.json", {"other": {"eve": "Eve Curie"}}, {"other": {"eve": HIDDEN}}),
        ("a.json", {"people": [["adam", "eve", "A", "B", 1]]}, {"people": [["adam", HIDDEN, "", "", 1]]}),
        ("a.json", {"others": [["adam", "eve", "A", "B", 1]]}, {"others": [["adam", HIDDEN, "A", "B", 1]]}),
        ("a.json", '{"why": "eve.recognisable"', f'{{"why": "{HIDDEN}"'),
        ("sis/u/n/people.csv", ROWS, ROWS.replace("22001;eve;1\n", "")),
        ("sis/u/n/people.csv", "XXXX;code\n1;eve\n2;a,b,c,d,e,f\n3\n", "XXXX;code\n2;a,b,c,d,e,f\n3\n"),
        ("nights/u/people.csv", "n;x\neve;1\n", f'"n";"x"\r\n"{HIDDEN}";"1"\r\n'),
        ("nights/u/a.csv", "n;x\nadam@univ.example eve;1\n", "n;x\nadam@univ.example eve;1\n"),
        ("sis/u/n/notes.txt", "eve.recognisable;1\n", f"{HIDDEN};1\n"),
        ("a.html", PAGE, f"<h1 title='eve'>&eacute; eve</h1><style>eve.recognisable</style><p>{HIDDEN} &amp; {HIDDEN}</p>"),
        ("a.txt", "<b>eve.recognisable</b> & eve", f"<b>{HIDDEN}</b> & eve"),
    ],
)  # fmt: skip
def test_each_kind_of_document_loses_the_person_where_it_names_them(
    key: str, before: object, after: object
) -> None:
    assert cleaned(key, before) == after
    other = Who(frozenset({"zoe"}), frozenset({"zoe dupont"}))
    text = before if isinstance(before, str) else json.dumps(before)
    assert text_without(key, text, other, HIDDEN) is text
    assert excerpts(key, text, other) == []


HEADS = {
    "person_code": "always", "username": "always", "usersourcedid": "always",
    "code": "people", "sourcedid": "people", "identifier": "people",
    "label": "never", "lastname": "never", "givenname": "never", "email": "never", "element": "never",
}  # fmt: skip


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("mark", ["", "\ufeff", " \t"])
def test_a_deposits_columns_say_whose_row_it_is(head: str, mark: str) -> None:
    for file in ("people", "users", "groups"):
        theirs = HEADS[head] == "always" or (HEADS[head] == "people" and file != "groups")
        text = f"{mark}{head.upper()};n\neve;1\nadam;2\n"
        after = text.replace("eve;1\n", "") if theirs else text
        assert cleaned(f"sis/u/n/{file}.csv", text) == after
        mailed = f"{mark}{head.upper()};n\neve@univ.example;1\nadam;2\n"
        assert cleaned(f"sis/u/n/{file}.csv", mailed) == mailed.replace("eve@univ.example;1\n", "")


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ("person_code", "idnumber"), ("usersourcedid", "idnumber"), ("code", "idnumber"), ("sourcedId", "idnumber"),
        ("identifier", "idnumber"), ("username", "username"), ("email", "email"), ("firstname", "firstname"),
        ("givenName", "firstname"), ("lastname", "lastname"), ("familyName", "lastname"),
    ],
)  # fmt: skip
def test_a_file_of_people_tells_other_names_of_theirs_by_its_columns(head: str, field: str) -> None:
    for delimiter in ";,\t|":
        text = f"{head}{delimiter}kind\neve{delimiter}x\n{delimiter}y\n"
        assert list(people_in("sis/u/n/users.csv", text, EVE))[1:] == [{field: "eve"}, {}]
        assert list(people_in("nights/u/n/users.csv", text, EVE)) == []
        assert list(people_in("sis/u/n/groups.csv", text, EVE)) == []


def test_a_directory_tells_other_names_by_their_place() -> None:
    rows = [["1", "eve", "Curie", "Eve", "e@x", "student"], {"row": "eve"}, "eve", ["2"]]
    found = list(people_in("nights/u/n/directory.json", json.dumps({"people": rows}), EVE))
    assert found == [
        {"idnumber": "1", "username": "eve", "lastname": "Curie", "firstname": "Eve", "email": "e@x"},
        {"idnumber": "2"},
    ]
    assert list(people_in("a.json", '["eve"]', EVE)) == []
    assert list(people_in("a.json", '{"eve"', EVE)) == []


@pytest.mark.parametrize(
    ("key", "document", "found"),
    [
        ("a.json", {"by": "eve", "n": 1, "why": "x"}, ['{"by": "eve"}']),
        ("a.json", {"deep": {"by": "eve", "n": 1}, "why": "eve.recognisable", "n": 2},
         ['{"by": "eve"}', '{"why": "eve.recognisable"}']),
        ("a.json", {"rows": ["eve", ["eve", 2], ["adam"]]}, ['["eve", 2]', '["eve", ["eve", 2], ["adam"]]']),
        ("a.json", {"username": "eve", "n": {"x": 1}}, ['{"username": "eve", "n": {"x": 1}}']),
        ("a.json", {"why": ["eve.recognisable é"]}, ['["eve.recognisable é"]']),
        ("sis/u/n/a.csv", ROWS, ["22001;eve;1"]),
        ("sis/u/n/a.csv", "username;n\neve;1\nadam;2\n", ["eve;1"]),
        ("a.csv", ROWS + "x;y;eve.recognisable\n", ["22001;eve;1", "x;y;eve.recognisable"]),
        ("sis/u/n/a.txt", "n;username\n1;eve.recognisable\n", ["1;eve.recognisable"]),
        ("a.html", "<p>Eve\nCurie</p><script>Eve Curie</script><p>\n Eve &#67;urie  \n</p>", ["Eve Curie"]),
        ("a.txt", "Eve Curie " + "x" * 600, ["Eve Curie " + "x" * 490]),
    ],
)  # fmt: skip
def test_of_each_kind_of_document_only_what_names_the_person_is_shown(
    key: str, document: object, found: list[str]
) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    assert excerpts(key, text, EVE) == found


def test_the_rows_of_a_file_are_counted_without_its_header_and_empty_lines() -> None:
    texts = ["", "a;b\n", "a;b\n1;2\n", 'a;b\n\n1;"2\n3"\n2;3']
    assert [rows_in(text) for text in texts] == [0, 0, 1, 2]


# -- what is still needed -------------------------------------------------------------------------------

MANIFEST = {"year": "2026", "files": {"people.csv": {"rows": 2, "sha256": "x"}, "ia.csv": {"rows": 1}}}
TWO = "code;username\n1;eve.recognisable\n2;bob\n"
ONE = "code;username\n2;bob\n"


def forgotten(deposits: dict[str, str], scene: Scene | None = None) -> people.Forgotten:
    return people.forget(watched((scene or Scene()).world, deposits), "eve.recognisable", "asked")


def test_whom_the_extracts_in_force_name_stays_in_them_until_their_source_lets_go() -> None:
    deposits = {"sis/u/2026-10-01/people.csv": TWO, "sis/u/2026-10-02/people.csv": TWO}
    told = forgotten(deposits)
    assert told.kept == (Held("documents", "sis", "sis/u/2026-10-02/", "in_extracts"),)
    assert deposits == {"sis/u/2026-10-01/people.csv": ONE, "sis/u/2026-10-02/people.csv": TWO}


def test_a_deposit_for_a_night_to_come_puts_none_of_today_out_of_force() -> None:
    deposits = {"sis/u/2026-10-01/people.csv": TWO, "sis/u/2999-01-01/people.csv": ONE}
    assert [one.id for one in forgotten(deposits).kept] == ["sis/u/2026-10-01/"]
    assert deposits["sis/u/2026-10-01/people.csv"] == TWO


def test_a_deposit_says_of_its_files_what_they_are_once_somebody_left_them() -> None:
    deposits = {
        "sis/u/2026-10-01/people.csv": TWO,
        "sis/u/2026-10-01/manifest.json": json.dumps(MANIFEST),
        "sis/u/2026-10-02/people.csv": ONE,
    }
    assert forgotten(deposits).kept == ()
    files = json.loads(deposits["sis/u/2026-10-01/manifest.json"])["files"]
    assert files["people.csv"] == {"rows": 1, "sha256": hashlib.sha256(ONE.encode()).hexdigest()}
    assert files["ia.csv"] == {"rows": 1}


def test_what_only_differences_were_added_to_is_in_force_too() -> None:
    deposits = {
        "sis/u/2026-09-01/people.csv": TWO,
        "sis/u/2026-10-01/users.csv": "sourcedId,username\n1,eve.recognisable\n",
        "sis/u/2026-10-01/manifest.csv": "propertyName,value\nfile.users,bulk\n",
        "sis/u/2026-10-02/manifest.csv": "propertyName,value\nfile.users,delta\n",
    }
    assert [one.id for one in forgotten(deposits).kept] == ["sis/u/2026-10-01/"]
    assert deposits["sis/u/2026-09-01/people.csv"] == ONE


def test_what_a_night_still_has_to_end_or_to_apply_stays_and_is_told() -> None:
    scene = Scene()
    now = scene.clock.now()
    folder = "nights/u/2026-10-01/night/1"
    run = Run(id="u/2026-10-01/night", site="u", night="2026-10-01", stage="night", folder=folder,
              state=RunState.HELD, started_at=now, heard_at=now)  # fmt: skip
    scene.records.add(run)
    line = json.dumps({"operations": [{"op": "enrol", "username": "eve.recognisable"}]})
    memory = json.dumps({"suspended": [["CHI", "eve.recognisable", "2026-09-30"]]})
    papers = {
        f"{folder}/chunks/1.json": line,
        "nights/u/2026-09-30/night/2/chunks/1.json": line,
        "nights/u/memory.json": memory,
    }
    told = forgotten(papers, scene)
    assert {one.why for one in told.kept} == {"night_in_progress", "night_remembers"}
    assert papers[f"{folder}/chunks/1.json"] == line
    assert papers["nights/u/memory.json"] == memory
    assert "eve" not in papers["nights/u/2026-09-30/night/2/chunks/1.json"]
    # What a newer night has overtaken is released by nobody any more.
    scene.records.add(NightDesk(id="u", newest={"night": "2026-10-02"}))
    papers["nights/u/memory.json"] = "{}"
    assert forgotten(papers, scene).kept == ()
    assert "eve" not in "".join(papers.values())


def test_of_each_site_its_own_newest_deposit_is_in_force() -> None:
    deposits = {
        f"sis/{site}/2026-10-0{day}/people.csv": TWO for site in ("caen", "lille", "u") for day in (1, 2)
    }
    kept = [f"sis/{site}/2026-10-02/" for site in ("caen", "lille", "u")]
    assert [one.id for one in forgotten(deposits).kept] == kept
    assert {key for key, text in deposits.items() if text == TWO} == {f"{one}people.csv" for one in kept}


def test_a_night_that_is_over_names_nobody_any_more_who_decided_about_it() -> None:
    scene = Scene()
    now = scene.clock.now()
    for number, state in enumerate((RunState.DONE, RunState.APPLYING)):
        run = Run(id=f"u/2026-10-01/{number}", site="u", night="2026-10-01", stage="night", state=state,
                  started_at=now, heard_at=now, released_by="caen:eve.recognisable")  # fmt: skip
        scene.records.add(run)
    told = forgotten({}, scene)
    assert told.kept == (Held("table", "Run", "u/2026-10-01/1", "night_in_progress"),)
    done, under_way = scene.records.all(Run)
    assert (done.released_by, under_way.released_by) == (f"caen:{told.alias}", "caen:eve.recognisable")
