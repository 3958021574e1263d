"""What people are told of a rollover, in their language, each message once (R3, R4, R5, R11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from passerelle.domain.moodle.core import User
from passerelle.domain.moodle.plugin import CourseState, Notification
from passerelle.domain.rollover.rollover import Permit, Rollover
from passerelle.errors import MoodleRefused
from passerelle.ports import World
from passerelle.words.notes import note_text
from passerelle.words.sentences import say


def course_page(world: World, site: str, course_id: int) -> str:
    """Passerelle's page of a course, where its button, report and undo are."""
    return f"{world.network.sites[site].url}/local/passerelle/course.php?id={course_id}#passerelle-rollover"


def course_address(world: World, site: str, course_id: int) -> str:
    return f"{world.network.sites[site].url}/course/view.php?id={course_id}"


def _tell(
    world: World, site: str, key: str, kind: str, people: Iterable[tuple[str, str]], values: Mapping[str, str]
) -> None:
    """`people` are usernames with their languages; the plugin shows `subject` and `text` as they are."""
    language = world.network.sites[site].language
    notifications = []
    for username, lang in people:
        tongue = lang or language
        notifications.append(
            Notification(
                key=f"{key}:{username}",
                username=username,
                kind=f"rollover_{kind}",
                lang=tongue,
                values={
                    **values,
                    "subject": say(f"told_{kind}_subject", tongue, **values),
                    "text": say(f"told_{kind}", tongue, **values),
                },
            )
        )
    if not notifications:
        return
    try:
        world.sites.lms(site).notify(notifications)
    except MoodleRefused:
        # What happened is in the record and in the block; a message that cannot be sent undoes nothing.
        return


def _values(world: World, rollover: Rollover) -> dict[str, str]:
    message = note_text(rollover.message, rollover.person.lang) if rollover.message else ""
    return {
        "title": rollover.fullname or rollover.source_fullname,
        "year": world.network.sites[rollover.previous].year,
        "courseurl": rollover.course_url or course_address(world, rollover.site, rollover.course_id),
        "undourl": course_page(world, rollover.site, rollover.course_id),
        "todo": str(sum(rollover.findings.values())),
        "message": message,
        "reference": rollover.id[:8],
    }


def tell_asker(world: World, rollover: Rollover, kind: str, **more: str) -> None:
    if rollover.plan and kind != "failed":
        return  # a plan is its administrator's; the course's teachers are told as those who share it
    values = _values(world, rollover) | more
    people = [(rollover.person.username, rollover.person.lang)]
    _tell(world, rollover.site, f"{rollover.jobkey}:{kind}", kind, people, values)


def tell_others(world: World, rollover: Rollover) -> None:
    """Everybody who shares the target, with the undo link (R5)."""
    if not rollover.others:
        return
    users = users_of(world, rollover.site, rollover.others)
    values = _values(world, rollover) | {"who": rollover.person.fullname}
    people = [(name, users[name].lang if name in users else "") for name in rollover.others]
    _tell(world, rollover.site, f"{rollover.jobkey}:shared", "shared", people, values)


def ask_permission(world: World, permit: Permit, target: CourseState, source: CourseState) -> str:
    """To the editing teachers of N-1, else to its administrators. Answers who was asked, by name."""
    previous = world.network.sites[permit.previous]
    asked = source.editingteachers or previous.administrators
    users = users_of(world, permit.previous, asked)
    values = {
        "title": target.fullname or source.fullname,
        "year": previous.year,
        "who": permit.person.fullname,
        "permiturl": f"{previous.url}/local/passerelle/permit.php?permit={permit.id}",
    }
    key = f"per:{permit.id}:{int(permit.asked_at.timestamp())}"
    people = [(name, users[name].lang if name in users else "") for name in asked]
    _tell(world, permit.previous, key, "permit", people, values)
    return full_names(users, asked)


def tell_permitted(world: World, permit: Permit) -> None:
    source_site = world.network.sites[permit.previous]
    state = world.sites.lms(permit.site).get_course_states([permit.course_id]).get(permit.course_id)
    values = {
        "title": state.fullname if state else "",
        "year": source_site.year,
        "courseurl": course_page(world, permit.site, permit.course_id),
    }
    people = [(permit.person.username, permit.person.lang)]
    key = f"per:{permit.id}:{int(permit.asked_at.timestamp())}:granted"
    _tell(world, permit.site, key, "permitted", people, values)


def users_of(world: World, site: str, usernames: Iterable[str]) -> dict[str, User]:
    wanted = list(usernames)
    found = world.sites.lms(site).find_users("username", wanted) if wanted else {}
    return {name: users[0] for name, users in found.items() if users}


def full_names(users: Mapping[str, User], usernames: Iterable[str]) -> str:
    """As people call one another; a username only where Moodle tells no name."""
    names = []
    for username in usernames:
        user = users.get(username)
        names.append(f"{user.firstname} {user.lastname}".strip() if user else "")
    return ", ".join(name for name in names if name) or ", ".join(usernames)
