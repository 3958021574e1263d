"""A whole network on one machine: the embedded AWS with template.yaml in it, and its Moodles (the twin)."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from passerelle.ports import World
from passerelle.runtime.settings import Settings
from passerelle.runtime.wiring import SystemClock, Wiring
from passerelle.store.configuration import Configuration
from passerelle_laptop.boutique import shops_document
from passerelle_laptop.emulator import REGION, Emulator
from passerelle_laptop.packaging import House
from passerelle_laptop.stack import Stack, deploy
from passerelle_laptop.till import Till
from passerelle_laptop.twin import Site, Twin
from passerelle_laptop.twin.records import Role

TITLES = {
    "hub": "Plateforme de mutualisation",
    "lycee-a": "Lycée Ada-Lovelace",
    "lycee-b": "Lycée Grace-Hopper",
    "ecampus-bleu": "eCampus bleu 2024-2025",
    "ecampus-vert": "eCampus vert 2025-2026",
}
# Two platforms of one university: this year's takes over last year's courses.
YEARS = {"ecampus-bleu": {"year": "24/25"}, "ecampus-vert": {"year": "25/26", "previous": "ecampus-bleu"}}
VIEWER = Role(
    id=20,
    shortname="networkteacher",
    name="Enseignant du réseau",
    archetype="",
    contextlevels=("coursecat",),
    capabilities=(
        "moodle/course:view",
        "moodle/category:viewcourselist",
        "mod/assign:view",
        "mod/forum:viewdiscussion",
        "mod/h5pactivity:view",
        "mod/quiz:view",
    ),
)
QUEUES = ("publications", "retrievals", "rollovers", "jobs", "orders")


def stack_file() -> Path:
    """Where `passerelle up` leaves the addresses for the other commands."""
    return House.here().root / ".passerelle" / "stack.json"


@dataclass
class Laptop:
    emulator: Emulator
    twin: Twin
    stack: Stack
    till: Till
    document: dict[str, Any] = field(repr=False)  # network.yaml as JSON
    _noted: Path | None = field(default=None, repr=False)

    @classmethod
    def start(cls, tell: Callable[[str, str], None], *, api_port: int | None = None) -> Laptop:
        """Everything, empty: sites with their categories, no course yet. `tell(fr, en)` reports."""
        emulator = Emulator.start(port=api_port)
        till = Till.start()
        twin: Twin | None = None
        try:
            tell("AWS embarqué démarré", "embedded AWS started")
            stack = deploy(emulator)
            tell("template.yaml déployé, rien n’a été perdu", "template.yaml deployed, nothing dropped")
            twin = Twin.start(TITLES)
            laptop = cls(emulator, twin, stack, till, _furnish(emulator, twin, stack, till))
            laptop.publish()
            tell("cinq Moodle ouverts et reliés", "five Moodles opened and connected")
        except BaseException:
            if twin is not None:
                twin.close()
            till.close()
            emulator.stop()
            raise
        return laptop

    def site(self, name: str) -> Site:
        return self.twin.site(name)

    def world(self) -> World:
        """The ports of the deployed stack, as the command line uses them."""
        return Wiring(Settings(self.environment()), client=self.emulator.client).world()

    def environment(self) -> dict[str, str]:
        outputs = self.stack.outputs
        return {
            "PASSERELLE_TABLE": outputs["Table"],
            "PASSERELLE_BACKUPS_BUCKET": outputs["BackupsBucket"],
            "PASSERELLE_STATE_BUCKET": outputs["StateBucket"],
            **{f"PASSERELLE_{name.upper()}_QUEUE": self.stack.queue(name) for name in QUEUES},
        }

    def publish(self) -> None:
        """network.yaml as `document` now stands."""
        text = yaml.dump(self.document, Dumper=_WrittenOut, allow_unicode=True, sort_keys=False)
        bucket = self.stack.outputs["StateBucket"]
        Configuration(self.emulator.client("s3"), bucket, SystemClock()).publish(text, self.document)

    def note_addresses(self, path: Path | None = None) -> Path:
        """Write `.passerelle/stack.json`, or `path`, so that the other commands find this stack."""
        outputs = self.stack.outputs
        path = self._noted = path or stack_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps(
                {
                    "endpoint_url": self.emulator.endpoint,
                    "region": REGION,
                    "table": outputs["Table"],
                    "backups_bucket": outputs["BackupsBucket"],
                    "state_bucket": outputs["StateBucket"],
                    "queues": {name: self.stack.queue(name) for name in QUEUES},
                    "api": self.stack.api,
                    "release": outputs.get("Release", ""),
                    "sites": {name: site.base_url for name, site in self.twin.sites.items()},
                },
                indent=1,
            )
            + "\n"
        )
        return path

    def stop(self) -> None:
        self.twin.close()
        self.till.close()
        self.emulator.stop()
        if self._noted is not None:  # another stack of this machine keeps its own
            self._noted.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _WrittenOut(yaml.SafeDumper):
    """What stands twice is written twice: network.yaml knows no `*`."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's own
        return True


def _furnish(emulator: Emulator, twin: Twin, stack: Stack, till: Till) -> dict[str, Any]:
    """Secrets in SSM, network.yaml in the state bucket, each site told where Passerelle is."""
    ssm = emulator.client("ssm")
    sites: dict[str, Any] = {}
    for name, site in twin.sites.items():
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        for kind, value in (("tokens", site.token), ("signing", secret)):
            ssm.put_parameter(
                Name=f"/passerelle/{kind}/{name}", Value=value, Type="SecureString", Overwrite=True
            )
        site.connect(stack.api, secret)
        sites[name] = {
            "title": TITLES[name],
            "url": site.base_url,
            "token": f"/passerelle/tokens/{name}",
            "secrets": [f"/passerelle/signing/{name}"],
            "category": "rapatries",
            "assistance": {"email": f"assistance@{name}.example"},
            "calls_per_second": 200.0,
            **YEARS.get(name, {}),
        }
    for name, site in twin.sites.items():
        site.settings.max_input_vars = 5000  # as Moodle recommends
        site.add_category("Cours rapatriés", "rapatries")
        if name.startswith("lycee"):
            site.add_category("Sciences", "sciences")
    hub = twin.site("hub")
    hub.add_category("Cours mutualisés", "mutualisation")
    # What the members' teachers hold on that category: they view its courses and change nothing (P9).
    hub.state.roles[VIEWER.id] = VIEWER
    document = {
        "name": "Réseau des lycées",
        "identity": "username",
        "sites": sites,
        "hub": {
            "site": "hub",
            "category": "mutualisation",
            "author_role": "teacher",
            "viewer_role": VIEWER.shortname,
        },
        "limits": {"archive": "200 MB", "backups_kept": 3},
        "operators": ["hub:admin"],
    }

    def keep(name: str, value: str) -> None:
        ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)

    document |= shops_document(stack.api, till.url, keep)
    till.door = f"{stack.api}/shops/woo/orders"
    return document
