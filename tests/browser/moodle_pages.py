"""Real Moodles as a person at a browser sees them, and as their database does.

Each site that a walk needs is named in the environment by a word of the walk's own (HOME, HUB …):

- `PASSERELLE_BROWSER_{SITE}`: its address
- `PASSERELLE_BROWSER_{SITE}_TOKEN`: of the account for Passerelle, for laying out what a walk starts from
- `PASSERELLE_BROWSER_{SITE}_QUERY`: a command that reads one SQL query on its standard input and answers rows, columns
  parted by tabs, without a heading (`psql -AtF "$(printf '\\t')" moodle`)
- `PASSERELLE_BROWSER_{SITE}_PHP`: a command that runs a PHP program given on its standard input, in the directory of
  the site's code, as its web server's user
- `PASSERELLE_BROWSER_{SITE}_CRON`: a command that runs the site's cron once; without it the site's own is awaited

and for all of them

- `PASSERELLE_BROWSER_PASSWORD`: of the accounts that a walk uses, the same on every site
- `PASSERELLE_BROWSER_SOURCES`: host:port that the walk may listen on and that the sites' settings name as a source
- `PASSERELLE_BROWSER_STACK`: the stack's file of addresses, as `passerelle up` writes it
- `PASSERELLE_BROWSER_SHOTS`: a folder for screenshots, to be looked at; without it none are taken

The sites' settings name that stack as Passerelle, and its network file names these sites.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.live.ground import ARCHIVES, Ground, announced, shell
from tests.live.scene import Stage
from tests.live.sources import Sources

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 180.0
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def said(name: str) -> str:
    return os.environ.get(f"PASSERELLE_BROWSER_{name}", "")


def missing(*sites: str) -> str:
    """The first variable that is lacking where one works on these sites; empty where none is."""
    wanted = [name for site in sites for name in (site, f"{site}_TOKEN", f"{site}_QUERY", f"{site}_PHP")]
    return next((name for name in (*wanted, "PASSWORD", "STACK") if not said(name)), "")


def walked_on(*sites: str) -> list[pytest.MarkDecorator]:
    """The marks of a module that walks on these sites: skipped where a variable names nothing."""
    lacks = missing(*sites)
    return [
        pytest.mark.browser,
        pytest.mark.live,
        pytest.mark.slow,
        pytest.mark.skipif(not CHROMIUM, reason="no Chromium here"),
        pytest.mark.skipif(bool(lacks), reason=f"PASSERELLE_BROWSER_{lacks} names nothing"),
    ]


@dataclass
class Site:
    word: str
    address: str
    ground: Ground = field(repr=False)
    _query: list[str] = field(repr=False)

    def rows(self, query: str) -> list[list[str]]:
        """The query's rows; `{user}` is the table with the site's prefix."""
        named = re.sub(r"{(\w+)}", rf"{self.prefix}\1", query)
        answer = subprocess.run(self._query, input=named, text=True, capture_output=True, check=True)
        return [line.split("\t") for line in answer.stdout.splitlines()]

    @property
    def prefix(self) -> str:
        """Of its tables: `PASSERELLE_BROWSER_{SITE}_PREFIX`, if not `mdl_`."""
        return said(f"{self.word}_PREFIX") or "mdl_"

    def one(self, query: str) -> str:
        [[value]] = self.rows(query)
        return value

    def work(self) -> None:
        """Let the site's cron do what waits."""
        self.ground.cron()


def named_site(word: str) -> Site:
    address = said(word).rstrip("/")
    cron = shell(said(f"{word}_CRON")) if said(f"{word}_CRON") else lambda: time.sleep(5)
    ground = Ground(word.lower(), address, said(f"{word}_TOKEN"), "", cron, 600.0)
    return Site(word, address, ground, shlex.split(said(f"{word}_QUERY")))


