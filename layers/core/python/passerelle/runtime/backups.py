"""The port `BackupReader` on S3: archives read as streams, written in parts, taken back when cut."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from passerelle import mbz
from passerelle.domain.backups.manifest import Inspection
from passerelle.domain.rollover.survey import Survey
from passerelle.mbz.people import LARGEST
from passerelle.mbz.sources_s3 import S3Sink, S3Source
from passerelle.mbz.survey import survey
from passerelle.ports import Cleaned, PeopleFile, PeopleRead
from passerelle.store.aws import aws_named

CONTENT_TYPE = "application/vnd.moodle.backup"


class S3Backups:
    def __init__(self, client: Any, bucket: Callable[[], str]) -> None:
        self._client = client
        # Asked for where an archive is read: who only reads papers about archives need not be told of one.
        self._bucket = bucket

    def clean(
        self, key: str, to_key: str, *, people: PeopleFile | None = None, keep_keys: bool = False
    ) -> Cleaned:
        """Raises CannotRead, StorageAway."""
        source = self._source(key)
        known, read = self._people(people)
        with (
            aws_named(),
            S3Sink(self._client, self._bucket(), to_key, source=source, ContentType=CONTENT_TYPE) as sink,
        ):
            report = mbz.scrub(source, sink, people=known, keep_keys=keep_keys)
            if report.accepted:
                sink.complete()
        traces = (*report.scrubbed, *report.reported)
        return Cleaned(report.inspection, report.size, report.sha256, traces, read)

    def _people(self, file: PeopleFile | None) -> tuple[mbz.People | None, PeopleRead]:
        """A backup is worth its verdict without them as well, and the verdict says so."""
        if file is None:
            return None, "unknown"
        try:
            source = self._source(file.key)
            data = source.read_range(0, min(source.size, LARGEST + 1))
            if hashlib.sha256(data).hexdigest() != file.sha256:
                return None, "unreadable"
            return mbz.People(data), "compared"
        except mbz.CannotRead:
            return None, "missing"
        except mbz.BadPeople:
            return None, "unreadable"

    def look(self, key: str) -> Inspection:
        """Raises CannotRead, StorageAway."""
        with aws_named():
            return mbz.inspect(self._source(key), verify_content=True)

    def survey(self, key: str) -> Survey:
        """Raises CannotSurvey, CannotRead, StorageAway."""
        with aws_named():
            return survey(self._source(key))

    def _source(self, key: str) -> S3Source:
        return S3Source(self._client, self._bucket(), key)
