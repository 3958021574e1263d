"""The port `Sources`: a night's extracts in the state bucket, people from the directory where configured."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from passerelle.domain.network import Network
from passerelle.domain.night.policy import NightRules
from passerelle.domain.offer.model import Extracts, FileFault, FileProblem, Table
from passerelle.domain.offer.stages import TABLES, Stage
from passerelle.errors import Refused
from passerelle.sources import oneroster
from passerelle.sources.directory_paper import PeopleRead, as_paper, from_paper, replace_people
from passerelle.sources.extracts import ALL_TABLES, read_extracts
from passerelle.sources.zipped import unpack
from passerelle.store.aws import aws_named
from passerelle.usecases.night.plan_stage import oldest_extracts

if TYPE_CHECKING:
    from passerelle.sources.ldap import Directory

OLDEST_BULK = timedelta(days=62)  # before a night of which only the differences were delivered


class Lying(NamedTuple):
    """A file as it lies in the bucket."""

    key: str
    etag: str
    since: datetime


class S3Sources:
    """`sis/{site}/{date}/` in the bucket; `secret` reads the directory's password by its parameter's name.

    One for each function: it holds what it read last, for as long as the files stay what they are.
    """

    def __init__(
        self, client: Any, bucket: str, network: Callable[[], Network], secret: Callable[[str], str]
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._network = network
        self._secret = secret
        self._recalled: tuple[object, Extracts] | None = None

    def read(self, site: str, night: date, stage: Stage | None = None, *, keep: bool = True) -> Extracts:
        rules = self._rules(site)
        extracts = self._delivered(site, night, rules, ALL_TABLES if stage is None else TABLES[stage])
        if rules.ldap is None or (stage is not None and Table.PEOPLE not in TABLES[stage]):
            return extracts
        return self.ask_directory(site, night, extracts, keep=keep)

    def ask_directory(self, site: str, night: date, extracts: Extracts, *, keep: bool = True) -> Extracts:
        # ldap3 is read in by the stages that ask a directory, and by no other function.
        from passerelle.sources.ldap import read_directory

        people = read_directory(self._directory(self._rules(site)))
        if keep:
            with aws_named():
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=_directory_key(site, night),
                    Body=json.dumps(as_paper(people), ensure_ascii=False).encode(),
                    ContentType="application/json; charset=utf-8",
                )
        return replace_people(extracts, people)

    def recall(self, site: str, night: date) -> Extracts:
        rules = self._rules(site)
        lying = self._lying(_folder(site, night))
        if rules.ldap is not None:
            lying += self._lying(_directory_key(site, night))
        # The rules are in the key: another encoding is another reading. So is when a file was delivered.
        key = (site, night, tuple(lying), repr(rules))
        if self._recalled is None or self._recalled[0] != key:
            self._recalled = None  # two at a time would be twice the memory
            extracts = self._delivered(site, night, rules, ALL_TABLES)
            if rules.ldap is not None:
                extracts = replace_people(extracts, self._people(site, night))
            self._recalled = (key, extracts)
        return self._recalled[1]

    def _rules(self, site: str) -> NightRules:
        rules = self._network().sites[site].night
        if rules is None:
            raise Refused("no_night", site=site)
        return rules

    # -- files ----------------------------------------------------------------------------------------

    def _delivered(self, site: str, night: date, rules: NightRules, tables: frozenset[Table]) -> Extracts:
        wanted = tables - {Table.PEOPLE} if rules.ldap is not None else tables
        not_before = oldest_extracts(rules, night)
        with tempfile.TemporaryDirectory(prefix="passerelle-sis-") as scratch:
            folder = Path(scratch) / night.isoformat()
            fetched = self._fetch(_folder(site, night), folder)
            if rules.sources == "oneroster" or (not rules.sources and oneroster.is_oneroster(folder)):
                sets = [folder, *self._earlier_sets(site, night, folder)][::-1]
                extracts = oneroster.read_oneroster(sets, rules.encoding, night=night)
                return _on_time(extracts, fetched.get(oneroster.MANIFEST), not_before)
            return read_extracts(folder, rules.encoding, tables=wanted, not_before=not_before)

    def _earlier_sets(self, site: str, night: date, folder: Path) -> Iterable[Path]:
        """Where only differences were delivered: the sets before, back to the whole of each file."""
        modes = oneroster.modes_of(folder)
        open_files = {file for file, mode in modes.items() if mode == oneroster.DELTA}
        for day in self._nights_before(site, night) if open_files else ():
            earlier = folder.parent / day.isoformat()
            self._fetch(_folder(site, day), earlier)
            modes = oneroster.modes_of(earlier)
            if not modes:
                continue
            yield earlier
            open_files -= {file for file, mode in modes.items() if mode == oneroster.BULK}
            if not open_files:
                return

    def _nights_before(self, site: str, night: date) -> list[date]:
        """Nights that have a folder, the latest first."""
        start, found = f"sis/{site}/", set()
        with aws_named():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=start, Delimiter="/"
            )
            for page in pages:
                for row in page.get("CommonPrefixes", []):
                    name = row["Prefix"].removeprefix(start).rstrip("/")
                    try:
                        found.add(date.fromisoformat(name))
                    except ValueError:
                        continue  # somebody's own folder
        return sorted((day for day in found if night - OLDEST_BULK <= day < night), reverse=True)

    def _lying(self, prefix: str) -> list[Lying]:
        found: list[Lying] = []
        with aws_named():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                rows = page.get("Contents", [])
                found += [Lying(row["Key"], row["ETag"], row["LastModified"]) for row in rows]
        return found

    def _fetch(self, prefix: str, folder: Path) -> Mapping[str, Lying]:
        """By name, what was fetched."""
        folder.mkdir()
        found: dict[str, Lying] = {}
        for one in self._lying(prefix):
            name = one.key.removeprefix(prefix)
            if not name or "/" in name:
                continue
            found[name] = one
            with aws_named():
                body = self._client.get_object(Bucket=self._bucket, Key=one.key)["Body"]
                with (folder / name).open("wb") as file:
                    for piece in body.iter_chunks(1 << 20):
                        file.write(piece)
        for archive in sorted(folder.glob("*.zip")):  # a folder of the whole night, in one file
            for name in unpack(archive, folder):
                found[name] = found[archive.name]
        return found

    # -- the directory ---------------------------------------------------------------------------------

    def _people(self, site: str, night: date) -> PeopleRead | None:
        key = _directory_key(site, night)
        if not self._lying(key):
            return None
        with aws_named():
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return from_paper(json.loads(body))

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
            page_size=ldap.page_size,
            login=ldap.login,
            student_prefix=ldap.student_prefix,
            staff_prefix=ldap.staff_prefix,
            ca_file=ldap.ca_file or None,
            ca=self._secret(ldap.ca) if ldap.ca else None,
        )


def _folder(site: str, night: date) -> str:
    return f"sis/{site}/{night.isoformat()}/"


def _directory_key(site: str, night: date) -> str:
    """Beside the night's other papers: who delivers extracts need not be trusted with it."""
    return f"nights/{site}/{night.isoformat()}/directory.json"


def _on_time(extracts: Extracts, manifest: Lying | None, not_before: datetime) -> Extracts:
    """OneRoster's manifest does not say when it was made: when it was delivered counts."""
    if manifest is None or manifest.since >= not_before:
        return extracts
    late = FileProblem(
        oneroster.MANIFEST,
        FileFault.TOO_OLD,
        expected=not_before.isoformat(),
        found=manifest.since.isoformat(),
        tables=oneroster.FILLED,
    )
    return replace(extracts, problems=(*extracts.problems, late))
