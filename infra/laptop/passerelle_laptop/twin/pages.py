"""Pages for a person who wants to see what happened: courses, people, messages, jobs. To press: `desk`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, abort, render_template, request

from passerelle_laptop.site_client import new_request_id
from passerelle_laptop.twin.archive import parse
from passerelle_laptop.twin.messages import shown
from passerelle_laptop.twin.records import Category, Course, User
from passerelle_laptop.twin.restore import decoded_links
from passerelle_laptop.twin.wording import word

if TYPE_CHECKING:
    from collections.abc import Callable

    from passerelle_laptop.twin.site import Site

_SERVICE_USERS = 4
_PAGE = 50
_FEW = 12
_ON_A_PAGE = 500
_NOT_FOUND = 404
_TONES = {"done": "good", "failed": "bad", "running": "warn"}
_INLINE = re.compile(r"</?(a|b|code|em|i|small|span|strong|sub|sup|u)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_UNIT = 1024
_ADDRESS = re.compile(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)»])")


def add_pages(app: Flask, site: Site) -> Pages:
    pages = Pages(site)
    app.add_url_rule("/", "home", pages.home)
    app.add_url_rule("/course/view.php", "course", pages.course)
    app.add_url_rule("/mod/<modname>/view.php", "activity", pages.activity)
    app.add_url_rule("/user/index.php", "people", pages.people)
    app.add_url_rule("/user/view.php", "user", pages.user)
    app.add_url_rule("/passerelle/messages", "messages", pages.messages)
    app.add_url_rule("/passerelle/jobs", "jobs", pages.jobs)
    app.register_error_handler(_NOT_FOUND, pages.not_found)
    app.after_request(_guard)
    return pages


def _guard(answer: Response) -> Response:
    """Course texts come from anybody's archive: whatever slips through must not run."""
    if answer.mimetype == "text/html":
        rules = "default-src 'none'; style-src 'self'; form-action 'self'"
        answer.headers.setdefault("Content-Security-Policy", rules)
        # With none at all a browser would not say which page a form came from, either.
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _lang() -> str:
    return request.accept_languages.best_match(["fr", "en"], default="fr")


def _number() -> int:
    return request.args.get("id", 0, type=int)


def plain(text: str) -> str:
    """HTML as the words in it; the template escapes them again."""
    return " ".join(unescape(_TAG.sub(" ", _INLINE.sub("", text))).split())


def linked(text: str) -> list[tuple[str, str]]:
    """The text in pieces, each with the address that it is, or nothing."""
    return [(piece, piece if place % 2 else "") for place, piece in enumerate(_ADDRESS.split(text)) if piece]


