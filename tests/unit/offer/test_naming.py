"""Templates of names: which places each may hold, and which must hold the code (N1)."""

from __future__ import annotations

from dataclasses import fields
from itertools import product

import pytest

from passerelle.domain.offer.naming import BadTemplate, Naming, fill

# `!`: must hold the code, or two objects would share one name that Moodle wants to be the only one.
PLACES = """
category_idnumber code !
category_name code title
course_idnumber code !
course_shortname code title !
course_fullname code title
foad_idnumber code !
foad_shortname code title !
foad_fullname code title
foad_description code title
group_idnumber code !
group_name code label
group_name_doubled code label !
cohort_idnumber code !
cohort_name code title
"""
LINES = [line.split() for line in PLACES.strip().splitlines()]


def refused(name: str, template: str) -> str | None:
    """The template and the place for which it is refused; None where it is not."""
    try:
        Naming(**{name: template})
    except BadTemplate as bad:
        return f"{bad.name} {bad.place}" if str(bad) == f"{bad.name}: {{{bad.place}}}" else str(bad)
    return None


@pytest.mark.rule("N1")
@pytest.mark.parametrize(("line", "place"), list(product(LINES, ("code", "title", "label", "", "name"))))
def test_a_template_holds_only_what_its_object_has(line, place):
    name, *may = line
    assert refused(name, f"{{code}} {{{place}}}") == (None if place in may else f"{name} {place}")


@pytest.mark.rule("N1")
@pytest.mark.parametrize("line", LINES)
def test_what_must_be_the_only_one_of_its_name_bears_its_code(line):
    name, *may = line
    assert refused(name, "always the same") == (f"{name} code" if "!" in may else None)


def test_every_template_is_written_out_here():
    assert [name for name, *_ in LINES] == [one.name for one in fields(Naming)]


@pytest.mark.rule("N2")
def test_a_title_that_itself_holds_a_place_stays_as_it_was_typed():
    assert fill("({code}) {title}", code="E1", title="{code} {x}") == "(E1) {code} {x}"
