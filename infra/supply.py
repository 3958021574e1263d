"""What is used from elsewhere: held against known vulnerabilities, and listed.

python3 infra/run.py audit                          every pin against OSV; where it does not answer, says so
python3 infra/run.py sam build                      leaves .aws-sam/passerelle.cdx.json (CycloneDX 1.6)
.venv/bin/python infra/supply.py licences [--check] writes infra/docs/licences.md, or says that it is old
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LAYER_LOCK = "layers/core/python/requirements.txt"
LAPTOP_LOCK = "infra/laptop/requirements.lock"
LOCKS = (LAYER_LOCK, LAPTOP_LOCK, ".ci/sam.lock", ".ci/supply.lock")
ACCEPTED = ROOT / ".ci/accepted-vulnerabilities.txt"
LICENCES = ROOT / "infra/docs/licences.md"
OSV = "https://api.osv.dev/v1/query"
PATIENCE = 5  # seconds for one answer
PATIENCE_FOR_ALL = 300
# How pip-audit's last line says that nobody answered, or not as OSV does.
NO_ANSWER = re.compile(r"^requests\.exceptions\.|^pip_audit\._service\.|your network may be blocking")
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^ \\;]+)")


@dataclass(frozen=True)
class Pin:
    name: str
    version: str
    sha256: tuple[str, ...]  # of each archive of that version: one for each platform


def pins(lock: str) -> dict[str, Pin]:
    """By normalised name. One that is pinned twice, for two versions of Python, counts as its last."""
    found: dict[str, Pin] = {}
    for block in re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8")):
        if pinned := PIN.match(block):
            name = normalised(pinned[1])
            found[name] = Pin(name, pinned[2], tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block)))
    return found


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# -- known vulnerabilities ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Accepted:
    id: str
    until: date
    why: str


def accepted(text: str) -> list[Accepted]:
    """Raises ValueError for a line without id, day and reason."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(maxsplit=2)
        if len(words) < 3:
            raise ValueError(f"line {number}: an id, a day and a reason are needed")
        found.append(Accepted(words[0], date.fromisoformat(words[1]), words[2]))
    return found


def audit(osv: str = OSV) -> int:
    """Exit status: 1 where a pin has a known vulnerability that is not accepted; 0 where nobody answers."""
    today = datetime.now(UTC).date()
    taken = accepted(ACCEPTED.read_text(encoding="utf-8"))
    told = _asked(osv)
    if told is None:
        print("not checked: the database of vulnerabilities (OSV) cannot be reached from here")
        return 0
    in_force = {one.id for one in taken if one.until >= today}
    found = [(one, bug) for one in told for bug in one.get("vulns", [])]
    bad = [(one, bug) for one, bug in found if not in_force & {bug["id"], *bug["aliases"]}]
    for one, bug in bad:
        fixed = f"; mended in {', '.join(bug['fix_versions'])}" if bug["fix_versions"] else ""
        print(f"{one['name']} {one['version']}: {bug['id']}{fixed}. {bug['description'][:200]}")
    for row in taken:
        if not any(row.id in {bug["id"], *bug["aliases"]} for _, bug in found):
            print(f"{row.id} is accepted and no longer found: take its line out of {ACCEPTED.name}")
    skipped = [one for one in told if "skip_reason" in one]
    for one in skipped:
        print(f"{one['name']}: not checked, {one['skip_reason']}")
    print(
        f"{len(told) - len(skipped)} pins checked, {len(found)} known vulnerabilities, "
        f"{len(found) - len(bad)} of them accepted"
    )
    return 1 if bad else 0


def _asked(osv: str) -> list[dict[str, Any]] | None:
    """What pip-audit tells of each pin, once; None where it got no answer. Nothing is installed or resolved.

    Raises RuntimeError where pip-audit came to nothing for another reason.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for lock in LOCKS:  # one at a time: it refuses a package that two of them name
        told = _asked_of(lock, osv)
        if told is None:
            return None
        found |= {(one["name"], one.get("version", "")): one for one in told}
    return list(found.values())


def _asked_of(lock: str, osv: str) -> list[dict[str, Any]] | None:
    with tempfile.TemporaryDirectory() as cache:
        command = [
            *(sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--osv-url", osv),
            *("--requirement", str(ROOT / lock), "--disable-pip", "--no-deps", "--format", "json"),
            *("--progress-spinner", "off", "--timeout", str(PATIENCE), "--cache-dir", cache),
        ]
        try:
            asked = subprocess.run(  # noqa: S603 - pip-audit of our own environment
                command, capture_output=True, text=True, timeout=PATIENCE_FOR_ALL, check=False
            )
        except subprocess.TimeoutExpired:
            return None
    with suppress(ValueError):
        told: list[dict[str, Any]] = json.loads(asked.stdout)["dependencies"]
        return told
    last = asked.stderr.strip().rpartition("\n")[2]
    if NO_ANSWER.search(last):
        return None
    raise RuntimeError(f"pip-audit came to nothing with {lock}: {last}")


# -- licences -------------------------------------------------------------------------------------------

# What may be deployed without being looked at again; LGPL and MPL: unchanged, as modules of their own.
DEPLOYABLE = frozenset(
    {"MIT", "MIT-0", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "PSF-2.0", "MPL-2.0", "LGPL-3.0"}
)
# SPDX's name for what metadata older than PEP 639 say.
SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0",
    "LGPL v3": "LGPL-3.0",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "The MIT License (MIT)": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
}


def licence_of(distribution: Distribution) -> str:
    """By SPDX's name: what its metadata say, else how its licence begins; empty where it tells none."""
    told = distribution.metadata
    if expression := told.get("License-Expression"):
        return str(expression)
    classifiers = [
        one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or [] if "License ::" in one
    ]
    texts = [str(told.get("License") or ""), *classifiers, _licence_file(distribution)]
    lines = [text.strip().splitlines()[0].strip() for text in texts if text.strip()]
    return next((SPDX.get(line, line) for line in lines if len(line) < 60), "")


