"""Addresses of a Moodle: whether one lies under it, what it leads to, and where that stands now (R12)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def without_scheme(address: str) -> str:
    """Host in lower case and the rest; a user part and a default port say nothing of where it leads."""
    try:
        parts = urlsplit(address, "https")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return host + parts.path + query + fragment


def lies_under(address: str, wwwroot: str) -> bool:
    """Whether an address is one of this Moodle: same host and, where it has one, same folder."""
    root, whole = without_scheme(wwwroot.rstrip("/")), without_scheme(address)
    return bool(root) and whole.startswith(root) and whole[len(root) : len(root) + 1] in ("", "/", "?", "#")


@dataclass(frozen=True, slots=True)
class Leads:
    """What an address leads to: `course`, `section` or `module` with its id there, `file`, or `other`."""

    kind: str
    id: int = 0
    rest: str = ""  # what the new address keeps: &section=3, #section-3, &chapterid=…
    path: str = ""  # of a module: /mod/page/view.php


_NUMBER = re.compile(r"[0-9]{1,18}\Z")
_MODULE = re.compile(r"/mod/([a-z0-9_]+)/view\.php\Z")


def leads_to(address: str, wwwroot: str) -> Leads:
    """`address` lies under `wwwroot`."""
    parts = urlsplit(address)
    path = parts.path.removeprefix(urlsplit(wwwroot).path.rstrip("/"))
    numbers = {name: int(text) for name, text in parse_qsl(parts.query) if _NUMBER.match(text)}
    identity = numbers.get("id", 0)
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    if path in ("/course/view.php", "/course/") and identity:
        section = f"&section={numbers['section']}" if "section" in numbers else ""
        return Leads("course", identity, section + fragment)
    if path == "/course/section.php" and identity:
        return Leads("section", identity, fragment)
    if _MODULE.match(path) and identity:
        # Only the fragment is kept: chapters, pages and posts have other numbers now.
        return Leads("module", identity, fragment, path)
    if path.startswith(("/pluginfile.php/", "/draftfile.php/", "/webservice/pluginfile.php/")):
        return Leads("file", rest=path.rpartition("/")[2])
    return Leads("other")


def new_address(leads: Leads, moved: Mapping[tuple[str, int], int], wwwroot: str) -> str:
    """Where the target stands on the new platform; empty where it did not come along."""
    here = moved.get((leads.kind, leads.id))
    if here is None:
        return ""
    if leads.kind == "course":
        return f"{wwwroot}/course/view.php?id={here}{leads.rest}"
    if leads.kind == "section":
        return f"{wwwroot}/course/section.php?id={here}{leads.rest}"
    return f"{wwwroot}{leads.path}?id={here}{leads.rest}"


# --- encoded links: `$@NAME*1*2@$` (each module's backup and restore code names its own) ------------

ENCODED = re.compile(r"\$@([A-Z0-9_]+)((?:\*[A-Za-z0-9_.%/-]+)+)@\$")
_COURSE_NAMES: Mapping[str, str] = {
    "COURSEVIEWBYID": "course/view.php",
    "COURSEVIEWSECTIONBYID": "course/view.php",
    "GRADEINDEXBYID": "grade/index.php",
    "GRADEREPORTINDEXBYID": "grade/report/index.php",
    "BADGESVIEWBYID": "badges/view.php",
    "USERINDEXVIEWBYID": "user/index.php",
}
# By a number of the module's own code: where that is installed, its restore writes this address back.
_BY_NUMBER: Mapping[str, str] = {
    "HVPEMBEDBYID": "mod/hvp/embed.php?id=",
    "WIKIPAGEBYID": "mod/wiki/view.php?pageid=",
}
_BY_INSTANCE = re.compile(r"([A-Z0-9]+)VIEWBY([A-Z])\Z")


def written_back(
    name: str,
    numbers: tuple[str, ...],
    wwwroot: str,
    *,
    course: int,
    modules: Iterable[int],
    sections: Iterable[int],
    contexts: Iterable[int],
    instances: Mapping[tuple[str, int], int],
) -> str:
    """The old address that Moodle writes for an encoded link whose target is not in the archive.

    Empty where the target is inside. Of a name that only its own module understands, the code itself, as it
    stays in the page where that module is not installed.
    """
    first = int(numbers[0]) if _NUMBER.match(numbers[0]) else 0
    if name in _COURSE_NAMES:
        return "" if first == course else f"{wwwroot}/{_COURSE_NAMES[name]}?id={first}"
    if name.startswith("COURSESECTION"):
        return "" if first in set(sections) else f"{wwwroot}/course/section.php?id={first}"
    if name.startswith("PLUGINFILEBYCONTEXT"):
        return "" if first in set(contexts) else f"{wwwroot}/pluginfile.php/{first}"
    if name.endswith("INDEX"):
        module = name.removesuffix("INDEX").lower()
        return "" if first == course else f"{wwwroot}/mod/{module}/index.php?id={first}"
    if name.startswith("FORUMDISCUSSIONVIEW"):
        # Discussions are people's work: none is in an archive without people.
        return f"{wwwroot}/mod/forum/discuss.php?d={first}"
    if "VIEWBYID" in name:
        module = name.partition("VIEWBYID")[0].lower()
        return "" if first in set(modules) else f"{wwwroot}/mod/{module}/view.php?id={first}"
    if "BYID" in name:
        return "" if first in set(modules) else _address_by_number(name, numbers, wwwroot)
    by_instance = _BY_INSTANCE.match(name)
    if by_instance:
        module, letter = by_instance[1].lower(), by_instance[2].lower()
        inside = (module, first) in instances
        return "" if inside else f"{wwwroot}/mod/{module}/view.php?{letter}={first}"
    return ""


def _address_by_number(name: str, numbers: tuple[str, ...], wwwroot: str) -> str:
    if name in _BY_NUMBER:
        return f"{wwwroot}/{_BY_NUMBER[name]}{numbers[0]}"
    return f"$@{name}*{'*'.join(numbers)}@$"
