"""`core_course_*` of courses and their contents, as Moodle 4.5 answers them."""

from __future__ import annotations

from typing import Any

from passerelle_laptop.twin.archive import Vault
from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.blank import base_folder, make_activity
from passerelle_laptop.twin.errors import (
    MoodleError,
    invalid_parameter,
    moodle,
    no_record,
    php_error,
    row_by_row,
)
from passerelle_laptop.twin.records import Course, EnrolInstance, Module, Section
from passerelle_laptop.twin.restore import decoded_links
from passerelle_laptop.twin.state import State

_DAY = 86_400
_YEAR = 365 * _DAY
_DEFAULT_SECTIONS = 4
_EDITING_TEACHER = "editingteacher"
_COLUMNS = (
    "fullname",
    "shortname",
    "idnumber",
    "summary",
    "summaryformat",
    "format",
    "showgrades",
    "newsitems",
    "startdate",
    "enddate",
    "maxbytes",
    "showreports",
    "groupmode",
    "groupmodeforce",
    "enablecompletion",
    "completionnotify",
    "lang",
)
_PLAIN = (
    "id shortname fullname displayname idnumber summary summaryformat format showgrades newsitems startdate "
    "enddate maxbytes showreports groupmode groupmodeforce defaultgroupingid timecreated timemodified "
    "enablecompletion completionnotify lang showactivitydates showcompletionconditions courseformatoptions"
)
_FILTERS = ("displayh5p", "activitynames", "mathjaxloader", "emoticon", "urltolink", "mediaplugin")
_PURPOSES = {
    "forum": ("collaboration", "Forums"),
    "page": ("content", "Pages"),
    "label": ("content", "Text and media areas"),
    "url": ("content", "URLs"),
    "resource": ("content", "Files"),
    "folder": ("content", "Folders"),
    "assign": ("assessment", "Assignments"),
    "quiz": ("assessment", "Quizzes"),
}


def make_course(state: State, vault: Vault, course: Course, now: int, sections: int) -> Course:
    """A course is born with an announcements forum and a way in by hand (infra/docs/moodle.md, trap 10)."""
    course.timecreated = course.timemodified = now
    course.contextid = state.sequences.next("context")
    course.content.coursecontext = course.contextid
    course.content.base = vault.keep_folder(base_folder())
    if not course.formatoptions:
        course.formatoptions = {"hiddensections": "1", "coursedisplay": "0", "indentation": "1"}
    for number in range(sections + 1):
        section = Section(state.sequences.next("course_sections"), number)
        course.content.sections[section.id] = section
    state.put_course(course)
    state.put_instance(EnrolInstance(state.sequences.next("enrol"), course.id, "manual"))
    if course.newsitems:
        forum = make_activity(state, vault, course, "forum", "Announcements", "", "", now, "news")
        first = next(iter(course.content.sections.values()))
        forum.section = first.id
        course.content.modules[forum.id] = forum
        first.modules.append(forum.id)
    return course