def _licence_file(distribution: Distribution) -> str:
    for name in distribution.metadata.get_all("License-File") or []:
        if text := distribution.read_text(f"licenses/{name}") or distribution.read_text(name):
            return text
    return ""


def licences() -> str:
    """The page, from what is installed here in the versions that are pinned."""
    deployed, others = pins(LAYER_LOCK), pins(LAPTOP_LOCK)
    return "\n".join(
        [
            "# Licences",
            "",
            "Passerelle's own: Apache-2.0; the three plugins in `infra/moodle`, which are Moodle's kind: "
            "GPL-3.0-or-later. What it uses, in the versions that are pinned; made by `infra/supply.py "
            "licences`, and held by `tests/infra/test_supply.py`. What builds and checks (`.ci/*.lock`) is "
            "handed to nobody.",
            "",
            "## Deployed, in the layer of all functions",
            "",
            *_table(deployed),
            "",
            "boto3 comes with Lambda's runtime. `sam build` leaves the same list with hashes as a CycloneDX "
            "bill of materials, `.aws-sam/passerelle.cdx.json`.",
            "",
            "## On a laptop only: the command line, the demo, the tests",
            "",
            *_table({name: pin for name, pin in others.items() if name not in deployed}),
            "",
        ]
    )


def _table(listed: Mapping[str, Pin]) -> Iterator[str]:
    """What is for another system or Python stays as the page has it: it is not installed here."""
    yield from ("| package | version | licence |", "| --- | --- | --- |")
    page = LICENCES.read_text(encoding="utf-8") if LICENCES.exists() else ""
    for name, pin in sorted(listed.items()):
        row = f"| {name} | {pin.version} |"
        try:
            licence = licence_of(importlib.metadata.distribution(name)) or "**none told**"
        except importlib.metadata.PackageNotFoundError:
            known = re.search(rf"^{re.escape(row)} (.+) \|$", page, re.MULTILINE)
            licence = known[1] if known else "only on other systems: not looked at"
        yield f"{row} {licence} |"


# -- the bill of materials ------------------------------------------------------------------------------


def bill(build: Path) -> str:
    """CycloneDX of the layer that was built. Raises ValueError where it holds what is not pinned."""
    # Here: the page of licences is made where this library is not installed.
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = pins(LAYER_LOCK)
    built = {normalised(one.name): one for one in importlib.metadata.distributions(path=[str(build)])}
    strangers = {
        name for name, one in built.items() if name not in pinned or pinned[name].version != one.version
    }
    if strangers or not built:
        raise ValueError(
            f"in the layer and not pinned so: {', '.join(sorted(strangers)) or 'nothing is there'}"
        )
    bom = Bom()
    root = Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        licenses=_licences_of(project["license"]),
    )
    bom.metadata.component = root
    components = {name: _component(pinned[name], licence_of(one)) for name, one in built.items()}
    for component in components.values():
        bom.components.add(component)
    bom.register_dependency(root, components.values())
    for name, one in built.items():
        bom.register_dependency(
            components[name], [components[need] for need in _needs(one) if need in components]
        )
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)


def _component(pin: Pin, licence: str) -> Any:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
    from cyclonedx.model.component import Component
    from packageurl import PackageURL

    address = PackageURL("pypi", name=pin.name, version=pin.version)
    archives = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(address.to_string()),
        comment="pinned: it is one of these archives",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in pin.sha256],
    )
    return Component(
        name=pin.name,
        version=pin.version,
        bom_ref=address.to_string(),
        purl=address,
        licenses=_licences_of(licence),
        external_references=[archives],
    )


def _licences_of(licence: str) -> list[Any]:
    from cyclonedx.factory.license import LicenseFactory

    return [LicenseFactory().make_from_string(licence)] if licence else []


def _needs(distribution: Distribution) -> Iterator[str]:
    from packaging.requirements import Requirement

    for line in distribution.requires or []:
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            yield normalised(need.name)


# -- the command ----------------------------------------------------------------------------------------


def main(command: str = "", *arguments: str) -> int:
    match command, arguments:
        case "audit", given:
            return audit(*given)
        case "licences", ("--check",):
            current = LICENCES.read_text(encoding="utf-8") == licences()
            if not current:
                print("infra/docs/licences.md is old: .venv/bin/python infra/supply.py licences")
            return not current
        case "licences", ():
            LICENCES.write_text(licences(), encoding="utf-8")
            return 0
        case "bill", (folder, target):
            Path(target).write_text(bill(Path(folder)), encoding="utf-8")
            print(f"{target}: what is deployed, as a CycloneDX bill of materials")
            return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