class Pages:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.block_of: Callable[[Course], dict[str, Any] | None] | None = None  # as Passerelle shows it

    def lang(self) -> str:
        return _lang()

    def page(self, template: str, **values: Any) -> str:
        lang = _lang()

        def t(key: str, **details: object) -> str:
            return word(key, lang, **details)

        def when(time: int) -> str:
            moment = datetime.fromtimestamp(time, UTC).astimezone()
            return moment.strftime("%d/%m/%Y %H:%M" if lang == "fr" else "%d %b %Y %H:%M")

        return render_template(
            template,
            site=self._site,
            lang=lang,
            t=t,
            when=when,
            plain=plain,
            host=lambda address: urlsplit(address).netloc or address,
            size=lambda number: _size(number, lang),
            fresh=new_request_id,
            linked=linked,
            **values,
        )

    def not_found(self, _error: Exception) -> tuple[str, int]:
        return self.page("missing.html"), _NOT_FOUND

    # -- courses ---------------------------------------------------------------------------------------

    def home(self) -> str:
        site, lang = self._site, _lang()
        with site.lock:
            state = site.state
            people = [user for user in state.users.values() if user.id > _SERVICE_USERS]
            tree = [self._branch(category, lang) for category in state.subcategories(0)]
            figures = f"{_many(len(state.courses), 'course', 'courses', lang)} · {len(people)} " + (
                word("people", lang).lower()
            )
            more = f"{word('people', lang)} ({len(people)})" if len(people) > _FEW else ""
            return self.page("home.html", tree=tree, people=people[:_FEW], more=more, figures=figures)

    def _branch(self, category: Category, lang: str) -> dict[str, Any]:
        state = self._site.state
        numbers = list(state.coursesin.get(category.id, ()))[:_ON_A_PAGE]
        return {
            "category": category,
            "courses": [self._course_line(state.courses[number], lang) for number in numbers],
            "below": [self._branch(below, lang) for below in state.subcategories(category.id)],
        }

    def _course_line(self, course: Course, lang: str) -> dict[str, Any]:
        state = self._site.state
        figures = _many(len(course.content.modules), "activity", "activities", lang)
        if course.content.questions:
            figures += ", " + _many(course.content.questions, "question", "questions", lang)
        teachers = [
            state.users[number].fullname
            for number in state.assignedin.get(("course", course.id), ())
            if any(
                state.roles[role].archetype == "editingteacher" for role in state.roles_of(course.id, number)
            )
        ]
        return {"course": course, "figures": figures, "teachers": ", ".join(teachers[:3])}

    def course(self) -> str:
        site, lang = self._site, _lang()
        course = site.state.courses.get(_number())
        # Asked without the lock: Passerelle may ask this very site before it answers.
        block = self.block_of(course) if self.block_of is not None and course is not None else None
        with site.lock:
            state = site.state
            course = state.courses.get(_number())
            if course is None:
                abort(_NOT_FOUND)
            category = state.categories[course.category]
            groups = [state.groups[number] for number in state.groupsof.get(course.id, ())]
            return self.page(
                "course.html",
                course=course,
                shown=block,
                path=[state.categories[number] for number in state.category_path(category)],
                lastchange=max(course.timemodified, course.lastevent),
                summary=plain(decoded_links(course.summary, site.base_url)),
                sections=list(course.content.sections.values()),
                groups=[(group, _many(len(group.members), "member", "members", lang)) for group in groups],
                participants=[
                    {"user": state.users[number]} | self._access(course, number, lang)
                    for number in list(state.enrolledin.get(course.id, ()))[:_ON_A_PAGE]
                ],
            )

    def _access(self, course: Course, userid: int, lang: str) -> dict[str, Any]:
        state = self._site.state
        rows = [state.enrolments[number] for number in state.enrolledin.get(course.id, {}).get(userid, ())]
        instances = [state.instances[row.instance] for row in rows]
        roles = [state.roles[number] for number in state.roles_of(course.id, userid)]
        return {
            "roles": ", ".join(word(f"role.{role.shortname}", lang) for role in roles),
            "methods": ", ".join(word(f"method.{row.source or row.enrol}", lang) for row in instances),
            "suspended": bool(rows) and all(row.status for row in rows),
            "groups": ", ".join(
                state.groups[number].name for number in state.membership.get((course.id, userid), ())
            ),
        }

    def activity(self, modname: str) -> str:
        site = self._site
        with site.lock:
            for course in site.state.courses.values():
                module = course.content.modules.get(_number())
                if module is not None and module.modname == modname:
                    lines = self._text_of(module.folder, modname)
                    return self.page("activity.html", course=course, module=module, content=lines)
            return abort(_NOT_FOUND)

    def _text_of(self, folder: str, modname: str) -> list[str]:
        body = parse(self._site.vault.folder(folder)[f"{modname}.xml"])[0]
        texts = (body.findtext(name) or "" for name in ("intro", "content", "externalurl"))
        lines = (plain(decoded_links(text, self._site.base_url)) for text in texts)
        return [line for line in lines if line and line != "$@NULL@$"]

    # -- people ----------------------------------------------------------------------------------------

    def people(self) -> str:
        site, wanted = self._site, request.args.get("q", "").strip().lower()
        start = max(0, request.args.get("start", 0, type=int))
        with site.lock:
            state = site.state
            found = [
                user
                for user in state.users.values()
                if user.id > _SERVICE_USERS
                and wanted in f"{user.fullname} {user.username} {user.idnumber}".lower()
            ]
            rows = [
                {"user": user, "courses": len(state.coursesof.get(user.id, ()))}
                for user in found[start : start + _PAGE]
            ]
            return self.page(
                "people.html",
                people=rows,
                q=wanted,
                before=max(0, start - _PAGE) if start else None,
                after=start + _PAGE if len(found) > start + _PAGE else None,
                query=lambda first: urlencode({"q": wanted, "start": first}),
            )

    def user(self) -> str:
        site, lang = self._site, _lang()
        with site.lock:
            state = site.state
            user = state.users.get(_number())
            if user is None:
                abort(_NOT_FOUND)
            courses = [state.courses[number] for number in state.coursesof.get(user.id, ())]
            return self.page(
                "user.html",
                user=user,
                courses=[{"course": course} | self._access(course, user.id, lang) for course in courses],
                cohorts=[cohort for cohort in state.cohorts.values() if user.id in cohort.members],
                stash=state.stash.get(user.id, []),
                messages=self._messages([user]),
            )

    # -- what Passerelle did ------------------------------------------------------------------------------

    def messages(self) -> str:
        with self._site.lock:
            return self.page("messages.html", messages=self._messages(self._site.state.users.values()))

    def _messages(self, users: Iterable[User]) -> list[dict[str, Any]]:
        known, lang = {user.id: user for user in users}, _lang()
        latest = [row for row in reversed(self._site.state.messages) if row.touser in known]
        return [
            {"message": row, "user": known[row.touser], "shown": shown(row, lang)}
            for row in latest[:_ON_A_PAGE]
        ]

    def jobs(self) -> str:
        with self._site.lock:
            state = self._site.state
            rows = [
                {
                    "job": job,
                    "course": state.courses.get(job.courseid or 0),
                    "tone": _TONES.get(job.status, ""),
                }
                for job in list(reversed(state.jobs.values()))[:_ON_A_PAGE]
            ]
            return self.page("jobs.html", jobs=rows)


def _many(number: int, one: str, several: str, lang: str) -> str:
    # French counts nought as one, English as several.
    single = number < 2 if lang == "fr" else number == 1
    return f"{number} {word(one if single else several, lang).lower()}"


def _size(number: int, lang: str) -> str:
    units = ("o", "Kio", "Mio", "Gio") if lang == "fr" else ("B", "KiB", "MiB", "GiB")
    value, unit = float(number), 0
    while value >= _UNIT and unit < len(units) - 1:
        value, unit = value / _UNIT, unit + 1
    written = f"{value:.1f}" if unit else str(number)
    return f"{written.replace('.', ',') if lang == 'fr' else written} {units[unit]}"
