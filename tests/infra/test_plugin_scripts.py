"""Moodle serves `amd/build`, people read `amd/src`: both hold the same."""

from __future__ import annotations

from pathlib import Path

PLUGINS = Path("infra/moodle")


def test_what_moodle_serves_is_what_stands_in_the_sources() -> None:
    sources = {path.relative_to(PLUGINS): path.read_bytes() for path in PLUGINS.glob("*/amd/src/*.js")}
    built = {path.relative_to(PLUGINS): path.read_bytes() for path in PLUGINS.glob("*/amd/build/*.js")}
    assert sources
    assert built == {
        path.parents[1] / "build" / f"{path.stem}.min.js": script for path, script in sources.items()
    }


def test_a_templates_comment_ends_with_its_example_and_not_at_a_brace_in_it():
    """What came after would stand at the top of the page, and scripts cannot draw a template that begins so."""
    for path in PLUGINS.glob("*/templates/*.mustache"):
        comment, _, drawn = path.read_text(encoding="utf-8").partition("}}")
        assert comment.startswith("{{!"), path
        assert drawn.lstrip().startswith(("<", "{{")), path