def create_courses(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state = asked.state
    made: list[Course] = []
    try:
        for row in params["courses"]:
            made.append(_create(asked, row))  # noqa: PERF401 - undone if a later row fails
    except MoodleError:
        for course in made:
            state.drop_course(course)
        raise
    return [{"id": course.id, "shortname": course.shortname} for course in made]


def _create(asked: Asked, row: dict[str, Any]) -> Course:
    state = asked.state
    if row["categoryid"] not in state.categories:
        raise moodle(
            "errorcatcontextnotvalid",
            f"You cannot execute functions in the category context (category id:{row['categoryid']}). "
            "The context error message was: Invalid parameter value detected",
        )
    check_keys(state, row.get("shortname"), row.get("idnumber"))
    columns = {name: row[name] for name in _COLUMNS if row.get(name) is not None}
    course = Course(
        id=_next_course(state), category=row["categoryid"], visible=bool(row.get("visible", 1)), **columns
    )
    if "startdate" not in columns:
        course.startdate = asked.now - asked.now % _DAY
        course.enddate = course.startdate + _YEAR
    course.formatoptions = {
        "hiddensections": str(row.get("hiddensections", 1)),
        "coursedisplay": "0",
        "indentation": "1",
    }
    course.formatoptions |= {option["name"]: option["value"] for option in row.get("courseformatoptions", ())}
    course.customfields = {field["shortname"]: field["value"] for field in row.get("customfields", ())}
    return make_course(state, asked.vault, course, asked.now, row.get("numsections", _DEFAULT_SECTIONS))


def _next_course(state: State) -> int:
    return state.sequences.next("course")


def check_keys(state: State, shortname: str | None, idnumber: str | None, own: int = 0) -> None:
    if shortname is not None and state.shortnames.get(shortname, own) != own:
        raise moodle("shortnametaken", f"Short name is already used for another course ({shortname})")
    if idnumber and state.courseidnumbers.get(idnumber, own) != own:
        raise moodle("courseidnumbertaken", f"ID number is already used for another course ({idnumber})")


def update_courses(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    return row_by_row(params["courses"], "course", lambda row: _update(asked, row))


def _update(asked: Asked, row: dict[str, Any]) -> None:
    state = asked.state
    course = state.courses.get(row["id"])
    if course is None:
        raise no_record("course")
    if row.get("categoryid") is not None and row["categoryid"] not in state.categories:
        raise moodle("cannotmovecoursetocategory", "Cannot move the course to this category")
    check_keys(state, row.get("shortname"), row.get("idnumber"), course.id)
    columns = {name: row[name] for name in _COLUMNS if row.get(name) is not None}
    if row.get("visible") is not None:
        columns["visible"] = bool(row["visible"])
    if row.get("categoryid") is not None:
        columns["category"] = row["categoryid"]
    state.change_course(course, **columns)
    # Moodle writes the row whatever changed.
    course.timemodified = asked.now
    course.edits += 1


def delete_courses(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    warnings = []
    for number in params["courseids"]:
        course = asked.state.courses.get(number)
        if course is None:
            warnings.append(
                {
                    "item": "course",
                    "itemid": number,
                    "warningcode": "unknowncourseidnumber",
                    "message": f"Unknown course ID {number}",
                }
            )
        else:
            asked.state.drop_course(course)
    return {"warnings": warnings}


def get_courses_by_field(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    state, field, value = asked.state, params["field"], params["value"]
    chosen: list[Course]
    if not field:
        chosen = list(state.courses.values())
    elif field in {"id", "ids"}:
        if not all(part.strip().isdigit() for part in value.split(",")):
            raise invalid_parameter()
        numbers = [int(part) for part in value.split(",")]
        if field == "ids" and any(number not in state.courses for number in numbers):
            raise php_error('Attempt to assign property "contextvalidated" on null')
        chosen = [state.courses[number] for number in numbers if number in state.courses]
    elif field in {"shortname", "idnumber"}:
        index = state.shortnames if field == "shortname" else state.courseidnumbers
        chosen = [state.courses[index[value]]] if value in index else []
    elif field == "category":
        chosen = [state.courses[number] for number in state.coursesin.get(int(value or 0), ())]
    else:
        raise invalid_parameter()
    return {"courses": [describe(asked, course) for course in chosen], "warnings": []}


def get_courses(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = (params.get("options") or {}).get("ids")
    if wanted is not None and any(number not in asked.state.courses for number in wanted):
        raise no_record("course")
    courses = asked.state.courses
    chosen = [courses[number] for number in wanted] if wanted is not None else list(courses.values())
    return [_plain(asked, course) for course in chosen]


def _plain(asked: Asked, course: Course) -> dict[str, Any]:
    row = describe(asked, course)
    plain = {name: row[name] for name in _PLAIN.split()}
    return plain | {
        "categoryid": course.category,
        "categorysortorder": row["sortorder"],
        "visible": int(course.visible),
        "numsections": max(0, len(course.content.sections) - 1),
        "hiddensections": int(course.formatoptions.get("hiddensections", "1")),
        "forcetheme": "",
    }


def search_courses(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    if params["criterianame"] != "search":
        raise invalid_parameter()
    words = params["criteriavalue"].lower().split()
    found = [
        course
        for course in asked.state.courses.values()
        if all(word in _searchable(course) for word in words)
    ]
    page, size = params["page"], params["perpage"]
    shown = found[page * size : (page + 1) * size] if size else found
    rows = [_summary(asked, course) for course in shown]
    return {"total": len(found), "courses": rows, "warnings": []}


def _searchable(course: Course) -> str:
    return f"{course.fullname} {course.shortname} {course.idnumber} {course.summary}".lower()


def _summary(asked: Asked, course: Course) -> dict[str, Any]:
    state = asked.state
    category = state.categories[course.category]
    return {
        "id": course.id,
        "fullname": course.fullname,
        "displayname": course.fullname,
        "shortname": course.shortname,
        "courseimage": course_image(asked, course),
        "categoryid": course.category,
        "categoryname": category.name,
        "sortorder": category.sortorder + course.id,
        "summary": decoded_links(course.summary, asked.site.base_url),
        "summaryformat": course.summaryformat,
        "summaryfiles": [],
        "overviewfiles": [],
        "showactivitydates": True,
        "showcompletionconditions": True,
        "contacts": _contacts(asked, course),
        "enrollmentmethods": [
            state.instances[number].enrol
            for number in state.instancesof.get(course.id, ())
            if state.instances[number].status == 0
        ],
    }


def course_image(asked: Asked, course: Course) -> str:
    return f"{asked.site.base_url}/pluginfile.php/{course.contextid}/course/generated/course.svg"


def _contacts(asked: Asked, course: Course) -> list[dict[str, Any]]:
    state = asked.state
    role = next((row.id for row in state.roles.values() if row.shortname == _EDITING_TEACHER), 0)
    people = state.assignedin.get(("course", course.id), {})
    return [
        {"id": number, "fullname": state.users[number].fullname}
        for number, rows in people.items()
        if any(state.assignments[row].roleid == role for row in rows)
    ]


def describe(asked: Asked, course: Course) -> dict[str, Any]:
    return _summary(asked, course) | {
        "idnumber": course.idnumber,
        "format": course.format,
        "showgrades": course.showgrades,
        "newsitems": course.newsitems,
        "startdate": course.startdate,
        "enddate": course.enddate,
        "maxbytes": course.maxbytes,
        "showreports": course.showreports,
        "visible": int(course.visible),
        "groupmode": course.groupmode,
        "groupmodeforce": course.groupmodeforce,
        "defaultgroupingid": course.defaultgrouping,
        "enablecompletion": course.enablecompletion,
        "completionnotify": course.completionnotify,
        "lang": course.lang,
        "theme": course.theme,
        "marker": 0,
        "legacyfiles": 0,
        "calendartype": "",
        "timecreated": course.timecreated,
        "timemodified": course.timemodified,
        "requested": 0,
        "cacherev": course.timemodified,
        "filters": [{"filter": name, "localstate": 0, "inheritedstate": 1} for name in _FILTERS],
        "courseformatoptions": [
            # PHP's blurring of types, as recorded: two integers and a string.
            {"name": name, "value": value if name == "indentation" or not value.isdigit() else int(value)}
            for name, value in course.formatoptions.items()
        ],
    }


# -- contents ------------------------------------------------------------------------------------------


def get_contents(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    course = asked.state.courses.get(params["courseid"])
    if course is None:
        raise no_record("course")
    options = {option["name"]: option["value"] for option in params.get("options") or ()}
    rows = []
    for section in course.content.sections.values():
        if "sectionid" in options and str(section.id) != options["sectionid"]:
            continue
        if "sectionnumber" in options and str(section.number) != options["sectionnumber"]:
            continue
        modules = [
            _module(asked, course.content.modules[number])
            for number in section.modules
            if "cmid" not in options or str(number) == options["cmid"]
        ]
        rows.append(
            {
                "id": section.id,
                "name": section_name(section),
                "visible": int(section.visible),
                "summary": decoded_links(section.summary, asked.site.base_url),
                "summaryformat": section.summaryformat,
                "section": section.number,
                "hiddenbynumsections": 0,
                "uservisible": True,
                "component": None,
                "itemid": None,
                "modules": [] if options.get("excludemodules") in {"1", "true"} else modules,
            }
        )
    return rows


def section_name(section: Section) -> str:
    return section.name or ("General" if section.number == 0 else "New section")


def _module(asked: Asked, module: Module) -> dict[str, Any]:
    base, revision = asked.site.base_url, asked.site.settings.themerev
    purpose, plural = _PURPOSES.get(module.modname, ("other", module.modname))
    row: dict[str, Any] = {"id": module.id}
    if module.modname != "label":
        row["url"] = f"{base}/mod/{module.modname}/view.php?id={module.id}"
    row |= {"name": module.name, "instance": module.instance, "contextid": module.contextid}
    if module.modname == "label":
        row["description"] = decoded_links(module.intro, base)
    return row | {
        "visible": int(module.visible),
        "uservisible": True,
        "visibleoncoursepage": 1,
        "modicon": f"{base}/theme/image.php/boost/{module.modname}/{revision}/monologo?filtericon=1",
        "modname": module.modname,
        "purpose": purpose,
        "branded": False,
        "modplural": plural,
        "availability": module.availability,
        "indent": module.indent,
        "onclick": "",
        "afterlink": None,
        "activitybadge": [],
        "customdata": '{"trackingtype":"1"}' if module.modname == "forum" else '""',
        "noviewlink": module.modname == "label",
        "completion": module.completion,
        "downloadcontent": 1,
        "dates": [],
        "groupmode": module.groupmode,
    }


FUNCTIONS: dict[str, Handler] = {
    "core_course_create_courses": create_courses,
    "core_course_update_courses": update_courses,
    "core_course_delete_courses": delete_courses,
    "core_course_get_courses": get_courses,
    "core_course_get_courses_by_field": get_courses_by_field,
    "core_course_search_courses": search_courses,
    "core_course_get_contents": get_contents,
}
