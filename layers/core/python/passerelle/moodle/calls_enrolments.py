"""Enrolments by hand (`enrol_manual`), and who is in a course."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passerelle.domain.moodle.core import Enrolment, Participant
from passerelle.moodle.protocol import Call, Repeat, reads, reads_nothing, row_params

if TYPE_CHECKING:
    from collections.abc import Sequence

# Without names, pictures and preferences a page costs a fraction (infra/docs/moodle.md, trap 9).
CHEAP_FIELDS = ("id", "username", "idnumber", "roles", "groups")


def enrol(rows: Sequence[Enrolment]) -> Call[None]:
    """Again with other dates it moves them; with another role it adds that."""
    enrolments = [row_params(row) for row in rows]
    return Call("enrol_manual_enrol_users", {"enrolments": enrolments}, reads_nothing, Repeat.SAME)


def unenrol(rows: Sequence[Enrolment]) -> Call[None]:
    """Removes the enrolment whole, and with a last one memberships and grades. Quiet if there is none."""
    enrolments = [{"userid": row.userid, "courseid": row.courseid} for row in rows]
    return Call("enrol_manual_unenrol_users", {"enrolments": enrolments}, reads_nothing, Repeat.SAME)


def participants(
    courseid: int,
    start: int = 0,
    limit: int = 500,
    fields: Sequence[str] = CHEAP_FIELDS,
) -> Call[tuple[Participant, ...]]:
    options = {
        "userfields": ",".join(fields),
        "limitfrom": start,
        "limitnumber": limit,
        "sortby": "id",
    }
    rows = [{"name": name, "value": value} for name, value in options.items()]
    params = {"courseid": courseid, "options": rows}
    return Call("core_enrol_get_enrolled_users", params, reads(tuple[Participant, ...]))
