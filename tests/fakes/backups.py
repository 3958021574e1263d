"""A reader that believes what a test says is in an archive."""

from __future__ import annotations

from passerelle.domain.backups.manifest import Inspection, PersonalTrace
from passerelle.domain.rollover.survey import Survey
from passerelle.ports import Cleaned, PeopleFile, PeopleRead
from tests.factories.records import CLEAN_SHA, an_inspection
from tests.factories.rollover import a_survey
from tests.fakes.archives import FakeArchives


class FakeBackups:
    def __init__(self, archives: FakeArchives) -> None:
        self._archives = archives
        self.found: dict[str, Inspection] = {}  # by key; the others are accepted
        self.traces: tuple[PersonalTrace, ...] = ()
        self.inspected: list[str] = []
        self.kept_keys: dict[str, bool] = {}
        self.surveys: dict[str, Survey] = {}  # by key; the others are a_survey()
        self.surveyed: list[str] = []

    def clean(
        self, key: str, to_key: str, *, people: PeopleFile | None = None, keep_keys: bool = False
    ) -> Cleaned:
        self.inspected.append(key)
        self.kept_keys[key] = keep_keys
        inspection = self.found.get(key, an_inspection())
        size = self._archives.size(key)
        assert size is not None, f"{key} is gone"
        if inspection.accepted:
            self._archives.put(to_key, size)
        return Cleaned(inspection, size, CLEAN_SHA, self.traces, self._people(people))

    def _people(self, people: PeopleFile | None) -> PeopleRead:
        if people is None:
            return "unknown"
        return "missing" if self._archives.size(people.key) is None else "compared"

    def look(self, key: str) -> Inspection:
        return self.found.get(key, an_inspection())

    def survey(self, key: str) -> Survey:
        assert self._archives.size(key) is not None, f"{key} is gone"
        self.surveyed.append(key)
        return self.surveys.get(key, a_survey())
