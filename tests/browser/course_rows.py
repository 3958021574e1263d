"""A course as its tables hold it: to prove that it was not touched, and that a copy is the same course."""

from __future__ import annotations

from typing import Any

from tests.browser.moodle_pages import Site

# What Moodle and the plugins note about a course without changing it.
_NOTES = ("log", "local_passerelle", "lastaccess", "task_", "stats", "cache", "backup", "sessions", "upgrade")


def contexts(site: Site, courseid: int) -> str:
    """A condition on {context} x: the course and everything in it."""
    path = site.one(f"SELECT path FROM {{context}} WHERE contextlevel = 50 AND instanceid = {courseid}")
    return f"(x.path = '{path}' OR x.path LIKE '{path}/%')"


def everything(site: Site, courseid: int) -> dict[str, Any]:
    """Every row that belongs to the course, by table; its number and its cache's revision aside."""
    inside = contexts(site, courseid)
    columns = site.rows(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema NOT IN ('information_schema', 'pg_catalog', 'mysql', 'sys')"
        " AND column_name IN ('course', 'courseid', 'contextid') ORDER BY table_name"
    )
    sources: dict[str, str] = {}
    for table, column in columns:
        name = table.removeprefix(site.prefix)
        if table == name or any(note in name for note in _NOTES):
            continue
        joined = f"JOIN {{context}} x ON x.id = t.contextid WHERE {inside}"
        where = joined if column == "contextid" else f"WHERE t.{column} = {courseid}"
        sources[f"{name}.{column}"] = f"FROM {{{name}}} t {where}"
    counts = " UNION ALL ".join(f"SELECT '{key}', COUNT(*) {source}" for key, source in sources.items())
    found: dict[str, Any] = {
        key: site.rows(f"SELECT t.* {sources[key]} ORDER BY t.id")
        for key, count in site.rows(counts)
        if int(count)
    }
    found["course"] = site.rows(
        "SELECT category, fullname, shortname, summary, format, startdate, enddate, visible, groupmode,"
        f" defaultgroupingid, timecreated, timemodified, enablecompletion FROM {{course}} WHERE id = {courseid}"
    )
    return found


def shape(site: Site, courseid: int) -> dict[str, Any]:
    """What a copy must have in common with its source, without a number of either site."""
    inside = contexts(site, courseid)
    modules = site.rows(
        "SELECT s.section, m.name, cm.instance, cm.visible, cm.completion, cm.groupmode FROM {course_modules} cm"
        " JOIN {modules} m ON m.id = cm.module JOIN {course_sections} s ON s.id = cm.section"
        f" WHERE cm.course = {courseid} AND cm.deletioninprogress = 0"
        # From Moodle 5.0 on a course's own question bank is an activity; its questions are compared below.
        " AND m.name <> 'qbank'"
    )
    named = sorted(
        (section, kind, site.one(f"SELECT name FROM {{{kind}}} WHERE id = {instance}"), *rest)
        for section, kind, instance, *rest in modules
    )
    return {
        "sections": site.rows(
            f"SELECT section, COALESCE(name, ''), visible FROM {{course_sections}} WHERE course = {courseid} ORDER BY section"
        ),
        "activities": named,
        "questions": sorted(
            site.rows(
                "SELECT q.name, q.qtype, q.defaultmark, COUNT(a.id), SUM(a.fraction) FROM {question} q"
                " JOIN {question_versions} v ON v.questionid = q.id"
                " JOIN {question_bank_entries} e ON e.id = v.questionbankentryid"
                " JOIN {question_categories} c ON c.id = e.questioncategoryid"
                " JOIN {context} x ON x.id = c.contextid"
                f" LEFT JOIN {{question_answers}} a ON a.question = q.id WHERE {inside}"
                " GROUP BY q.id, q.name, q.qtype, q.defaultmark"
            )
        ),
        "files": sorted(
            site.rows(
                "SELECT f.component, f.filearea, f.filepath, f.filename, f.filesize, f.contenthash FROM {files} f"
                f" JOIN {{context}} x ON x.id = f.contextid WHERE {inside} AND f.filename <> '.'"
                " AND f.component <> 'backup'"
            )
        ),
    }


def enrolled(site: Site, courseid: int) -> list[tuple[str, str]]:
    """Username and role of everybody who is enrolled or holds a role there."""
    rows = site.rows(
        "SELECT u.username, COALESCE(r.shortname, '') FROM {user} u JOIN ("
        f" SELECT ue.userid FROM {{user_enrolments}} ue JOIN {{enrol}} e ON e.id = ue.enrolid AND e.courseid = {courseid}"
        " UNION SELECT ra.userid FROM {role_assignments} ra JOIN {context} c ON c.id = ra.contextid"
        f" AND c.contextlevel = 50 AND c.instanceid = {courseid}) p ON p.userid = u.id"
        f" LEFT JOIN {{context}} c ON c.contextlevel = 50 AND c.instanceid = {courseid}"
        " LEFT JOIN {role_assignments} ra ON ra.userid = u.id AND ra.contextid = c.id"
        " LEFT JOIN {role} r ON r.id = ra.roleid"
    )
    return sorted((row[0], row[1] if len(row) > 1 else "") for row in rows)


def file_authors(site: Site, courseid: int) -> list[tuple[str, str]]:
    """Author as written and username of the owner, of every file of the course."""
    rows = site.rows(
        "SELECT COALESCE(f.author, ''), COALESCE(u.username, '') FROM {files} f"
        f" JOIN {{context}} x ON x.id = f.contextid LEFT JOIN {{user}} u ON u.id = f.userid"
        f" WHERE {contexts(site, courseid)} AND f.filename <> '.'"
    )
    return sorted({(row[0], row[1]) for row in rows})


def file_address(site: Site, courseid: int, filename: str) -> str:
    """Where a browser fetches a resource's file."""
    [[context, item]] = site.rows(
        "SELECT f.contextid, f.itemid FROM {files} f JOIN {context} x ON x.id = f.contextid"
        f" WHERE {contexts(site, courseid)} AND f.filename = '{filename}' AND f.component = 'mod_resource'"
    )
    return f"{site.address}/pluginfile.php/{context}/mod_resource/content/{item}/{filename}"
