"""Parameters of the `local_passerelle_*` functions (infra/docs/design.md, "The plugins' contract")."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]
_MUST = object()


def _value(param: str, default: Any = _MUST) -> Spec:
    if default is _MUST:
        return {"type": "value", "param": param, "required": "required", "default": None, "nullok": True}
    return {"type": "value", "param": param, "required": "default", "default": default, "nullok": True}


def _list(items: Spec, *, optional: bool = False) -> Spec:
    return {"type": "array", "required": not optional, "default": [] if optional else None, "items": items}


def _object(**keys: Spec) -> Spec:
    return {"type": "object", "required": True, "default": None, "keys": keys}


_JOBKEY = _value("raw")
_SOURCE = {"sourceurl": _value("raw"), "sha256": _value("alphanum"), "filesize": _value("int")}

PARAMETERS: dict[str, Spec] = {
    "local_passerelle_get_site": _object(category=_value("raw", "")),
    "local_passerelle_find_users": _object(field=_value("alpha"), values=_list(_value("raw"))),
    "local_passerelle_start_backup": _object(
        jobkey=_JOBKEY, courseid=_value("int"), intent=_value("alpha", "share")
    ),
    "local_passerelle_start_restore": _object(
        jobkey=_JOBKEY,
        **_SOURCE,
        mode=_value("alpha"),
        courseid=_value("int", 0),
        category=_value("raw", ""),
        fullname=_value("text", ""),
        shortname=_value("text", ""),
        idnumber=_value("raw", ""),
        visible=_value("bool", 0),
        settings=_list(_object(name=_value("alphanumext"), value=_value("raw")), optional=True),
        exclude=_list(_object(kind=_value("alpha"), id=_value("int")), optional=True),
        keep_dates=_value("bool", 0),
        owners=_list(_object(username=_value("raw"), role=_value("alphanumext")), optional=True),
        person=_value("raw", ""),
    ),
    "local_passerelle_undo_restore": _object(jobkey=_JOBKEY, restorejobkey=_value("raw")),
    "local_passerelle_stash_backup": _object(
        jobkey=_JOBKEY, **_SOURCE, username=_value("raw"), filename=_value("file")
    ),
    "local_passerelle_get_jobs": _object(jobkeys=_list(_value("raw"))),
    "local_passerelle_cancel_job": _object(jobkey=_JOBKEY),
    "local_passerelle_get_course_states": _object(
        courseids=_list(_value("int"), optional=True), idnumbers=_list(_value("raw"), optional=True)
    ),
    "local_passerelle_list_changed_courses": _object(
        since=_value("int"), after=_value("int", 0), limit=_value("int", 500)
    ),
    "local_passerelle_export": _object(
        table=_value("alpha"),
        after=_value("int", 0),
        limit=_value("int", 1000),
        only=_list(_value("raw"), optional=True),
    ),
    "local_passerelle_apply": _object(operations=_value("raw")),
    "local_passerelle_notify": _object(
        notifications=_list(
            _object(
                key=_value("raw"),
                username=_value("raw"),
                kind=_value("alphanumext"),
                lang=_value("alphanumext", ""),
                values=_list(_object(name=_value("alphanumext"), value=_value("raw")), optional=True),
            )
        )
    ),
    # Not recorded with the core functions, but the way round max_input_vars (infra/docs/moodle.md, trap 3).
    "tool_mobile_call_external_functions": _object(
        requests=_list(
            _object(
                function=_value("alphanumext"),
                arguments=_value("raw", "{}"),
                settingraw=_value("bool", 0),
                settingfileurl=_value("bool", 1),
                settingfilter=_value("bool", 0),
                settinglang=_value("alphanumext", ""),
            )
        )
    ),
}
