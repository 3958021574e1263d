"""The twin's pages in headless Chromium: they render, fit a phone, and run nothing from an archive."""

from __future__ import annotations

import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from passerelle_laptop.twin import Twin

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=fr",
]
WIDE, PHONE = (1200, 900), (390, 844)

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def lycee():
    with Twin.start({"lycee": "Lycée Ampère"}, jobs="by hand") as twin:
        site = twin.site("lycee")
        site.add_user("mcurie", "Marie", "Curie")
        site.add_user("x", "<img src=x onerror=document.title='struck'>", "X")
        course = site.import_mbz(
            Path(__file__).parents[1] / "mbz" / "chimie-nousers-tgz.mbz", teachers=["mcurie", "x"]
        )
        site.change_course(course, summary="<script>document.title='struck'</script>")
        yield site


def run(tmp_path, *arguments):
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *arguments],
        capture_output=True,
        timeout=60,
        check=True,
    )
    return done.stdout.decode()


@pytest.mark.parametrize("path", ["/", "/course/view.php?id=2", "/user/index.php", "/passerelle/jobs"])
def test_a_page_is_rendered_and_nothing_in_it_runs(lycee, tmp_path, path):
    seen = run(tmp_path, "--dump-dom", lycee.base_url + path)
    assert "Lycée Ampère</title>" in seen
    assert "struck</title>" not in seen
    assert "<main" in seen


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_course_page_is_painted_with_its_style(lycee, tmp_path, size):
    picture = tmp_path / "course.png"
    run(
        tmp_path,
        f"--window-size={size[0]},{size[1]}",
        f"--screenshot={picture}",
        f"{lycee.base_url}/course/view.php?id=2",
    )
    width, rows = pixels(picture, 60)
    assert width == size[0]
    red, green, blue = rows[4][12:15]
    # The header's blue: without its stylesheet the page would be white there.
    assert blue > 100 > red
    assert green < blue
    # Letters of the title stand in it.
    assert len({bytes(row) for row in rows}) > 10


def pixels(path: Path, many: int) -> tuple[int, list[bytearray]]:
    """The width and the first rows of an 8-bit RGB or RGBA picture, unfiltered."""
    raw, place, packed = path.read_bytes(), 8, b""
    width = int.from_bytes(raw[16:20])
    depth = {2: 3, 6: 4}[raw[25]]
    while place < len(raw):
        length = int.from_bytes(raw[place : place + 4])
        if raw[place + 4 : place + 8] == b"IDAT":
            packed += raw[place + 8 : place + 8 + length]
        place += length + 12
    flat, rows, before = zlib.decompress(packed), [], bytearray(width * depth)
    for number in range(many):
        start = number * (width * depth + 1)
        row = bytearray(flat[start + 1 : start + 1 + width * depth])
        unfilter(flat[start], row, before, depth)
        rows.append(row)
        before = row
    return width, rows


def unfilter(kind: int, row: bytearray, above: bytearray, depth: int) -> None:
    for place in range(len(row)):
        left = row[place - depth] if place >= depth else 0
        corner = above[place - depth] if place >= depth else 0
        up = above[place]
        row[place] = (row[place] + [0, left, up, (left + up) // 2, paeth(left, up, corner)][kind]) & 255


def paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
