"""*Récupérer la sauvegarde 24/25* as a teacher asks for it: look, ask, allow, report, undo (R1–R12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from passerelle.domain.backups.compatibility import missing_plugins, newer_release
from passerelle.domain.backups.manifest import Manifest
from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.left_out import LeftOut
from passerelle.domain.publishing.publication import Contents
from passerelle.domain.records import Note, Person, TargetLock, derived_id
from passerelle.domain.rollover.rollover import (
    SAFETY_KEPT,
    FreshStart,
    Override,
    Rollover,
    Wish,
    differences,
    doubled,
    made_by_hand,
    objections_of_target,
    others_editing,
    rollover_id,
)
from passerelle.domain.site_commands import AskRollover
from passerelle.domain.states import BackupState, RolloverState, state_word
from passerelle.errors import NotFound, Refused
from passerelle.pages.rollover_report import as_page
from passerelle.ports import World
from passerelle.usecases import course_locks
from passerelle.usecases.amend import found_or_added, list_all
from passerelle.usecases.backups import refresh
from passerelle.usecases.rollover import checks, reports, rights, steps
from passerelle.usecases.rollover.messages import course_address, full_names, users_of
from passerelle.words.notes import note_text
from passerelle.words.rollover_report import as_rows
from passerelle.words.sentences import say

if TYPE_CHECKING:
    from passerelle.domain.moodle.plugin import CourseState


def answer_rollover(world: World, command: AskRollover) -> Mapping[str, object]:
    if command.person is None:
        raise Refused("field", field="person", problem="missing")
    match command.action:
        case "status":
            return status(world, command, command.person)
        case "start":
            return start(world, command, command.person)
        case "check":
            return check(world, command, command.person)
        case "contents":
            return contents(world, command)
        case "report":
            return report(world, command)
        case "undo":
            return undo(world, command, command.person)
        case "permit" | "permit_look":
            return permit(world, command, command.person)
        case "fresh_start":
            return fresh_start(world, command, command.person)


# --- looking ----------------------------------------------------------------------------------------


def status(world: World, command: AskRollover, person: Person) -> Mapping[str, object]:
    own = _means_its_own(world, command)
    checked = latest_check(world, command.site, command.courseid, own=own)
    if own:
        rights.taught(world, command.site, command.courseid, person)
        return {"check": None if checked is None else describe(world, checked, command.lang)}
    asked = rights.target_of(world, command.site, command.courseid, person)
    previous = world.network.sites[asked.site.previous]
    source = rights.matched(world, asked.site.previous, asked.state.idnumber.strip())
    latest = latest_of(world, command.site, command.courseid)
    backup = refresh.newest(world, asked.site.previous, source) if source else None
    traps = checks.found(world, command.site, asked.state, source, person.username)
    fresh = world.records.get(FreshStart, f"{command.site}#{command.courseid}")
    return {
        "button": say("button_rollover", command.lang, year=previous.year),
        "year": previous.year,
        "source": None
        if source is None
        else {
            "courseid": source.courseid,
            "idnumber": source.idnumber,
            "fullname": source.fullname,
            "url": course_address(world, asked.site.previous, source.courseid),
            "empty": source.empty,
        },
        "target": {
            "empty": asked.state.empty,
            "holds": [{"kind": h.kind, "count": h.count} for h in asked.state.holds],
            "restored_from": asked.state.restoredfrom,
        },
        "backup_ready": backup is not None and backup.state == BackupState.ACCEPTED,
        "traps": [
            {"check": t.check, "message": note_text(t.note, command.lang), "who": t.who} for t in traps
        ],
        "fresh_start": fresh is not None,
        "may_override": asked.administrator,
        "rollover": None if latest is None else describe(world, latest, command.lang),
        "check": None if checked is None else describe(world, checked, command.lang),
    }


def _means_its_own(world: World, command: AskRollover) -> bool:
    """Whether a course that will be taken over is spoken of, not one that takes over.

    With three years in the network the middle one's courses do both: there the site says which it means.
    """
    network = world.network
    return command.site in network.previous_sites and (
        command.own or not network.sites[command.site].previous
    )


def latest_of(world: World, site: str, course_id: int) -> Rollover | None:
    """What the block shows: what is under way, else what came last."""
    every = [
        r for r in list_all(world.records, Rollover, "target", f"{site}#{course_id}") if not r.only_check
    ]
    alive = [r for r in every if r.under_way]
    return max(alive or every, key=lambda r: r.requested_at, default=None)


def latest_check(world: World, site: str, course_id: int, *, own: bool) -> Rollover | None:
    """*Vérifier mon cours*, asked here: of the course that matches or, on N-1, of the course itself."""
    index: Literal["source", "target"] = "source" if own else "target"
    every = list_all(world.records, Rollover, index, f"{site}#{course_id}")
    return max(
        (r for r in every if r.only_check and r.site == site), key=lambda r: r.requested_at, default=None
    )


def describe(world: World, rollover: Rollover, lang: str) -> dict[str, object]:
    undo_until = None
    if rollover.may_be_undone(world.clock.now()) and rollover.ended_at is not None:
        undo_until = int((rollover.ended_at + SAFETY_KEPT).timestamp())
    return {
        "rollover": rollover.id,
        "state": rollover.state.value,
        "state_word": state_word(rollover.state, lang),
        "destination": rollover.wish.destination,
        "source": {
            "courseid": rollover.source_id,
            "idnumber": rollover.source_idnumber,
            "fullname": rollover.source_fullname,
        },
        "requested_at": int(rollover.requested_at.timestamp()),
        "course_url": rollover.course_url,
        "doubled": rollover.doubled,
        "message": note_text(rollover.message, lang) if rollover.message else "",
        "warnings": [{"code": n.code, "message": note_text(n, lang)} for n in rollover.warnings],
        "findings": dict(rollover.findings),
        "report_ready": rollover.reported,
        "undo_until": undo_until,
        "undo_asked": rollover.undo_asked,
        "undo_message": note_text(rollover.undo_note, lang) if rollover.undo_note else "",
        "overridden": rollover.override is not None,
        "override": rollover.override.reason if rollover.override else "",
        "reference": rollover.id[:8],
        "assistance": world.network.sites[rollover.site].assistance.email,
    }


# --- asking -----------------------------------------------------------------------------------------


def start(world: World, command: AskRollover, person: Person) -> Mapping[str, object]:
    key = rollover_id(command.site, command.request)
    rollover = world.records.get(Rollover, key)
    if rollover is None:
        planned = _plan(world, command, person, key)
        if isinstance(planned, Rollover):
            rollover = planned
        else:
            return {"rollover": None, "state": "question", "questions": planned}
    return _go(world, rollover, command)


def _plan(world: World, command: AskRollover, person: Person, key: str) -> Rollover | list[dict[str, str]]:
    """The request written down, the one under way, or the questions that come first."""
    asked = rights.target_of(world, command.site, command.courseid, person)
    alive = latest_of(world, command.site, command.courseid)
    if alive is not None and alive.under_way and (alive.changes_course or command.destination == "stash"):
        if alive.person.username == person.username and alive.wish.destination == command.destination:
            return alive
        if command.destination != "stash":
            raise Refused("rollover_busy")
    previous = asked.site.previous
    source = rights.source_for(
        world,
        asked.site,
        asked.state,
        source_id=command.source_courseid,
        source_idnumber=command.source_idnumber,
    )
    permit = None
    if not asked.administrator and not rights.teaches_source(world, command.site, previous, person, source):
        permit = rights.permit_for(world, command.site, asked.state, source, person)
    if source.empty:
        year = world.network.sites[previous].year
        raise Refused("source_empty", source=source.fullname, year=year)
    lacking = _can_come(world, command, source)
    override = _past_refusals(world, command, person, asked)
    twice = _doubled(world, command, asked.state, source)
    unanswered = [
        note
        for note in (*lacking, *_questions(world, command, person, asked.state, source, twice))
        if note.code not in command.confirmed
    ]
    if unanswered:
        return [{"code": note.code, "message": note_text(note, command.lang)} for note in unanswered]
    if permit is not None:
        rights.use(world, permit, key)
    rollover = a_request(world, command.site, person, asked.state, source, key, _wish(command))
    return found_or_added(
        world.records,
        replace(
            rollover,
            override=override,
            permit=permit.id if permit else "",
            others=others_editing(asked.state, person.username),
            doubled=twice,
        ),
    )


def _can_come(world: World, command: AskRollover, source: CourseState) -> list[Note]:
    """P16, before a backup is made: raises Refused where last year's Moodle is the newer one; answers what
    to ask about activities whose plugin is not here. An archive for the private area needs neither.
    """
    if command.destination == "stash":
        return []
    previous = world.sites.lms(world.network.sites[command.site].previous)
    here = world.sites.lms(command.site).get_site()
    newer = newer_release(previous.get_site().release, here.release)
    if newer is not None:
        raise Refused(newer.code, **newer.details)
    held = Counter(
        module.modname for section in previous.course_contents(source.courseid) for module in section.modules
    )
    lacking = missing_plugins(Contents(activities=dict(held)), here)
    if not lacking:
        return []
    count = sum(held[name.removeprefix("mod_")] for name in lacking)
    return [Note("plugins_lacking", {"plugins": ", ".join(lacking), "count": str(count)})]


def a_request(
    world: World,
    site: str,
    person: Person,
    target: CourseState | None,
    source: CourseState,
    key: str,
    wish: Wish,
) -> Rollover:
    """A rollover as it begins, with the start dates by which dates will move (R8)."""
    previous = world.network.sites[site].previous if target else site  # a course looked at for itself
    here = world.sites.lms(site).course(target.courseid) if target else None
    there = world.sites.lms(previous).course(source.courseid)
    return Rollover(
        id=key,
        site=site,
        previous=previous,
        person=person,
        course_id=target.courseid if target else 0,
        idnumber=target.idnumber if target else "",
        fullname=target.fullname if target else "",
        source_id=source.courseid,
        source_idnumber=source.idnumber,
        source_fullname=source.fullname,
        source_start=there.startdate if there else None,
        target_start=here.startdate if here else None,
        wish=wish,
        requested_at=world.clock.now(),
    )


def _wish(command: AskRollover) -> Wish:
    return Wish(
        destination=command.destination,
        groups=command.groups,
        keep_dates=command.keep_dates,
        exclude=tuple(LeftOut(one.kind, one.id) for one in command.exclude),
    )


def _past_refusals(
    world: World, command: AskRollover, person: Person, asked: rights.Asked
) -> Override | None:
    """R5 refuses, naming what was found; a named administrator may go past it, with the reason on record."""
    against = objections_of_target(asked.state, command.destination)
    if not against:
        return None
    if not command.override.strip():
        raise Refused(against[0].code, **against[0].details)
    if not asked.administrator:
        raise Refused("override_not_allowed")
    found = tuple(note.code for note in against)
    return Override(person.username, command.override.strip()[:500], world.clock.now(), found)


def _doubled(world: World, command: AskRollover, target: CourseState, source: CourseState) -> int:
    if command.destination != "merge" or not target.activities:
        return 0
    previous = world.network.sites[command.site].previous
    here = world.sites.lms(command.site).course_contents(target.courseid)
    there = world.sites.lms(previous).course_contents(source.courseid)
    return doubled(here, there)


def _questions(
    world: World,
    command: AskRollover,
    person: Person,
    target: CourseState,
    source: CourseState,
    twice: int,
) -> list[Note]:
    """What is asked once, and done after a yes (R5, R6, D18)."""
    asked: list[Note] = list(differences(target.idnumber, source.idnumber))
    others = others_editing(target, person.username)
    if command.destination != "stash" and others:
        names = full_names(users_of(world, command.site, others), others)
        asked.append(Note("shared", {"teachers": names, "count": str(len(others))}))
    if command.destination == "merge" and not target.empty:
        asked.append(Note("merge", {"doubled": str(twice)}))
    return asked


def _go(world: World, rollover: Rollover, command: AskRollover) -> Mapping[str, object]:
    """Under the target's lock; whoever comes second is refused, clearly, and on record."""
    if rollover.state == RolloverState.REFUSED and rollover.message is not None:
        raise Refused(rollover.message.code, **rollover.message.details)
    if rollover.changes_course and rollover.under_way:
        try:
            course_locks.hold(world, rollover.site, rollover.course_id, rollover.jobkey)
        except Refused as refusal:
            steps.end(world, rollover, RolloverState.REFUSED, Note(refusal.code), quietly=True)
            raise
    if rollover.wish.destination == "stash" and rollover.under_way:
        first = _pressed_before(world, rollover)
        if first is not None:
            steps.end(world, rollover, RolloverState.REFUSED, Note("rollover_busy"), quietly=True)
            return describe(world, first, command.lang)
    if rollover.under_way:
        world.queues.send("rollovers", {"rollover": rollover.id})
    return describe(world, rollover, command.lang)


