"""Functions of `local_passerelle`, all repeatable (infra/docs/design.md, "The plugins' contract")."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passerelle.domain.moodle.plugin import (
    ArchiveAddress,
    ChangedCourse,
    CourseState,
    FoundUsers,
    Job,
    Notification,
    NotificationVerdict,
    OperationVerdict,
    Restore,
    SiteFacts,
    UserField,
)
from passerelle.moodle.decode import Mismatch, shaped
from passerelle.moodle.protocol import Call, Repeat, reads, row_params

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

Row = dict[str, Any]  # of export: `id` and the columns of apply's operations


@dataclass(frozen=True, slots=True)
class ExportPage:
    rows: tuple[Row, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class ChangedPage:
    courses: tuple[ChangedCourse, ...]
    next: int | None = None


def get_site(category: str = "") -> Call[SiteFacts]:
    """With a category (idnumber), what each role may do is told as it stands there, overrides included."""
    params = {"category": category} if category else {}
    return Call("local_passerelle_get_site", params, reads(SiteFacts))


def find_users(field: UserField, values: Sequence[str]) -> Call[tuple[FoundUsers, ...]]:
    """At most 500 values."""
    params = {"field": field, "values": list(values)}
    return Call("local_passerelle_find_users", params, reads(tuple[FoundUsers, ...]))


# -- jobs: the same jobkey answers the same job ------------------------------------------------------


def start_backup(jobkey: str, courseid: int, intent: str) -> Call[Job]:
    params = {"jobkey": jobkey, "courseid": courseid, "intent": intent}
    return Call("local_passerelle_start_backup", params, reads(Job), Repeat.SAME)


def start_restore(restore: Restore) -> Call[Job]:
    params = {
        "jobkey": restore.jobkey,
        **_source(restore.source),
        "mode": restore.mode,
        "courseid": restore.courseid,
        "category": restore.category,
        "fullname": restore.fullname,
        "shortname": restore.shortname,
        "idnumber": restore.idnumber,
        "visible": restore.visible,
        "settings": _pairs(restore.settings),
        "exclude": [row_params(thing) for thing in restore.exclude],
        "keep_dates": restore.keep_dates,
        "owners": [row_params(owner) for owner in restore.owners],
        "person": restore.person,
    }
    return Call("local_passerelle_start_restore", params, reads(Job), Repeat.SAME)


def undo_restore(jobkey: str, restorejobkey: str) -> Call[Job]:
    params = {"jobkey": jobkey, "restorejobkey": restorejobkey}
    return Call("local_passerelle_undo_restore", params, reads(Job), Repeat.SAME)


def stash_backup(jobkey: str, source: ArchiveAddress, username: str, filename: str) -> Call[Job]:
    params = {"jobkey": jobkey, **_source(source), "username": username, "filename": filename}
    return Call("local_passerelle_stash_backup", params, reads(Job), Repeat.SAME)


def get_jobs(jobkeys: Sequence[str]) -> Call[tuple[Job, ...]]:
    return Call("local_passerelle_get_jobs", {"jobkeys": list(jobkeys)}, reads(tuple[Job, ...]))


def cancel_job(jobkey: str) -> Call[Job]:
    return Call("local_passerelle_cancel_job", {"jobkey": jobkey}, reads(Job), Repeat.SAME)


def _source(source: ArchiveAddress) -> dict[str, object]:
    return {"sourceurl": source.url, "sha256": source.sha256, "filesize": source.filesize}


def _pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


# -- courses -------------------------------------------------------------------------------------------


def course_states(
    *, courseids: Sequence[int] = (), idnumbers: Sequence[str] = ()
) -> Call[tuple[CourseState, ...]]:
    params = {"courseids": list(courseids), "idnumbers": list(idnumbers)}
    return Call("local_passerelle_get_course_states", params, reads(tuple[CourseState, ...]))


def changed_courses(since: datetime, after: int = 0, limit: int = 500) -> Call[ChangedPage]:
    params = {"since": since, "after": after, "limit": limit}
    return Call("local_passerelle_list_changed_courses", params, reads(ChangedPage))


# -- the night -----------------------------------------------------------------------------------------


def export(table: str, after: int = 0, limit: int = 1000, only: Sequence[str] = ()) -> Call[ExportPage]:
    def read(answer: Any) -> ExportPage:
        if not isinstance(answer, dict):
            raise Mismatch("answer")
        rows = _json_rows(answer.get("rows"), "answer.rows")
        following = shaped(int, answer["next"], "answer.next") if answer.get("next") else None
        if following is not None and following <= after:
            raise Mismatch("answer.next")  # would never end
        return ExportPage(tuple(rows), following)

    params: dict[str, Any] = {"table": table, "after": after, "limit": limit}
    if only:  # an older plugin does not know the word
        params["only"] = list(only)
    return Call("local_passerelle_export", params, read)


def apply(operations: Sequence[Mapping[str, object]]) -> Call[tuple[OperationVerdict, ...]]:
    """Each operation is `{id, op, …}`; all go as one JSON string, which is one variable to PHP."""

    def read(answer: Any) -> tuple[OperationVerdict, ...]:
        rows = _json_rows(answer, "answer") if isinstance(answer, str) else answer
        return shaped(tuple[OperationVerdict, ...], rows)

    text = json.dumps([dict(operation) for operation in operations], ensure_ascii=False)
    return Call("local_passerelle_apply", {"operations": text}, read, Repeat.SAME)


def _json_rows(text: object, where: str) -> list[Row]:
    if not isinstance(text, str):
        raise Mismatch(where)
    try:
        rows = json.loads(text)
    except ValueError:
        raise Mismatch(where) from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Mismatch(where)
    return rows


# -- people are told -----------------------------------------------------------------------------------


def notify(notifications: Sequence[Notification]) -> Call[tuple[NotificationVerdict, ...]]:
    rows = [
        {**row_params(notification), "values": _pairs(notification.values)} for notification in notifications
    ]

    def read(answer: Any) -> tuple[NotificationVerdict, ...]:
        # An answer without rows says that all were taken.
        return shaped(tuple[NotificationVerdict, ...], answer) if isinstance(answer, list) else ()

    return Call("local_passerelle_notify", {"notifications": rows}, read, Repeat.SAME)
