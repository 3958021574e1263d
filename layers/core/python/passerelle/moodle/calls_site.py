"""The site itself, roles over a context, and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passerelle.domain.moodle.core import Message, RoleAssignment, SentMessage, SiteInfo
from passerelle.moodle.protocol import Call, Repeat, reads, reads_nothing, reads_rows, row_params

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN_TEXT = 2  # Moodle's FORMAT_PLAIN: what a person's name holds is not read as HTML


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
