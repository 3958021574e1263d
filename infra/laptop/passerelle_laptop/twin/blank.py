"""A course and activities from nothing: XML as a real Moodle 4.5 wrote it (`data/course-4.5.json`)."""

from __future__ import annotations

import hashlib
import io
import json
from functools import cache
from importlib import resources
from typing import Any
from xml.etree.ElementTree import Element

from passerelle_laptop.twin.archive import Vault, parse, write_xml
from passerelle_laptop.twin.records import Course, Module
from passerelle_laptop.twin.state import State

# Inner ids (contexts, instances, grade items, files) of activities made here lie above those of any
# archive that may have been restored into the same course.
_INNER = 1_000_000


@cache
def _templates() -> dict[str, Any]:
    folder = resources.files("passerelle_laptop.twin")
    templates: dict[str, Any] = json.loads(folder.joinpath("data/course-4.5.json").read_text("utf-8"))
    return templates


def base_folder() -> dict[str, bytes]:
    return {name: content.encode() for name, content in _templates()["base"].items()}


def activity_folder(modname: str) -> dict[str, bytes]:
    """Raises KeyError for an activity that has no template."""
    own = _templates()["modules"][modname]
    return {name: content.encode() for name, content in {**_templates()["common"], **own}.items()}


def inner_id(state: State) -> int:
    return _INNER + state.sequences.next("inner")


def set_text(parent: Element, name: str, value: str) -> None:
    found = parent.find(name)
    if found is not None:
        found.text = value


def make_activity(
    state: State,
    vault: Vault,
    course: Course,
    modname: str,
    name: str,
    intro: str,
    content: str,
    now: int,
    kind: str = "",
) -> Module:
    """An activity in no section yet. `content` is a page's text, a link's address, a file's text."""
    folder = activity_folder(modname)
    context, instance = inner_id(state), state.sequences.next(modname)
    root = parse(folder[f"{modname}.xml"])
    root.set("id", str(instance))
    root.set("contextid", str(context))
    body = root[0]
    body.set("id", str(instance))
    set_text(body, "name", name)
    set_text(body, "intro", intro)
    set_text(body, "timemodified", str(now))
    if kind:
        set_text(body, "type", kind)
    if modname == "page":
        set_text(body, "content", content)
    if modname == "url":
        set_text(body, "externalurl", content or "https://www.example.org/")
    folder[f"{modname}.xml"] = write_xml(root)
    if modname in {"assign", "quiz"}:
        _grade_item(folder, inner_id(state), name, instance)
    if modname == "resource":
        _resource_file(state, vault, course, folder, context, content.encode(), now)
    return Module(
        id=state.sequences.next("course_modules"),
        modname=modname,
        name=name,
        section=0,
        contextid=state.sequences.next("context"),
        instance=instance,
        folder=vault.keep_folder(folder),
        intro=intro,
        kind=kind,
        added=now,
    )


def _grade_item(folder: dict[str, bytes], item: int, name: str, instance: int) -> None:
    grades = parse(folder["grades.xml"])
    entry = grades.find("grade_items/grade_item")
    if entry is not None:
        entry.set("id", str(item))
        set_text(entry, "itemname", name)
        set_text(entry, "iteminstance", str(instance))
    folder["grades.xml"] = write_xml(grades)
    inforef = parse(folder["inforef.xml"])
    reference = inforef.find("grade_itemref/grade_item/id")
    if reference is not None:
        reference.text = str(item)
    folder["inforef.xml"] = write_xml(inforef)


def _resource_file(
    state: State,
    vault: Vault,
    course: Course,
    folder: dict[str, bytes],
    context: int,
    content: bytes,
    now: int,
) -> None:
    contenthash = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    vault.keep_payload(io.BytesIO(content), contenthash)
    number = inner_id(state)
    course.content.files.append(
        {
            "id": str(number),
            "contenthash": contenthash,
            "contextid": str(context),
            "component": "mod_resource",
            "filearea": "content",
            "itemid": "0",
            "filepath": "/",
            "filename": "document.txt",
            "userid": "2",
            "filesize": str(len(content)),
            "mimetype": "text/plain",
            "status": "0",
            "timecreated": str(now),
            "timemodified": str(now),
            "source": "$@NULL@$",
            "author": "$@NULL@$",
            "license": "$@NULL@$",
            "sortorder": "1",
            "repositorytype": "$@NULL@$",
            "repositoryid": "$@NULL@$",
            "reference": "$@NULL@$",
        }
    )
    inforef = parse(folder["inforef.xml"])
    for child in list(inforef):
        inforef.remove(child)
    reference = parse(f"<fileref><file><id>{number}</id></file></fileref>".encode())
    inforef.append(reference)
    folder["inforef.xml"] = write_xml(inforef)
