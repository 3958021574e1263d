"""The port `Sources`: a night's extracts in the state bucket, people from the directory where configured."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from passerelle.domain.network import Network
from passerelle.domain.night.policy import NightRules
from passerelle.domain.offer.model import Extracts, Table
from passerelle.domain.offer.stages import TABLES, Stage
from passerelle.errors import Refused
from passerelle.sources.extracts import ALL_TABLES, read_extracts
from passerelle.sources.oneroster import is_oneroster, read_oneroster
from passerelle.store.aws import aws_named
from passerelle.usecases.night import oldest_extracts

if TYPE_CHECKING:
    from passerelle.sources.ldap import Directory


class S3Sources:
    """`sis/{site}/{date}/` in the bucket; `secret` reads the directory's password by its parameter's name."""

    def __init__(
        self, client: Any, bucket: str, network: Callable[[], Network], secret: Callable[[str], str]
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._network = network
        self._secret = secret

    def read(self, site: str, night: date, stage: Stage | None = None) -> Extracts:
        rules = self._network().sites[site].night
        if rules is None:
            raise Refused("no_night", site=site)
        wanted = ALL_TABLES if stage is None else TABLES[stage]
        if rules.ldap is not None:
            wanted -= {Table.PEOPLE}
        with tempfile.TemporaryDirectory(prefix="passerelle-sis-") as scratch:
            folder = Path(scratch)
            self._fetch(f"sis/{site}/{night.isoformat()}/", folder)
            extracts = _read(folder, rules, night, wanted)
        if rules.ldap is None or (stage is not None and Table.PEOPLE not in TABLES[stage]):
            return extracts
        # ldap3 is read in by the stages that ask a directory, and by no other function.
        from passerelle.sources.ldap import read_directory, replace_people

        return replace_people(extracts, read_directory(self._directory(rules)))

    def _fetch(self, prefix: str, folder: Path) -> None:
        with aws_named():
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix
            ):
                for row in page.get("Contents", []):
                    name = row["Key"].removeprefix(prefix)
                    if not name or "/" in name:
                        continue
                    body = self._client.get_object(Bucket=self._bucket, Key=row["Key"])["Body"]
                    with (folder / name).open("wb") as file:
                        for piece in body.iter_chunks(1 << 20):
                            file.write(piece)

    def _directory(self, rules: NightRules) -> Directory:
        from passerelle.sources.ldap import Directory  # same

        ldap = rules.ldap
        if ldap is None:
            raise Refused("no_directory")
        return Directory(
            url=ldap.url,
            base=ldap.base,
            filter=ldap.filter,
            bind_dn=ldap.bind_dn,
            password=self._secret(ldap.password).strip() if ldap.password else "",
            start_tls=ldap.start_tls,
            ca_file=ldap.ca_file or None,
        )


def _read(folder: Path, rules: NightRules, night: date, tables: frozenset[Table]) -> Extracts:
    if is_oneroster(folder):
        return read_oneroster([folder], rules.encoding)
    return read_extracts(folder, rules.encoding, tables=tables, not_before=oldest_extracts(rules, night))
