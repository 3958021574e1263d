"""Every function a site answers, and one call of one of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from passerelle_laptop.twin import (
    core_categories,
    core_cohorts,
    core_courses,
    core_duplicate,
    core_enrolments,
    core_groups,
    core_site,
    core_users,
    plugin_apply,
    plugin_export,
    plugin_jobs,
    plugin_site,
)
from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.contract import PARAMETERS
from passerelle_laptop.twin.errors import MoodleError, no_permission, no_record
from passerelle_laptop.twin.parameters import core_functions, validate

_WORDS = {
    "moodle/user:create": "Create users",
    "moodle/user:update": "Update user profiles",
    "moodle/user:delete": "Delete users",
    "moodle/category:manage": "Manage categories",
    "moodle/course:create": "Create courses",
}
_OWN = "local_passerelle_"
_BATCH = "tool_mobile_call_external_functions"


def call_several(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    """Several functions in one call, their arguments as JSON: few variables however many rows."""
    responses: list[dict[str, Any]] = []
    for request in params["requests"]:
        try:
            answer = call_function(asked, request["function"], json.loads(request["arguments"] or "{}"))
        except (MoodleError, ValueError) as refused:
            error = refused if isinstance(refused, MoodleError) else no_record("external_functions")
            responses.append({"error": True, "exception": json.dumps(error.answer())})
            break  # Moodle stops at the first
        responses.append({"error": False, "data": json.dumps(answer, ensure_ascii=False)})
    return {"responses": responses}


@cache
def handlers() -> dict[str, Handler]:
    table: dict[str, Handler] = {_BATCH: call_several}
    for module in (
        core_users,
        core_categories,
        core_courses,
        core_duplicate,
        core_enrolments,
        core_groups,
        core_cohorts,
        core_site,
        plugin_site,
        plugin_jobs,
        plugin_export,
        plugin_apply,
    ):
        table.update(module.FUNCTIONS)
    return table


def call_function(asked: Asked, name: str, given: dict[str, Any]) -> Any:
    """Raises MoodleError."""
    handler = handlers().get(name)
    own = name.startswith(_OWN)
    if handler is None or (own and "local_passerelle" not in asked.site.settings.own_plugins):
        raise no_record("external_functions")
    described = core_functions().get(name)
    spec = described["parameters"] if described else PARAMETERS[name]
    params = validate(spec, given, asked.site.settings.installed())
    if not asked.privileged:
        _refuse_unprivileged(asked, name, described)
    return handler(asked, params)


def _refuse_unprivileged(asked: Asked, name: str, described: dict[str, Any] | None) -> None:
    """What the weak service user of the recordings may not do: anything that writes, or is ours."""
    if name == "local_passerelle_apply" and asked.site.settings.weak_user_applies:
        return
    if described is None:
        raise no_permission("Passerelle")
    if described["type"] == "write":
        capability = described["capabilities"].split(",")[0].strip()
        raise no_permission(_WORDS.get(capability, capability))
