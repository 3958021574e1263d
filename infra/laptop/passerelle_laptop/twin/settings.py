"""What an administrator of a site has set: releases, limits, languages, plugins, what Passerelle may do."""

from __future__ import annotations

from dataclasses import dataclass, field

from passerelle_laptop.twin.records import Role

_MIB = 1 << 20
PLUGIN_VERSION = 2026110100
CORE_VERSION = 2024100700

_MODULES = [
    "assign",
    "bigbluebuttonbn",
    "book",
    "chat",
    "choice",
    "data",
    "feedback",
    "folder",
    "forum",
    "glossary",
    "h5pactivity",
    "imscp",
    "label",
    "lesson",
    "lti",
    "page",
    "quiz",
    "resource",
    "scorm",
    "subsection",
    "survey",
    "url",
    "wiki",
    "workshop",
]
_BLOCKS = [
    "activity_modules",
    "activity_results",
    "badges",
    "calendar_month",
    "calendar_upcoming",
    "comments",
    "completionstatus",
    "html",
    "online_users",
    "participants",
    "recent_activity",
    "search_forums",
]


def _modules() -> dict[str, int]:
    return {f"mod_{name}": CORE_VERSION for name in _MODULES}


def _blocks() -> dict[str, int]:
    return {f"block_{name}": CORE_VERSION for name in _BLOCKS} | {"block_passerelle": PLUGIN_VERSION}


def _own_plugins() -> dict[str, int]:
    names = ("local_passerelle", "enrol_passerelle", "block_passerelle")
    return dict.fromkeys(names, PLUGIN_VERSION)


@dataclass(slots=True)
class Settings:
    title: str
    #: The site's name in the plugin's settings, which is its name in network.yaml.
    passerelle_name: str
    release: str = "4.5.6 (Build: 20250811)"
    version: str = "2024100706"
    themerev: int = 1795294065
    #: Whether Passerelle's account holds `moodle/backup:userinfo`, which it has no need of.
    backs_people_up: bool = False
    max_input_vars: int = 1000  # PHP's default (infra/docs/moodle.md, trap 3)
    upload_max_filesize: int = 2048 * _MIB
    post_max_size: int = 2056 * _MIB
    languages: frozenset[str] = frozenset({"en", "fr"})
    auths: frozenset[str] = frozenset({"manual", "nologin", "email", "ldap", "cas", "shibboleth", "oauth2"})
    #: Installed, but switched off.
    disabled_auths: frozenset[str] = frozenset({"db", "lti", "mnet", "none", "webservice"})
    same_email_allowed: bool = False
    service_sees_identity: bool = True  # moodle/site:viewuseridentity of the service's account
    log_readable: bool = True
    modules: dict[str, int] = field(default_factory=_modules)
    blocks: dict[str, int] = field(default_factory=_blocks)
    own_plugins: dict[str, int] = field(default_factory=_own_plugins)
    #: Hosts (or host:port) that the plugin may download from.
    allowed_hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost"})

    #: What `apply` may use, as the administrator chose: short names of roles, authentications, idnumbers of
    #: categories. Nothing chosen: roles that do not manage, authentications switched on, all categories.
    apply_roles: frozenset[str] = frozenset()
    apply_auths: frozenset[str] = frozenset()
    apply_categories: frozenset[str] = frozenset()
    #: Whether the weak service user holds `local/passerelle:apply`, and nothing else.
    weak_user_applies: bool = False

    #: Whether hashes of the site's people go beside each backup (P20).
    sends_people: bool = True

    #: Permission overrides: idnumber of a category → role's short name → what it may do there and below.
    overrides: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def plugin_names(self) -> frozenset[str]:
        return frozenset([*self.modules, *self.blocks])

    def installed(self) -> dict[str, frozenset[str]]:
        return {
            "lang": self.languages,
            "auth": self.auths,
            "theme": frozenset({"", "boost", "classic"}),
        }


_COURSE = ("course", "module")
_EVERYWHERE = ("system", "coursecat", "course")
_VIEW = ("moodle/course:view", "moodle/course:viewhiddencourses")
_ACTIVITIES = ("mod/assign:view", "mod/forum:viewdiscussion", "mod/h5pactivity:view", "mod/quiz:view")
_LOOK = (*_VIEW, *_ACTIVITIES)
_ASSIGN = "moodle/role:assign"
_EDIT = ("moodle/course:viewhiddencourses", "moodle/course:update", "moodle/course:manageactivities")


def standard_roles() -> list[Role]:
    """Moodle's own, one that only looks (for the network's teachers), one made for user contexts."""
    return [
        Role(
            1,
            "manager",
            "",
            "manager",
            (*_EVERYWHERE, "module"),
            (
                *_VIEW,
                *_EDIT[1:],
                "moodle/user:update",
                "moodle/user:loginas",
                _ASSIGN,
                *_ACTIVITIES,
            ),
        ),
        Role(2, "coursecreator", "", "coursecreator", ("system", "coursecat"), _VIEW[1:]),
        Role(3, "editingteacher", "", "editingteacher", _COURSE, (*_EDIT, _ASSIGN, *_ACTIVITIES)),
        Role(4, "teacher", "", "teacher", _COURSE, (*_VIEW[1:], *_ACTIVITIES)),
        Role(5, "student", "", "student", _COURSE, _ACTIVITIES),
        Role(6, "guest", "", "guest", (), _ACTIVITIES),
        Role(7, "user", "", "user", ()),
        Role(8, "frontpage", "", "frontpage", ()),
        Role(
            9, "networkteacher", "Enseignant du réseau", "", (*_EVERYWHERE, "module"), (*_VIEW, *_ACTIVITIES)
        ),
        Role(10, "mentor", "Suivi d’une personne", "", ("user",)),
    ]
