"""A Moodle comes into a network by a code and leaves it again (K1): a real one, and the whole of `template.yaml` in the
embedded AWS, which both reach each other by HTTP.

- `PASSERELLE_CONNECT_ADDRESS`: the wwwroot of a Moodle that has the plugins and is not connected. It is connected and
  disconnected several times, and left as it was.
- `PASSERELLE_CONNECT_PHP`: a command that runs PHP in the directory of its code and as its user, with what it is given
  (`cd /var/www/moodle && php`)
- `PASSERELLE_CONNECT_PASSWORD`: of its administrator, `admin` or who `PASSERELLE_CONNECT_ADMIN` says: the page in
  Moodle is tried in a browser, too; `PASSERELLE_CONNECT_SHOTS`: a folder for what it looked like

Figures are printed (`-s`): seconds from the code to `network check` being green.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from passerelle_laptop.emulator import REGION, Emulator
from passerelle_laptop.stack import deploy
from tests.browser.moodle_pages import CHROMIUM, PHONE, browser
from tests.live.scene import Stage

ADDRESS = os.environ.get("PASSERELLE_CONNECT_ADDRESS", "").rstrip("/")
PHP = os.environ.get("PASSERELLE_CONNECT_PHP", "")
pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(not (ADDRESS and PHP), reason="PASSERELLE_CONNECT_ADDRESS and _PHP name no Moodle"),
]
SITE = "essai"
QUEUES = ("publications", "retrievals", "rollovers", "jobs", "orders")


@dataclass(frozen=True)
class Network:
    """An installation of Passerelle with no site yet, asked by the command line."""

    folder: Path

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                str(Path(sys.executable).with_name("passerelle")),
                *words,
                "--stack",
                str(self.folder / "stack.json"),
            ],
            text=True,
            capture_output=True,
            check=False,
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C.UTF-8", "PASSERELLE_LANG": "en"},
        )

    def code(self) -> str:
        """The site is the hub of a network of its own: so the hub's place is made, too."""
        said = self.command("network", "add", SITE, "--url", ADDRESS, "--hub", "--file", "network.yaml")
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout.strip().splitlines()[-1]

    def check(self) -> subprocess.CompletedProcess[str]:
        return self.command("network", "check")