def _pressed_before(world: World, rollover: Rollover) -> Rollover | None:
    """The delivery into this person's private area that is under way already: two presses deliver once."""
    try:
        course_locks.hold(world, rollover.site, rollover.private_area, rollover.jobkey)
    except Refused:
        lock = world.records.get(TargetLock, f"{rollover.site}:{rollover.private_area}")
        return world.records.get(Rollover, lock.holder.partition(":")[2]) if lock else None
    return None


# --- *Vérifier mon cours*, and what the archive holds -------------------------------------------------


def check(world: World, command: AskRollover, person: Person) -> Mapping[str, object]:
    """Asked on N of the course that matches, or on N-1 of the course itself (R12)."""
    key = derived_id("check", command.site, command.request)
    rollover = world.records.get(Rollover, key)
    if rollover is None:
        rollover = found_or_added(world.records, _check_request(world, command, person, key))
    if rollover.under_way:
        world.queues.send("rollovers", {"rollover": rollover.id})
    return describe(world, rollover, command.lang)


def _check_request(world: World, command: AskRollover, person: Person, key: str) -> Rollover:
    wish = Wish(destination="check")
    if _means_its_own(world, command):
        source = rights.taught(world, command.site, command.courseid, person)
        return a_request(world, command.site, person, None, source, key, wish)
    asked = rights.target_of(world, command.site, command.courseid, person)
    source = rights.source_for(
        world,
        asked.site,
        asked.state,
        source_id=command.source_courseid,
        source_idnumber=command.source_idnumber,
    )
    if not asked.administrator and not rights.teaches_source(
        world, command.site, asked.site.previous, person, source
    ):
        rights.permit_for(world, command.site, asked.state, source, person)
    return a_request(world, command.site, person, asked.state, source, key, wish)


