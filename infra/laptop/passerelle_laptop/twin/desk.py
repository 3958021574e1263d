"""What the plugin's block offers in a course, as forms: the same signed routes, without a line of script.

Whoever is "signed in" is so by a link of the start page; nothing here is a secret, but a page of another
site that is open in the same browser must not press these buttons.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, make_response, redirect, request
from werkzeug.wrappers import Response as Answer

from passerelle_laptop.site_client import Answered, NotHeard, SiteClient
from passerelle_laptop.twin.records import Course, Module, User
from passerelle_laptop.twin.wording import word

if TYPE_CHECKING:
    from passerelle_laptop.twin.pages import Pages
    from passerelle_laptop.twin.site import Site

PATIENCE = 15.0  # seconds that a page waits for what was asked: functions of a laptop start cold
_FORBIDDEN, _NOT_FOUND = 403, 404
Said = dict[str, Any]


def add_desk(app: Flask, site: Site, pages: Pages) -> None:
    desk = Desk(site, pages)
    app.before_request(desk.only_own_pages)
    app.add_url_rule("/passerelle/as/<username>", "sign_in", desk.sign_in)
    app.add_url_rule("/passerelle/save", "save", desk.save, methods=["POST"])
    app.add_url_rule("/passerelle/publish", "publish", desk.publish, methods=["GET", "POST"])
    app.add_url_rule("/passerelle/catalogue", "catalogue", desk.catalogue)
    app.add_url_rule("/passerelle/retrieve", "retrieve", desk.retrieve, methods=["POST"])
    app.add_url_rule("/passerelle/rollover", "rollover", desk.rollover, methods=["GET", "POST"])
    app.add_url_rule("/passerelle/check", "check", desk.check, methods=["POST"])
    app.add_url_rule("/passerelle/undo", "undo", desk.undo, methods=["POST"])
    app.add_url_rule("/passerelle/report", "report", desk.report)
    app.add_url_rule("/passerelle/why", "why", desk.why, methods=["GET", "POST"])


class Desk:
    def __init__(self, site: Site, pages: Pages) -> None:
        self._site = site
        self._pages = pages
        self._notes: dict[str, list[tuple[str, str]]] = {}
        self._leave_out: dict[str, list[int]] = {}  # what a backup that was refused could go without
        pages.block_of = self.block

    # -- who is there ------------------------------------------------------------------------------------

    def only_own_pages(self) -> None:
        """A form is sent by a page of this very site; the host is checked against names bound anew (DNS)."""
        if request.path.startswith("/passerelle/") or request.method == "POST":
            if urlsplit(f"//{request.host}").hostname not in ("127.0.0.1", "localhost"):
                abort(_FORBIDDEN)
            # The web services and the controls are no pages: what calls them sends no Origin.
            of_a_form = request.method == "POST" and request.path.startswith("/passerelle/")
            if of_a_form and request.headers.get("Origin") != f"http://{request.host}":
                abort(_FORBIDDEN)

    def sign_in(self, username: str) -> Answer:
        if self._site.state.user_named(username) is None:
            abort(_NOT_FOUND)
        to = request.args.get("to", "/")
        answer = make_response(redirect(to if to.startswith("/") and not to.startswith("//") else "/"))
        # Cookies do not know ports: each site has its own by name.
        answer.set_cookie(self._cookie, username, httponly=True, samesite="Lax")
        return answer

    @property
    def _cookie(self) -> str:
        return f"twin_{self._site.name}"

    def person(self) -> User | None:
        return self._site.state.user_named(request.cookies.get(self._cookie, ""))

    def _me(self) -> User:
        found = self.person()
        if found is None:
            abort(_FORBIDDEN)
        return found

    def _course(self) -> Course:
        """The course that the page is about, for somebody who teaches in it."""
        number = request.values.get("id", 0, type=int)
        course = self._site.state.courses.get(number)
        if course is None:
            abort(_NOT_FOUND)
        if not self.teaches(course):
            abort(_FORBIDDEN)
        return course

    def teaches(self, course: Course) -> bool:
        person, state = self.person(), self._site.state
        return person is not None and any(
            state.roles[role].archetype == "editingteacher" for role in state.roles_of(course.id, person.id)
        )

    # -- the block ---------------------------------------------------------------------------------------

    def block(self, course: Course) -> Said | None:
        """What the block shows in a course; None for whoever does not teach there."""
        if self._site.client is None or not self.teaches(course):
            return None
        person = self._me()
        notes = self._notes.pop(person.username, [])
        shown: Said = {"person": person, "notes": notes, "publication": None, "backup": None, "year": None}
        try:
            year = self._ask("rollovers", "rollovers", course, action="status")
        except (Answered, NotHeard) as no:
            year = None
            if not (isinstance(no, Answered) and no.code in ("no_previous", "no_previous_site")):
                shown["year_refused"] = _sentence(no)
        if year is not None and "button" in year:
            shown["year"] = year
            return shown
        if year is not None:  # last year's platform: its courses are looked at only
            shown["past"] = year
            return shown
        leave_out = self._leave_out.pop(person.username, [])
        if course.idnumber:
            status = self._ask("publications", "publications", course, action="status")
            shown |= {"backup": status["backup"], "publication": status["publication"]}
            backup = status["backup"] or {}
            leave_out = leave_out or [one["cmid"] for one in backup.get("leave_out", ())]
        shown["leave_out"] = [module for module in _modules(course) if module.id in leave_out]
        return shown

    def _ask(self, path: str, kind: str, here: Course | None, **content: Any) -> Said:
        request_id = content.pop("request_id", None)
        about = {} if here is None else {"courseid": here.id, "idnumber": here.idnumber}
        # Who looks at a page reads it in the browser's language.
        person = self._site.person(self._me()).body() | {"lang": self._pages.lang()}
        return self._client().ask(
            path, kind, {**about, "person": person, **content}, request_id=request_id, attempts=2
        )

    def _client(self) -> SiteClient:
        if self._site.client is None:
            abort(_NOT_FOUND)
        return self._site.client

    def _note(self, key: str, tone: str = "good") -> None:
        text = word(key, self._pages.lang())
        self._notes.setdefault(self._me().username, []).append((tone, text))

    def _refused(self, no: Exception) -> None:
        self._notes.setdefault(self._me().username, []).append(("bad", _sentence(no)))

    def _back(self, course: Course) -> Answer:
        return redirect(f"/course/view.php?id={course.id}")

    # -- sharing -----------------------------------------------------------------------------------------

    def save(self) -> Answer:
        course = self._course()
        without = request.form.getlist("without", type=int)
        try:
            self._must_fit(course, without)
        except Answered as no:
            self._refused(no)
            kinds = str(no.body.get("plugins", "")).split(", ")
            self._leave_out[self._me().username] = [
                module.id for module in _modules(course) if f"mod_{module.modname}" in kinds
            ]
            return self._back(course)
        before = (self.block(course) or {}).get("backup") or {}
        self._site.press_save(course, self._me().username, without=without)

        def ready() -> bool:
            backup = self._ask("publications", "publications", course, action="status")["backup"]
            return backup is not None and backup["upload"] != before.get("upload") and _ended(backup)

        self._note("desk.saved" if _wait(ready) else "desk.saving")
        return self._back(course)

    def _must_fit(self, course: Course, without: Sequence[int] | None = None) -> None:
        """Raises Answered where the hub cannot take the course as it stands, or its newest backup (P16)."""
        standing: Said = {}
        if without is not None:
            used = {f"mod_{module.modname}" for module in _modules(course) if module.id not in without}
            standing = {"release": self._site.settings.release, "plugins": sorted(used)}
        try:
            self._ask("publications", "publications", course, action="fits", **standing)
        except NotHeard:
            return
        except Answered as no:
            if no.code in ("newer_release", "plugins_missing", "too_large_for_target"):
                raise

    def publish(self) -> str | Answer:
        course = self._course()
        if request.method == "GET":
            try:
                self._must_fit(course)
            except Answered as no:
                self._refused(no)
            return self._pages.page("publish.html", course=course, said=self._take_notes())
        form = {
            name: request.form.get(name, "") for name in ("title", "summary", "language", "level", "licence")
        }
        try:
            asked = self._ask(
                "publications",
                "publications",
                course,
                action="publish",
                **form,
                declaration="declaration" in request.form,
                course_url=f"{self._site.base_url}/course/view.php?id={course.id}",
                request_id=request.form.get("request"),
            )
        except (Answered, NotHeard) as no:
            self._refused(no)
            return self._pages.page("publish.html", course=course, said=self._take_notes(), form=form)

        def done() -> bool:
            one = self._ask("publications", "publications", course, action="status")["publication"]
            return one is not None and one["id"] == asked["publication"] and _ended(one)

        self._note("desk.published" if _wait(done) else "desk.publishing")
        return self._back(course)

    def catalogue(self) -> str:
        course, words = self._course(), request.args.get("q", "")
        chosen = request.args.get("publication", "")
        settings = self._site.settings
        has = {"release": settings.release, "plugins": sorted({*settings.modules, *settings.blocks})}
        found = self._ask("catalogue", "catalogue", None, query=words, publication=chosen, **has)[
            "publications"
        ]
        one = found[0] if chosen and found else None
        return self._pages.page("catalogue.html", course=course, q=words, found=found, chosen=one)

    def retrieve(self) -> Answer:
        course = self._course()
        try:
            started = self._ask(
                "retrievals",
                "retrievals",
                None,
                action="start",
                publication=request.form.get("publication", ""),
                target={"mode": "new"},
                request_id=request.form.get("request"),
            )
            asked = started["retrieval"]
        except (Answered, NotHeard) as no:
            self._refused(no)
            return self._back(course)
        state: Said = {}

        def done() -> bool:
            state.update(self._ask("retrievals", "retrievals", None, action="status", retrieval=asked))
            return _ended(state)

        _wait(done)
        if state["state"] == "done":
            self._note("desk.retrieved")
            return redirect(urlsplit(state["course_url"])._replace(scheme="", netloc="").geturl())
        if state["message"]:
            self._notes.setdefault(self._me().username, []).append(("bad", state["message"]))
        else:
            self._note("desk.retrieving")
        return self._back(course)

    # -- last year's course ------------------------------------------------------------------------------

    def rollover(self) -> str | Answer:
        course = self._course()
        status = self._ask("rollovers", "rollovers", course, action="status")
        form: Said = {"destination": "replace", "groups": False, "keep_dates": False, "confirmed": []}
        if request.method == "GET":
            return self._pages.page("rollover.html", course=course, status=status, form=form, questions=[])
        form = {
            "destination": request.form.get("destination", "replace"),
            "groups": "groups" in request.form,
            "keep_dates": "keep_dates" in request.form,
            "confirmed": request.form.getlist("confirmed"),
        }
        try:
            asked = self._ask(
                "rollovers",
                "rollovers",
                course,
                action="start",
                **form,
                request_id=request.form.get("request"),
            )
        except (Answered, NotHeard) as no:
            self._refused(no)
            return self._back(course)
        if asked.get("questions"):
            return self._pages.page(
                "rollover.html", course=course, status=status, form=form, questions=asked["questions"]
            )
        self._note("desk.rolled" if self._wait_for(course, "rollover") else "desk.rolling")
        return self._back(course)

    def check(self) -> Answer:
        course = self._course()
        try:
            self._ask("rollovers", "rollovers", course, action="check")
        except (Answered, NotHeard) as no:
            self._refused(no)
            return self._back(course)
        self._note("desk.checked" if self._wait_for(course, "check") else "desk.checking")
        return self._back(course)

    def undo(self) -> Answer:
        course = self._course()
        try:
            self._ask(
                "rollovers", "rollovers", course, action="undo", rollover=request.form.get("rollover", "")
            )
        except (Answered, NotHeard) as no:
            self._refused(no)
            return self._back(course)
        self._note("desk.undone" if self._wait_for(course, "rollover") else "desk.undoing")
        return self._back(course)

    def _wait_for(self, course: Course, what: str) -> bool:
        def done() -> bool:
            one = self._ask("rollovers", "rollovers", course, action="status").get(what)
            return (
                one is not None
                and (_ended(one) or one["report_ready"])
                and not (one["undo_asked"] and one["state"] == "done")
            )

        return _wait(done, PATIENCE * 2)

    def report(self) -> Response:
        """The page that Passerelle makes (R12), as it is; its style is its own."""
        course = self._course()
        said = self._ask(
            "rollovers",
            "rollovers",
            course,
            action="report",
            rollover=request.args.get("rollover", ""),
            format="html",
        )
        answer = Response(said["html"], mimetype="text/html")
        answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return answer

    # -- Pourquoi ? --------------------------------------------------------------------------------------

    def why(self) -> str:
        self._me()
        asked = {name: request.form.get(name, "") for name in ("who", "course", "reference")}
        repair = request.form.get("repair", "")
        answer, refused, may_apply = "", "", False
        if request.method == "POST":
            try:
                more = {"repair": repair} if repair else {}
                said = self._ask("why", "why", None, **asked, **more)
                answer, may_apply = str(said["text"]), repair == "plan" and said["operations"] > 0
            except (Answered, NotHeard) as no:
                refused = _sentence(no)
        return self._pages.page("why.html", asked=asked, answer=answer, refused=refused, may_apply=may_apply)

    def _take_notes(self) -> list[tuple[str, str]]:
        return self._notes.pop(self._me().username, [])


def _modules(course: Course) -> list[Module]:
    content = course.content
    return [content.modules[number] for section in content.sections.values() for number in section.modules]


def _ended(said: Said) -> bool:
    running = ("uploading", "received", "requested", "restoring", "backing_up", "checked")
    return said["state"] not in running


def _wait(look: Callable[[], bool], patience: float = PATIENCE) -> bool:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if look():
            return True
        time.sleep(0.2)
    return False


def _sentence(no: Exception) -> str:
    if isinstance(no, Answered):
        reference = f" [{no.body['reference']}]" if no.body.get("reference") else ""
        return f"{no.body.get('message', no.code)}{reference}"
    return word("desk.unheard", "fr")