@dataclass
class Desk:
    """One person's browser on one site."""

    page: Any
    site: Site
    who: str

    def open(self, path: str) -> None:
        self.page.goto(self.site.address + path)

    def speak(self, language: str) -> None:
        """The site in this language, for this browser only."""
        self.open(f"/?redirect=0&lang={language}")

    def see(
        self, text: str, *, patience: float = PATIENCE, meanwhile: Callable[[], None] | None = None
    ) -> Any:
        """Wait until the text can be seen, letting crons work meanwhile; gives where it stands."""
        return self.wait(
            lambda: self.page.get_by_text(text).locator("visible=true").first, text, patience, meanwhile
        )

    def wait(
        self, find: Callable[[], Any], what: str, patience: float, meanwhile: Callable[[], None] | None
    ) -> Any:
        until = time.monotonic() + patience
        while True:
            found = find()
            if found.count() and found.is_visible():
                return found
            assert time.monotonic() < until, f"not seen: {what}\n{self.page.inner_text('body')[-1500:]}"
            if meanwhile is not None:
                meanwhile()
            self.page.wait_for_timeout(300)

    def text(self) -> str:
        """What the page shows of its main part and its blocks."""
        return str(self.page.inner_text("#page"))

    def shot(self, name: str) -> None:
        if said("SHOTS"):
            self.page.wait_for_timeout(350)  # what fades in has faded in
            self.page.screenshot(path=Path(said("SHOTS")) / f"{name}.png")


@contextmanager
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield opened
        finally:
            opened.close()


def sit_down(
    opened: Any, site: Site, who: str, language: str = "fr", *, size: dict[str, int] | None = None
) -> Desk:
    """Log in, in a session of its own."""
    from playwright.sync_api import TimeoutError as TooSlow

    context = opened.new_context(viewport=size or WIDE, locale=language, accept_downloads=True)
    context.set_default_timeout(60_000)  # pages of a busy machine
    page = context.new_page()
    desk = Desk(page, site, who)
    # Every theme marks a page of somebody who is not logged in. A press may come before the page is ready for it.
    inside = page.locator("body:not(.notloggedin)")
    for _ in range(3):
        desk.open(f"/login/index.php?lang={language}")
        if inside.count():
            break
        page.wait_for_load_state(
            "networkidle"
        )  # Moodle 5 draws the password's field anew, with nothing in it
        page.fill("#username", who)
        page.fill("#password", said("PASSWORD"))
        page.click("#loginbtn")
        with suppress(TooSlow):
            inside.wait_for(timeout=20_000)
            break
    assert inside.count(), f"{who} could not log in"
    return desk


def make_course(site: Site, category: int, fullname: str, shortname: str, idnumber: str = "") -> int:
    """An empty course, made inside the site."""
    made = Stage(said(f"{site.word}_PHP"), Path(__file__).with_name("make_course.php")).play(
        "course",
        fullname=fullname,
        shortname=shortname,
        category=category,
        idnumber=idnumber,
        summary="<p>Atomes, molécules, réactions.</p>",
        summaryformat=1,
        startdate=1788300000,
    )
    return int(made)


def core_call(site: Site, function: str, **arguments: Any) -> Any:
    import requests

    from tests.live.ground import Refused, _flat

    fields = {
        "wstoken": site.ground.token,
        "wsfunction": function,
        "moodlewsrestformat": "json",
        **dict(_flat(arguments)),
    }
    answer = requests.post(f"{site.address}/webservice/rest/server.php", data=fields, timeout=60).json()
    if isinstance(answer, dict) and "exception" in answer:
        raise Refused(answer)
    return answer


def enrol(site: Site, courseid: int, people: dict[str, str]) -> None:
    """By hand, as a teacher would: username → short name of the role."""
    roles = {row[1]: int(row[0]) for row in site.rows("SELECT id, shortname FROM {role}")}
    names = ", ".join(f"'{name}'" for name in people)
    ids = {
        row[1]: int(row[0])
        for row in site.rows(f"SELECT id, username FROM {{user}} WHERE username IN ({names})")
    }
    rows = [
        {"roleid": roles[role], "userid": ids[name], "courseid": courseid} for name, role in people.items()
    ]
    core_call(site, "enrol_manual_enrol_users", enrolments=rows)


def change_course(site: Site, courseid: int, **fields: Any) -> None:
    """Through Moodle's own service: fullname, categoryid, visible …"""
    core_call(site, "core_course_update_courses", courses=[{"id": courseid, **fields}])


def fill_course(site: Site, courseid: int, archive: str = "chimie-nousers-tgz.mbz") -> None:
    """Sections, activities, questions and files of a real backup."""
    host, _, port = said("SOURCES").rpartition(":")
    shelf = Sources(host, int(port))
    try:
        shelf.put(ARCHIVES / archive)
        # An address of its own: what went wrong with one is not remembered of another.
        told = announced(f"{shelf.url('good', archive)}?{courseid}", shelf.files[archive])
        job = site.ground.run("start_restore", mode="merge", courseid=courseid, **told)
        assert job["status"] == "done", job["error"]
    finally:
        shelf.close()
