"""The site itself, roles over a context, and messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passerelle.domain.moodle.core import Message, RoleAssignment, SentMessage, SiteInfo
from passerelle.moodle.protocol import Call, Repeat, reads, reads_key, reads_nothing, reads_rows, row_params

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN_TEXT = 2  # Moodle's FORMAT_PLAIN: what a person's name holds is not read as HTML


@dataclass(frozen=True, slots=True)
class Progress:
    """Of Moodle's own backup or restore: `status` 1000 is done, 900 failed; `progress` 0 to 1."""

    backupid: str
    status: int
    progress: float = 0.0
    operation: str = ""


def info() -> Call[SiteInfo]:
    return Call("core_webservice_get_site_info", {}, reads(SiteInfo))


def assign_roles(rows: Sequence[RoleAssignment]) -> Call[None]:
    params = {"assignments": [row_params(row) for row in rows]}
    return Call("core_role_assign_roles", params, reads_nothing, Repeat.SAME)


def unassign_roles(rows: Sequence[RoleAssignment]) -> Call[None]:
    params = {"unassignments": [row_params(row) for row in rows]}
    return Call("core_role_unassign_roles", params, reads_nothing, Repeat.SAME)


def send_messages(messages: Sequence[Message]) -> Call[tuple[SentMessage, ...]]:
    """Sent twice it is read twice; the plugin's `notify` is not."""
    rows = [{**row_params(message), "textformat": PLAIN_TEXT} for message in messages]
    return Call(
        "core_message_send_instant_messages",
        {"messages": rows},
        reads_rows(SentMessage, len(rows)),
        Repeat.UNSAFE,
    )


def backup_progress(backupids: Sequence[str], contextid: int) -> Call[tuple[Progress, ...]]:
    params = {"backupids": list(backupids), "contextid": contextid}
    return Call("core_backup_get_async_backup_progress", params, reads(tuple[Progress, ...]))


def draft_area() -> Call[int]:
    """The id of a fresh draft file area. Each time another, which is no harm."""
    return Call("core_files_get_unused_draft_itemid", {}, reads_key("itemid", int), Repeat.SAME)