@dataclass(frozen=True)
class Site:
    stage: Stage
    script: str

    def connect(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`php local/passerelle/cli/connect.php …`, answered yes."""
        return subprocess.run(
            f"{PHP} {self.script} {' '.join(words)} --yes",
            shell=True,
            text=True,
            capture_output=True,
            check=False,
        )

    def look(self) -> dict[str, Any]:
        return dict(self.stage.play("look"))

    def made(self) -> dict[str, Any]:
        return dict(self.stage.play("made"))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("network")
    emulator = Emulator.start()
    try:
        stack = deploy(emulator)
        addresses = {
            "endpoint_url": emulator.endpoint,
            "region": REGION,
            "table": stack.outputs["Table"],
            "backups_bucket": stack.outputs["BackupsBucket"],
            "state_bucket": stack.outputs["StateBucket"],
            "queues": {name: stack.queue(name) for name in QUEUES},
            "api": stack.api,
        }
        (folder / "stack.json").write_text(json.dumps(addresses), encoding="utf-8")
        yield Network(folder)
    finally:
        emulator.stop()


@pytest.fixture(scope="module")
def site() -> Site:
    stage = Stage(PHP, Path(__file__).with_name("connecting.php"))
    probe = f"{PHP} -r 'exit((int) is_dir(\"public\"));'"
    below = "public/" if subprocess.run(probe, check=False, shell=True).returncode else ""
    return Site(stage, f"{below}local/passerelle/cli/connect.php")


@pytest.fixture
def untouched(site: Site) -> Iterator[dict[str, Any]]:
    """The Moodle as it was, and as it must be again at the end."""
    before = site.look()
    assert "address" not in before["settings"], "this Moodle is connected: take one that is not"
    yield before
    if "address" in site.look()["settings"]:
        site.connect("--disconnect")
    assert site.look() == before


def done(said: subprocess.CompletedProcess[str]) -> str:
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


@pytest.mark.rule("K1")
def test_from_nothing_to_green_gone_and_green_again(
    network: Network, site: Site, untouched: dict[str, Any]
) -> None:
    for time_of in ("first", "second"):
        started = time.monotonic()
        code = network.code()
        said = done(site.connect(code))
        connected = time.monotonic()
        checked = done(network.check())
        assert "✗" not in said + checked
        assert "answers" in checked
        sys.stdout.write(
            f"\n{time_of}: {connected - started:.1f} s to connected, "
            f"{time.monotonic() - started:.1f} s to `network check` green\n"
        )
        started = time.monotonic()
        done(site.connect("--disconnect"))
        sys.stdout.write(f"{time_of}: {time.monotonic() - started:.1f} s to disconnected\n")
        assert site.look() == untouched
        assert network.check().returncode != 0, "Passerelle has forgotten the token"


@pytest.mark.rule("K1")
def test_again_is_safe_and_a_code_works_once(network: Network, site: Site, untouched: dict[str, Any]) -> None:
    code = network.code()
    done(site.connect(code))
    first = site.look()
    again = site.connect(code)
    assert again.returncode == 1
    assert "✗" not in done(network.check()), "A code that is used up takes nothing away"
    done(site.connect(network.code()))
    done(site.connect("--renew"))
    assert "✗" not in done(site.connect("--check"))
    now = site.look()
    same = (
        "roles",
        "capabilities",
        "allows",
        "accounts",
        "categories",
        "webservices",
        "protocols",
        "authorised",
    )
    assert {name: now[name] for name in same} == {name: first[name] for name in same}
    assert site.made() == {"accounts": ["passerelle"], "lasting_tokens": 1}
    new = sorted(set(now["roles"]) - set(untouched["roles"]))
    assert len(new) == 2, "the account's, and the one that views on the hub"
    done(network.check())


@pytest.mark.rule("K1")
def test_a_code_that_was_cut_or_changed_connects_nothing(
    network: Network, site: Site, untouched: dict[str, Any]
) -> None:
    code = network.code()
    network.code()  # a newer one: the first is worth nothing
    for wrong in (code, code[:-9], "psl1_", "nothing"):
        assert site.connect(wrong).returncode in {1, 2}, wrong
        assert site.look() == untouched


@pytest.fixture
def page(site: Site) -> Iterator[Any]:
    """The administrator's browser, logged in."""
    password = os.environ.get("PASSERELLE_CONNECT_PASSWORD", "")
    if not (CHROMIUM and password):
        pytest.skip("no Chromium, or no password in PASSERELLE_CONNECT_PASSWORD")
    with browser() as opened:
        page = opened.new_page(locale="en")
        page.set_default_timeout(120_000)  # pages of a busy machine
        page.goto(f"{ADDRESS}/login/index.php?lang=en")
        page.wait_for_load_state("networkidle")
        page.fill("#username", os.environ.get("PASSERELLE_CONNECT_ADMIN", "admin"))
        page.fill("#password", password)
        page.click("#loginbtn")
        page.locator("body:not(.notloggedin)").wait_for()
        yield page


def keep_looks(page: Any, name: str) -> None:
    if folder := os.environ.get("PASSERELLE_CONNECT_SHOTS"):
        for width, size in (("wide", {"width": 1280, "height": 900}), ("phone", PHONE)):
            page.set_viewport_size(size)
            page.screenshot(path=Path(folder) / f"connect-{name}-{width}.png", full_page=True)


@pytest.mark.rule("K1")
def test_the_page_asks_first_shows_what_was_found_and_takes_it_back(
    network: Network, site: Site, untouched: dict[str, Any], page: Any
) -> None:
    page.goto(f"{ADDRESS}/local/passerelle/connect.php")
    keep_looks(page, "empty")
    page.fill("textarea[name=code]", network.code())
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Go on only if you know that address").wait_for()
    keep_looks(page, "asks")
    assert site.look() == untouched, "Nothing is done before the question is answered"
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_text("This Moodle fits.").wait_for()
    findings = page.locator("[data-region=findings]")
    assert "answers" in findings.inner_text()
    assert "To correct" not in findings.inner_text()
    keep_looks(page, "connected")
    assert "✗" not in done(network.check())
    page.get_by_role("button", name="Check again").click()
    page.get_by_text("This Moodle fits.").wait_for()
    page.get_by_role("button", name="Renew the token").click()
    page.get_by_text("This Moodle fits.").wait_for()
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_text("Disconnect this Moodle?").wait_for()
    keep_looks(page, "leaves")
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_text("This Moodle is disconnected.").wait_for()
    assert site.look() == untouched
