"""One pass over an archive's XML for what a change of year breaks (R12).

Which platform an archive comes from, which section an activity stands in, which groups there are: all
that stands behind most of the texts. So candidates are kept, bounded, and judged at the end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from passerelle.domain.backups.manifest import Activity, Container, Group, Section
from passerelle.domain.rollover.links import lies_under, written_back
from passerelle.domain.rollover.survey import DateFound, HeavyFile, Place, Restriction, StaleLink, Survey
from passerelle.errors import GiveUp
from passerelle.mbz.findings import Broken, Findings
from passerelle.mbz.gunzip import Gunzip, Proportion
from passerelle.mbz.inspecting import recognise
from passerelle.mbz.limits import Limits
from passerelle.mbz.members import is_xml
from passerelle.mbz.survey_readers import Collected, reader_for
from passerelle.mbz.tar import TarReading
from passerelle.mbz.xml import XmlReading
from passerelle.mbz.zip_directory import read_directory
from passerelle.mbz.zip_pass import spans
from passerelle.mbz.zip_walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from passerelle.mbz.members import Members
    from passerelle.mbz.sources import Source
    from passerelle.mbz.tar import Consumer, Header

LISTED = 500  # links in a survey; all are counted
FILES_LISTED = 200


class CannotSurvey(GiveUp):
    """The archive cannot be read through; it was accepted once, so it was damaged since."""

    def __init__(self, why: str) -> None:
        super().__init__("damaged", why=why)


def survey(source: Source, *, limits: Limits | None = None) -> Survey:
    """Raises CannotSurvey, CannotRead."""
    limits = limits or Limits()
    findings = Findings()
    collected = Collected()
    try:
        if recognise(source, limits) is Container.ZIP:
            _read_zip(source, collected, limits, findings)
        else:
            _read_tgz(source, collected, limits, findings)
    except Broken as broken:
        raise CannotSurvey(broken.reason.code.value) from None
    return Judging(collected).survey()


@dataclass
class _Openings:
    """Opens the members that are read; the rest streams by."""

    collected: Collected
    limits: Limits
    members: int = 0

    def open(self, name: str, size: int, *, directory: bool) -> Consumer | None:
        self.members += 1
        if directory or not is_xml(name) or size > self.limits.xml_member:
            return None
        reader = reader_for(name, self.collected)
        return None if reader is None else XmlReading(name, reader, self.limits)


def _read_tgz(source: Source, collected: Collected, limits: Limits, findings: Findings) -> None:
    opening = _Openings(collected, limits)

    def open_member(header: Header) -> Consumer | None:
        return opening.open(header.name, header.size, directory=header.directory)

    gunzip = Gunzip(limits, Proportion(limits, source.size))
    tar = TarReading(open_member, findings)
    for packed in source.stream():
        for plain in gunzip.feed(packed):
            tar.feed(plain)
    gunzip.finish()
    tar.finish()


def _read_zip(source: Source, collected: Collected, limits: Limits, findings: Findings) -> None:
    directory = read_directory(source, limits, findings)
    opening = _Openings(collected, limits)
    proportion = Proportion(limits, source.size)
    wanted = [entry for entry in directory.entries if is_xml(entry.name)]
    for span in spans(wanted):
        members: Members = opening  # type: ignore[assignment]
        walk = Walk(span, members, proportion, span[0].offset)
        for data in source.stream(span[0].offset, span[-1].end - span[0].offset):
            walk.feed(data)
        walk.finish()


@dataclass
class Judging:
    """What was collected, once all of it is known."""

    collected: Collected
    _titles: dict[int, Activity] = field(default_factory=dict)
    _sections: dict[int, Section] = field(default_factory=dict)

    def survey(self) -> Survey:
        found = self.collected
        self._titles = {activity.module_id: activity for activity in found.activities}
        self._sections = dict(found.sections)
        links, count = self._links()
        files = sorted(found.files, key=lambda row: -row.size)[:FILES_LISTED]
        return Survey(
            wwwroot=found.wwwroot,
            course_id=found.course_id,
            startdate=found.startdate,
            sections=tuple(sorted(found.sections.values(), key=lambda section: section.number)),
            activities=tuple(found.activities),
            groups=tuple(Group(one.id, one.name, one.idnumber) for one in found.groups),
            groupings=tuple(found.groupings),
            links=tuple(links[:LISTED]),
            link_count=count,
            files=tuple(
                HeavyFile(
                    self._named(self._of_context(row.context, row.field)), row.name, row.size, row.mimetype
                )
                for row in files
            ),
            dates=tuple(DateFound(self._named(place), when) for place, when in found.dates),
            restrictions=tuple(
                Restriction(self._named(place), kind, number) for place, kind, number in found.restrictions
            ),
            badges=found.badges,
            grade_settings=found.grade_settings,
            plugins=tuple(sorted(found.plugins)),
        )

    def _links(self) -> tuple[list[StaleLink], int]:
        found = self.collected
        typed: Counter[tuple[Place, str]] = Counter()
        for (place, address), times in found.addresses.items():
            if lies_under(address, found.wwwroot):
                typed[place, address] += times
        encoded: Counter[tuple[Place, str]] = Counter()
        for (place, name, numbers, tail), times in found.encoded.items():
            old = written_back(
                name,
                numbers,
                found.wwwroot,
                course=found.course_id,
                modules=self._titles,
                sections=self._sections,
                contexts=found.contexts,
                instances=found.instances,
            )
            if old:
                encoded[place, old + tail] += times
        links = [StaleLink(self._named(place), url, times) for (place, url), times in typed.items()]
        links += [
            StaleLink(self._named(place), url, times, encoded=True) for (place, url), times in encoded.items()
        ]
        links.sort(key=lambda link: _order(link.place))
        return links, sum(link.times for link in links)

    def _of_context(self, context: int, area: str) -> Place:
        module_id = self.collected.contexts.get(context, 0)
        if module_id:
            return Place("activity", module_id=module_id, field=area)
        if context == self.collected.course_context:
            return Place("course", field=area)
        return Place("other", field=area)

    def _named(self, place: Place) -> Place:
        """With the names of its section and activity, which stand at the end of the archive."""
        if place.module_id:
            activity = self._titles.get(place.module_id)
            if activity is None:
                return place
            section = self._sections.get(activity.section_id)
            return replace(
                place,
                section=_section_name(section),
                activity=activity.title or place.activity,
                module=activity.plugin,
            )
        if place.kind == "section" and place.section.isdigit():
            return replace(
                place, section=_section_name(self._sections.get(int(place.section))) or place.section
            )
        return place


def _section_name(section: Section | None) -> str:
    return "" if section is None else section.name or str(section.number)


_KINDS = ("course", "section", "activity", "question", "block", "file", "badge", "other")


def _order(place: Place) -> tuple[int, str, str, str, str]:
    return (_KINDS.index(place.kind), place.section, place.activity, place.part, place.field)


def addresses_in(text: str) -> Iterable[str]:
    """For tests and commands: the candidates of one text."""
    collected = Collected()
    collected.scan(Place("other"), text)
    return [address for _, address in collected.addresses]


__all__ = ["CannotSurvey", "addresses_in", "survey"]
