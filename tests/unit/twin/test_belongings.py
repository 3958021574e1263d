"""Whose everything becomes that the twin restores, as on a Moodle with the plugins (P19)."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

ARCHIVE = Path(__file__).parents[2] / "mbz" / "chimie-nousers-zip.mbz"
SAFE, RISKY = "mod/forum:addquestion", "moodle/site:trustcontent"
PERMISSIONS = [{"name": "permissions", "value": "1"}]
_OWNERS = re.compile(rb"<(?:ownerid|createdby|modifiedby)>([^<]*)<")


def with_overrides(*capabilities: str) -> bytes:
    """The archive, with overrides for students on the course and on one page."""
    rows = "".join(
        f"<override><roleid>5</roleid><capability>{one}</capability><permission>-1</permission></override>"
        for one in capabilities
    )
    out = io.BytesIO()
    with zipfile.ZipFile(ARCHIVE) as before, zipfile.ZipFile(out, "w") as after:
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename in ("course/roles.xml", "activities/page_79/roles.xml"):
                content = content.replace(b"<role_overrides>", b"<role_overrides>" + rows.encode())
            after.writestr(entry, content)
    return out.getvalue()


def owners(hub, courseid: int) -> set[str]:
    """Usernames of whom files and questions belong to."""
    content = hub.state.courses[courseid].content
    ids = {row["userid"] for row in content.files}
    ids |= {found.decode() for found in _OWNERS.findall(hub.vault.folder(content.base)["questions.xml"])}
    return {hub.state.users[int(one)].username if one in map(str, hub.state.users) else one for one in ids}


def overrides(hub, courseid: int) -> list[str]:
    content = hub.state.courses[courseid].content
    folders = [
        hub.vault.folder(content.base),
        *(hub.vault.folder(m.folder) for m in content.modules.values()),
    ]
    texts = [raw.decode() for folder in folders for name, raw in folder.items() if name.endswith("roles.xml")]
    return sorted(one for text in texts for one in re.findall(r"<capability>([^<]+)<", text))


@pytest.mark.rule("P19")
def test_everything_is_the_persons_for_whom_it_is_restored(hub, restore):
    job = restore(shortname="CHIM", person="mcurie")
    assert owners(hub, job["courseid"]) == {"mcurie"}


@pytest.mark.rule("P19")
@pytest.mark.parametrize("whom", ["", "nobody-here", "admin"])
def test_what_is_nobodys_or_an_administrators_goes_to_an_account_that_may_nothing(hub, restore, whom):
    job = restore(shortname="CHIM", person=whom)
    assert owners(hub, job["courseid"]) == {"passerelle-content"}
    account = hub.state.user_named("passerelle-content")
    assert account.auth == "nologin"
    assert [row for row in hub.state.assignments.values() if row.userid == account.id] == []


@pytest.mark.rule("P19")
def test_no_override_comes_unless_it_is_asked_for(hub, restore):
    job = restore(with_overrides(SAFE, RISKY), shortname="CHIM", person="mcurie")
    assert overrides(hub, job["courseid"]) == []
    assert job["warnings"] == []


@pytest.mark.rule("P19")
def test_of_overrides_those_come_that_the_teacher_could_set(hub, restore):
    course = hub.add_course("CHIM")
    hub.enrol("CHIM", "mcurie", "editingteacher")
    job = restore(
        with_overrides(SAFE, RISKY), mode="replace", courseid=course.id, person="mcurie", settings=PERMISSIONS
    )
    assert overrides(hub, course.id) == [SAFE, SAFE]
    assert job["warnings"] == [{"code": "overridesleftout", "message": f"{RISKY} (student)"}]


@pytest.mark.rule("P19")
def test_who_does_not_teach_there_could_set_none(hub, restore):
    course = hub.add_course("CHIM")
    job = restore(
        with_overrides(SAFE), mode="merge", courseid=course.id, person="mcurie", settings=PERMISSIONS
    )
    assert overrides(hub, course.id) == []
    assert [warning["code"] for warning in job["warnings"]] == ["overridesleftout"]