def contents(world: World, command: AskRollover) -> Mapping[str, object]:
    """The archive's own list, for leaving things out (R8). Ids are those that `exclude` takes."""
    rollover = own(world, command)
    upload = world.records.get(Upload, rollover.upload) if rollover.upload else None
    manifest = world.papers.load(Manifest, upload.manifest_key) if upload else None
    if manifest is None:
        raise Refused("contents_not_ready")
    survey = reports.survey_at_hand(world, upload) if upload else None
    marked = survey.nights_groups if survey else None
    return {
        "rollover": rollover.id,
        "sections": [{"id": s.id, "number": s.number, "name": s.name} for s in manifest.sections],
        "activities": [
            {"id": a.module_id, "section": a.section_id, "module": a.plugin, "title": a.title}
            for a in manifest.activities
        ],
        "groups": [{"id": g.id, "name": g.name} for g in manifest.groups if made_by_hand(g, marked)],
        # Shown, not chosen: year N has its own of the same code (R7).
        "nights_groups": [
            {"id": g.id, "name": g.name, "idnumber": g.idnumber}
            for g in manifest.groups
            if not made_by_hand(g, marked)
        ],
    }


def own(world: World, command: AskRollover) -> Rollover:
    """Another site's looks as if it did not exist; so does one of another course of the site.

    A check that was asked on N-1 has no target: there its course is the source. Elsewhere the source's id is
    an id of the other site, and proves nothing.
    """
    rollover = world.records.get(Rollover, command.rollover)
    if rollover is None or rollover.site != command.site:
        raise NotFound("rollover_unknown")
    if command.courseid and command.courseid != (rollover.course_id or rollover.source_id):
        raise NotFound("rollover_unknown")
    return rollover


