"""The page of figures is made by script: what was not measured this time stands as it did."""

import json

from passerelle.domain.night.plan.serialised import CHUNK
from tests.bench import figures
from tests.bench.figure import KEPT_IN, Figure, entitle, show
from tests.bench.moodle_load import COMMANDS, SITE, chunks

LOAD = next(one for one in figures.BENCHES if one.name == "moodle_load")
NIGHT = next(one for one in figures.BENCHES if one.name == "night")


def measured(bench, seconds, about=""):
    return figures.Measured(bench, [Figure("each", seconds, "ms")], [], 0, 1.0, about)


def test_each_moodle_has_a_section_of_its_own_and_the_others_stand():
    first = figures.page([measured(LOAD, 1.5, "5.1.3, MariaDB"), measured(NIGHT, 2.5)], "")
    both = figures.page([measured(LOAD, 3.5, "4.5.6, PostgreSQL")], first)
    again = figures.page([measured(LOAD, 4.5, "5.1.3, MariaDB")], both)
    titles = [line for line in again.splitlines() if line.startswith("## ")]
    assert titles == [
        "## Nights",
        "## First load on a real Moodle: 4.5.6, PostgreSQL",
        "## First load on a real Moodle: 5.1.3, MariaDB",
    ]
    assert [value in again for value in ("1.50 ms", "2.50 ms", "3.50 ms", "4.50 ms")] == [
        False,
        True,
        True,
        True,
    ]


def test_the_page_as_it_is_kept_is_what_the_script_would_leave():
    kept = figures.PAGE.read_text(encoding="utf-8")
    assert figures.page([], kept) == kept


def test_where_no_moodle_is_named_nothing_is_measured_and_the_page_stands(monkeypatch, tmp_path):
    for name in (*SITE, *COMMANDS):
        monkeypatch.delenv(name, raising=False)
    run = figures.measure(LOAD, tmp_path)
    assert run.good
    before = figures.page([measured(LOAD, 1.5, "5.1.3, MariaDB")], "")
    assert figures.page([run], before) == before


def test_what_a_bench_is_about_is_kept_beside_its_figures(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(KEPT_IN, str(tmp_path / "kept"))
    entitle("5.1.3, MariaDB")
    assert show([Figure("each", 2.0, "ms", 1.0, "the disk")]) == 1
    about, figure = map(json.loads, (tmp_path / "kept").read_text(encoding="utf-8").splitlines())
    assert about == {"about": "5.1.3, MariaDB"}
    assert Figure(**figure).verdict == "missed: the disk"
    assert "missed: the disk" in capsys.readouterr().out


def test_a_first_load_is_cut_between_courses_and_shared_out():
    operations = [{"course": f"C{n // 40}", "n": n} for n in range(5000)]
    cut = list(chunks(operations, 4))
    assert [one for chunk in cut for one in chunk] == operations
    places = [{one["course"] for one in chunk} for chunk in cut]
    assert sum(map(len, places)) == 125
    assert len(cut) == 8
    assert max(map(len, cut)) <= CHUNK
    assert [len(chunk) for chunk in chunks([{"op": "category_create"}], 1)] == [1]
