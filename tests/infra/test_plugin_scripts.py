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
