from __future__ import annotations

from pathlib import Path

import pytest

from passerelle_cli.network_file import NetworkRefused, Problem, read_network

EXAMPLE = (Path(__file__).parents[3] / "infra" / "network.example.yaml").read_text()


def problems(text: str) -> list[Problem]:
    with pytest.raises(NetworkRefused) as caught:
        read_network(text)
    return list(caught.value.problems)


def changed(before: str, after: str) -> str:
    assert before in EXAMPLE
    return EXAMPLE.replace(before, after)


def test_the_example_is_a_network() -> None:
    network, document = read_network(EXAMPLE)
    assert set(network.sites) == {"hub", "caen", "caen-2024"}
    assert network.limits.archive_bytes == 20_000_000_000
    assert document["hub"]["categories"] == {"CHIMIE": "CATALOGUE-SCIENCES"}


def test_the_example_explains_every_line() -> None:
    bare = [line for line in EXAMPLE.splitlines() if line.strip() and "#" not in line]
    assert {line.split(":")[0].strip() for line in bare} <= {
        "title",
        "url",
        "token",
        "secrets",
        "assistance",
        "email",
        "caen",
        "hub",
        "limits",
    }


def test_every_problem_is_told_at_once_each_with_its_line() -> None:
    text = (
        EXAMPLE.replace("own_category: false", "own_categorie: false\n    title: Again")
        .replace("site: hub ", "site: hubb ")
        .replace("url: https://ecampus.caen.example", "url: ecampus.caen.example")
        .replace("identity: username", "identity: login")
    )
    lines = text.splitlines()
    found = {problem.field: problem for problem in problems(text)}
    assert set(found) == {
        "identity",
        "sites.caen.url",
        "sites.caen.own_categorie",
        "sites.caen.title",
        "hub.site",
    }
    for problem in found.values():
        assert problem.field.split(".")[-1] in lines[problem.line - 1]


def test_an_unknown_word_is_met_with_the_one_that_was_meant() -> None:
    (problem,) = problems(changed("own_category", "own_categorie"))
    assert problem.worded("en").endswith("did you mean “own_category”?")
    assert problem.worded("fr").endswith("vouliez-vous dire «\u00a0own_category\u00a0»\u202f?")


def test_an_unknown_word_like_no_other_is_only_refused() -> None:
    (problem,) = problems(changed("own_category", "zzz"))
    assert "did you mean" not in problem.english


def test_a_word_given_twice_says_where_it_stands_already() -> None:
    (problem,) = problems(EXAMPLE + "\nname: Twice\n")
    assert (problem.field, problem.line) == ("name", EXAMPLE.count("\n") + 2)
    assert problem.english == "this word is already given on line 5"


def test_a_site_given_twice_is_refused() -> None:
    assert [one.field for one in problems(changed("\n  caen:", "\n  hub:"))][:1] == ["sites.hub"]


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("name: Réseau de Normandie", "title: x", "name"),
        ("title: Université de Caen", "title: 12", "sites.caen.title"),
        ("title: Université de Caen", "title: no", "sites.caen.title"),
        ("secrets: [/passerelle/signing/caen]", "secrets: []", "sites.caen.secrets"),
        ("secrets: [/passerelle/signing/caen]", "secrets: /passerelle/signing/caen", "sites.caen.secrets"),
        ("email: aide@caen.example", "email: aide", "sites.caen.assistance.email"),
        ("max_concurrency: 4", "max_concurrency: 0", "sites.caen.max_concurrency"),
        ("max_concurrency: 4", "max_concurrency: many", "sites.caen.max_concurrency"),
        ("page_size: 500", "page_size: 0", "sites.caen.night.ldap.page_size"),
        ("older_versions: hidden", "older_versions: gone", "hub.older_versions"),
        ("archive: 20 GB", "archive: big", "limits"),
        ("backups_kept: 3", "backups_kept: 0", "limits.backups_kept"),
        ("\n  caen:", "\n  Caen!:", "sites.Caen!"),
        ("language: fr ", "language: &a fr\n    category: *a ", ""),
        ("language: fr ", "language: !!python/object:os.system x ", "sites.caen.language"),
    ],
)
def test_what_does_not_fit_is_named(before: str, after: str, field: str) -> None:
    assert field in [problem.field for problem in problems(changed(before, after))]


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "- a\n", "just words", "a: [", "a: b: c", "\t- x", "a: &x [*x]"]
)
def test_what_is_no_yaml_of_a_network_is_refused_with_a_line(text: str) -> None:
    assert all(problem.line >= 1 for problem in problems(text))


def test_yaml_of_a_name_without_quotes_that_yaml_takes_for_a_date_is_refused_not_crashed() -> None:
    assert [one.field for one in problems(changed("name: Réseau de Normandie", "name: 2026-01-01"))] == [
        "name"
    ]


def test_a_problem_is_told_in_both_languages() -> None:
    (problem,) = problems(changed("identity: username", "identity: login"))
    assert problem.worded("fr").startswith("ligne 7, identity\u00a0: attendu")
    assert problem.worded("en").startswith("line 7, identity: expected")
