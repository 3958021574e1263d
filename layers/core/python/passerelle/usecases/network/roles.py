"""Whether the roles that network.yaml names exist, where they can be given, and what they show (P9)."""

from __future__ import annotations

from collections.abc import Iterator

from passerelle.domain.moodle.plugin import SiteFacts
from passerelle.domain.network import Network, Site
from passerelle.usecases.network.findings import Finding, bad, good, warning

EDITING = ("moodle/course:update", "moodle/course:manageactivities")
VIEW = "moodle/course:view"
VIEW_LIST = "moodle/category:viewcourselist"
# Some of what a role made from nothing lacks: its holders would find copies without tests or assignments.
VIEW_ACTIVITIES = ("mod/assign:view", "mod/forum:viewdiscussion", "mod/h5pactivity:view", "mod/quiz:view")
OUTSIDERS = ("student", "user", "guest", "frontpage")  # archetypes


def judge_owner_role(name: str, site: Site, facts: SiteFacts) -> Iterator[Finding]:
    yield from _role_in(name, "owner_role", site.owner_role, facts, "course")


def judge_author_role(network: Network, facts: SiteFacts) -> Iterator[Finding]:
    hub = network.hub
    yield from _role_in(hub.site, "hub.author_role", hub.author_role, facts, "course")
    yield from _cannot_edit(hub.site, "hub.author_role", hub.author_role, facts)


def judge_viewers(network: Network, facts: SiteFacts, there: SiteFacts | None) -> Iterator[Finding]:
    """P9: the members' teachers view the published copies without changing them; students do not see them."""
    hub = network.hub
    yield from _role_in(hub.site, "hub.viewer_role", hub.viewer_role, facts, "coursecat")
    if there is None:
        return
    yield from _cannot_edit(hub.site, "hub.viewer_role", hub.viewer_role, there)
    role = there.role(hub.viewer_role)
    if role is not None and VIEW not in role.capabilities:
        yield bad(
            hub.site,
            f"le rôle « {hub.viewer_role} » ne voit pas les cours de « {hub.category} » : "
            f"permettez-lui {VIEW}",
            f"the role “{hub.viewer_role}” does not see the courses of “{hub.category}”: allow it {VIEW}",
        )
    yield from _sees_activities(hub.site, hub.viewer_role, there)
    outsiders = [one for one in there.roles if one.archetype in OUTSIDERS or one.shortname in OUTSIDERS]
    seeing = [one.shortname for one in outsiders if {VIEW, VIEW_LIST} & set(one.capabilities)]
    if seeing:
        listed = ", ".join(seeing)
        yield bad(
            hub.site,
            f"les rôles {listed} voient « {hub.category} » : retirez-leur {VIEW_LIST} et {VIEW} "
            "dans les permissions de cette catégorie",
            f"the roles {listed} see “{hub.category}”: take {VIEW_LIST} and {VIEW} from them "
            "in that category's permissions",
        )
    elif not any("user" in (one.archetype, one.shortname) for one in outsiders):
        yield warning(
            hub.site,
            "le rôle « utilisateur authentifié » n’est pas dit par ce Moodle : vérifiez à la main que les "
            f"étudiants ne voient pas « {hub.category} »",
            "this Moodle does not tell of the role “authenticated user”: check by hand that students do not "
            f"see “{hub.category}”",
        )
    elif role is not None and VIEW in role.capabilities:
        yield good(
            hub.site,
            f"« {hub.viewer_role} » voit « {hub.category} », les étudiants non",
            f"“{hub.viewer_role}” sees “{hub.category}”, students do not",
        )


def _sees_activities(name: str, shortname: str, there: SiteFacts) -> Iterator[Finding]:
    role = there.role(shortname)
    if role is None or VIEW not in role.capabilities:
        return
    own = {*role.capabilities}
    for one in there.roles:
        own |= {*one.capabilities} if one.archetype == "user" else set()  # who is logged in may this besides
    # What no role has is of a module that is not there, or not told by an older plugin.
    told = {can for one in there.roles for can in one.capabilities}
    lacking = [can for can in VIEW_ACTIVITIES if can in told and can not in own]
    if lacking:
        listed = ", ".join(lacking)
        yield warning(
            name,
            f"le rôle « {shortname} » voit les cours mutualisés, mais pas toutes leurs activités : "
            f"permettez-lui {listed}, et la capacité de voir des autres modules",
            f"the role “{shortname}” sees the shared courses, but not all their activities: "
            f"allow it {listed}, and the capability to view of the other modules",
        )


def _role_in(name: str, where: str, shortname: str, facts: SiteFacts, level: str) -> Iterator[Finding]:
    role = facts.role(shortname)
    if role is None:
        yield bad(
            name,
            f"{where} : aucun rôle n’a le nom abrégé « {shortname} »",
            f"{where}: no role has the short name “{shortname}”",
        )
    elif level not in role.contextlevels:
        places = {"course": ("un cours", "a course"), "coursecat": ("une catégorie", "a category")}
        french, english = places[level]
        yield bad(
            name,
            f"{where} : le rôle « {shortname} » ne peut être attribué dans {french} ; "
            "permettez-le dans sa définition",
            f"{where}: the role “{shortname}” cannot be assigned in {english}; allow it in its definition",
        )
    elif level == "course" and not role.allowed:
        yield bad(
            name,
            f"{where} : ce Moodle ne permet pas à Passerelle de donner le rôle « {shortname} » ; "
            "choisissez-en un autre, ou autorisez celui-ci dans Passerelle → Réglages → Rôles",
            f"{where}: this Moodle does not let Passerelle give the role “{shortname}”; "
            "choose another, or allow it under Passerelle → Settings → Roles",
        )
    else:
        yield good(
            name,
            f"{where} : le rôle « {shortname} » peut être attribué",
            f"{where}: the role “{shortname}” can be assigned",
        )


def _cannot_edit(name: str, where: str, shortname: str, facts: SiteFacts) -> Iterator[Finding]:
    role = facts.role(shortname)
    editing = [one for one in EDITING if role is not None and one in role.capabilities]
    if editing:
        listed = ", ".join(editing)
        yield bad(
            name,
            f"{where} : le rôle « {shortname} » modifie les cours ({listed}) ; "
            "choisissez-en un qui ne fait que voir",
            f"{where}: the role “{shortname}” edits courses ({listed}); choose one that only views",
        )