def report(world: World, command: AskRollover) -> Mapping[str, object]:
    rollover = own(world, command)
    made = reports.read_report(world, rollover)
    if made is None:
        raise Refused("report_not_ready")
    if command.format == "html":
        return {"rollover": rollover.id, "html": as_page(made, command.lang)}
    return {"rollover": rollover.id, "report": as_rows(made, command.lang)}


# --- allowing, undoing, starting afresh ---------------------------------------------------------------


def permit(world: World, command: AskRollover, person: Person) -> Mapping[str, object]:
    if command.action == "permit_look":
        return rights.look(world, command.site, command.permit, person)
    granted = rights.grant(world, command.site, command.permit, person)
    return {"permit": granted.id, "state": "granted"}


def undo(world: World, command: AskRollover, person: Person) -> Mapping[str, object]:
    """Once, within 30 days; whether anybody changed the course since is the plugin's to see (R11)."""
    rollover = own(world, command)
    rights.target_of(world, rollover.site, rollover.course_id, person)
    if rollover.state == RolloverState.UNDONE:
        return describe(world, rollover, command.lang)
    if rollover.state != RolloverState.DONE:
        raise Refused("undo_nothing", state=rollover.state)
    if not rollover.may_be_undone(world.clock.now()):
        raise Refused("undo_too_late")
    return describe(world, steps.ask_undo(world, rollover), command.lang)


def fresh_start(world: World, command: AskRollover, person: Person) -> Mapping[str, object]:
    """*Je repars de zéro*: the faculty's plan skips this course (R13)."""
    rights.target_of(world, command.site, command.courseid, person)
    key = f"{command.site}#{command.courseid}"
    if command.wanted:
        found_or_added(
            world.records,
            FreshStart(id=key, site=command.site, username=person.username, at=world.clock.now()),
        )
    else:
        chosen = world.records.get(FreshStart, key)
        if chosen is not None:
            world.records.delete(chosen)
    return {"fresh_start": command.wanted}
