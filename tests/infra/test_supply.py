"""What is used from elsewhere is pinned, of a licence that was looked at, held against known vulnerabilities."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry, Resource

from tests.infra.templates import ROOT

spec = importlib.util.spec_from_file_location("supply", ROOT / "infra/supply.py")
supply = importlib.util.module_from_spec(spec)
sys.modules["supply"] = supply
spec.loader.exec_module(supply)

PYTHON = ROOT / ".venv-supply/bin/python"
with_the_tools = pytest.mark.skipif(
    not PYTHON.exists(), reason="python3 infra/run.py audit makes .venv-supply"
)

BUG = {"id": "GHSA-1", "aliases": ["CVE-1"], "fix_versions": ["3.2"], "description": "opens the door"}
BAD = {"name": "jinja2", "version": "3.1.6", "vulns": [BUG]}
GOOD = {"name": "idna", "version": "3.20", "vulns": []}


# -- licences -------------------------------------------------------------------------------------------


def test_the_page_of_licences_is_what_is_installed() -> None:
    assert supply.LICENCES.read_text(encoding="utf-8") == supply.licences(), (
        ".venv/bin/python infra/supply.py licences"
    )


@pytest.mark.parametrize("name", sorted(supply.pins(supply.LAYER_LOCK)))
def test_what_is_deployed_has_a_licence_that_was_looked_at(name: str) -> None:
    assert supply.licence_of(distribution(name)) in supply.DEPLOYABLE


@pytest.mark.parametrize("lock", supply.LOCKS)
def test_every_pin_has_its_hashes_and_no_lock_says_where_it_came_from(lock: str) -> None:
    assert all(pin.sha256 for pin in supply.pins(lock).values())
    assert "http" not in (ROOT / lock).read_text(encoding="utf-8")


# -- known vulnerabilities ------------------------------------------------------------------------------


@pytest.fixture
def taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The list of what is accepted, empty."""
    path = tmp_path / "accepted.txt"
    path.touch()
    monkeypatch.setattr(supply, "ACCEPTED", path)
    return path


@pytest.mark.parametrize(
    ("told", "line", "status", "said"),
    [
        (None, "", 0, "cannot be reached"),
        ([GOOD], "", 0, "1 pins checked, 0 known"),
        ([GOOD, BAD], "", 1, "jinja2 3.1.6: GHSA-1; mended in 3.2. opens the door"),
        ([GOOD, BAD], "CVE-1 2999-01-01 no template comes from outside", 0, "1 of them accepted"),
        ([GOOD, BAD], "CVE-1 2001-01-01 for a week", 1, "GHSA-1"),
        ([GOOD, BAD], "CVE-2 2999-01-01 another", 1, "CVE-2 is accepted and no longer found"),
        ([{"name": "x", "skip_reason": "never heard of"}], "", 0, "x: not checked, never heard of"),
    ],
)
def test_a_known_vulnerability_fails_unless_accepted_until_a_day(
    told: list | None,
    line: str,
    status: int,
    said: str,
    taken: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    taken.write_text(line)
    monkeypatch.setattr(supply, "_asked", lambda _: told)
    assert supply.audit() == status
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("line", ["GHSA-1", "GHSA-1 2027-01-31", "GHSA-1 tomorrow why"])
def test_what_is_accepted_has_a_day_and_a_reason(line: str) -> None:
    with pytest.raises(ValueError, match=r"line 1|isoformat"):
        supply.accepted(line)
    assert supply.accepted("# word\n\nCVE-1 2027-01-31 it is so")[0].until == date(2027, 1, 31)


def test_the_list_of_this_project_can_be_read() -> None:
    supply.accepted(supply.ACCEPTED.read_text(encoding="utf-8"))


@contextmanager
def database(vulnerable: str = ""):
    """OSV on this machine, which knows a flaw of one package, and what it was asked."""
    asked = set()

    class Osv(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.add(query["package"]["name"])
            hit = query["package"]["name"] == vulnerable
            affected = {"package": query["package"], "ranges": []}
            told = {"vulns": [{"id": "PYSEC-9", "summary": "flaw", "affected": [affected]}]} if hit else {}
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
    finally:
        server.shutdown()
        server.server_close()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [PYTHON, ROOT / "infra/supply.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@with_the_tools
def test_pip_audit_asks_for_every_pin_and_tells_what_is_known() -> None:
    with database("urllib3") as (address, asked):
        told = run("audit", address)
    assert told.returncode == 1, told
    assert "urllib3 2.8.0: PYSEC-9. flaw" in told.stdout
    locks = [(ROOT / lock).read_text(encoding="utf-8") for lock in supply.LOCKS]
    elsewhere = {name for lock in locks for name in re.findall(r"^([\w.-]+)==\S+ ;", lock, re.MULTILINE)}
    pinned = set.union(*(set(supply.pins(lock)) for lock in supply.LOCKS))
    assert pinned - asked <= {supply.normalised(name) for name in elsewhere}
    assert len(asked) > 150
    with database() as (address, _):
        assert run("audit", address).returncode == 0
    told = run("audit", address)  # nobody is there any more
    assert (told.returncode, "cannot be reached" in told.stdout) == (0, True)


@with_the_tools
def test_an_audit_that_fails_for_another_reason_is_not_taken_for_a_closed_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("idna>=3\n")
    monkeypatch.setattr(supply.sys, "executable", str(PYTHON))
    with pytest.raises(RuntimeError, match="came to nothing"):
        supply._asked_of(str(lock), "http://127.0.0.1:1/")


# -- the bill of materials ------------------------------------------------------------------------------


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """What a build leaves of each package: its metadata."""
    for name in supply.pins(supply.LAYER_LOCK):
        metadata = Path(distribution(name)._path)
        shutil.copytree(metadata, tmp_path / "layer" / metadata.name)
    return tmp_path / "layer"


@with_the_tools
def test_the_bill_of_materials_names_what_the_layer_holds_with_hashes_and_licences(layer: Path) -> None:
    target = layer.parent / "bill.json"
    assert run("bill", str(layer), str(target)).returncode == 0
    bill = json.loads(target.read_text())
    pins = supply.pins(supply.LAYER_LOCK)
    assert {one["name"]: one["version"] for one in bill["components"]} == {
        name: pin.version for name, pin in pins.items()
    }
    for one in bill["components"]:
        assert one["licenses"]
        assert [row["content"] for row in one["externalReferences"][0]["hashes"]] == sorted(
            pins[one["name"]].sha256
        )
    needs = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert "pkg:pypi/markupsafe@3.0.4" in needs["pkg:pypi/jinja2@3.1.6"]
    (schemas,) = (ROOT / ".venv-supply/lib").glob("python*/site-packages/cyclonedx/schema/_res")

    def schema(name: str) -> dict:
        return json.loads((schemas / f"{name}.SNAPSHOT.schema.json").read_text())

    beside = Registry().with_resources(
        (f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", Resource.from_contents(schema(name)))
        for name in ("spdx", "jsf-0.82")
    )
    jsonschema.Draft7Validator(schema("bom-1.6"), registry=beside).validate(bill)


@with_the_tools
def test_a_layer_that_holds_what_is_not_pinned_gets_no_bill(layer: Path) -> None:
    (stranger,) = layer.glob("idna-*")
    metadata = (stranger / "METADATA").read_text().replace("Version: 3.20", "Version: 3.19")
    (stranger / "METADATA").write_text(metadata)
    told = run("bill", str(layer), str(layer.parent / "bill.json"))
    assert told.returncode == 1
    assert "not pinned so: idna" in told.stderr
