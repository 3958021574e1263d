"""Whether each product can be delivered, asked before any sale (S15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from passerelle.domain.moodle.core import Course
from passerelle.domain.moodle.plugin import SiteFacts
from passerelle.domain.orders.delivery import Hearing
from passerelle.domain.orders.products import (
    CourseName,
    Handler,
    Parameters,
    ParametersRefused,
    read_parameters,
)
from passerelle.domain.orders.shop import Product, Shop
from passerelle.errors import GiveUp, MoodleRefused
from passerelle.ports import Roster, World

SEPARATE_GROUPS = 1
SILENCE = timedelta(days=7)  # how long a webhook that was silent is spoken of
# What a role over existing accounts must not allow (S6).
TAKES_OVER = ("moodle/user:update", "moodle/user:loginas", "moodle/user:editprofile")


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` of words.sentences; `serious`: it cannot be delivered as it is."""

    code: str
    serious: bool = True
    details: Mapping[str, str] = field(default_factory=dict)


def check(world: World, shop: Shop) -> Iterator[tuple[str, list[Finding]]]:
    """Each product with what was found, worst first. Raises TryAgain where the Moodle is away."""
    roster = world.sites.roster(shop.site)
    site = world.network.sites[shop.site]
    facts = roster.get_site() if site.plugins else None
    inspector = _Inspector(world, shop, roster, facts)
    shared = [*inspector.attachment(), *inspector.account()]
    for reference, product in sorted(shop.products.items()):
        found = [*inspector.product(product), *shared]
        yield reference, sorted(found, key=lambda finding: not finding.serious)


def check_webhook(world: World, name: str) -> list[Finding]:
    """How the shop sees its webhook to us, and whether it was silent (S17). Raises TryAgain."""
    try:
        seen = world.shops.webhook(name)
    except GiveUp as refused:
        status = str(refused.details.get("status", refused.code))
        return [Finding("webhook_not_seen", serious=False, details={"status": status})]
    found = []
    if seen is not None and seen.state != "on":
        found.append(Finding(f"webhook_{seen.state}", details={"shop": name}))
    elif seen is not None and seen.missing:
        details = {"shop": name, "topics": ", ".join(seen.missing)}
        found.append(Finding("webhook_lacks", serious=False, details=details))
    heard = world.records.get(Hearing, name)
    if heard is not None and heard.missed_at and world.clock.now() - heard.missed_at < SILENCE:
        details = {"count": str(heard.missed), "at": f"{heard.missed_at:%Y-%m-%d %H:%M} UTC"}
        found.append(Finding("webhook_silent", serious=False, details=details))
    return found


@dataclass
class _Inspector:
    world: World
    shop: Shop
    roster: Roster
    facts: SiteFacts | None

    def product(self, product: Product) -> list[Finding]:
        try:
            parameters = read_parameters(product.handler, product.parameters)
        except ParametersRefused as bad:
            return [Finding(bad.code, details={k: str(v) for k, v in bad.details.items()})]
        found = self._courses(parameters)
        found += self._roles(parameters)
        found += self._places(parameters)
        return found

    def attachment(self) -> list[Finding]:
        """Roles over user contexts; none over existing accounts that could take them over."""
        rules = self.shop.attachment
        found = []
        for name in (rules.over_new, rules.over_existing, rules.back_over_new, rules.back_over_existing):
            if name:
                found += self._role(name, "user")
        for name in (rules.over_existing, rules.back_over_existing):
            role = self.facts.role(name) if self.facts and name else None
            if role is not None and set(role.capabilities) & set(TAKES_OVER):
                found.append(Finding("role_takes_over", details={"role": name}))
        return list({(f.code, *f.details.values()): f for f in found}.values())

    def account(self) -> list[Finding]:
        """Without the plugin people are looked for by Moodle's own search, which may be blind (S4)."""
        if self.facts is not None or self.roster.finds_by_email():
            return []
        return [Finding("finds_nobody_by_email", details={"site": self.shop.site})]

    # -- courses -------------------------------------------------------------------------------------------

    def _courses(self, parameters: Parameters) -> list[Finding]:
        names = [CourseName(shortname=one) for one in parameters.names("courselist")]
        if parameters.course != CourseName():
            names.append(parameters.course)
        found = []
        for name in names:
            found += self._course(
                name, sold=True, grouped=parameters.handler in (Handler.SESSION, Handler.SEATS)
            )
        for what in ("customersupport", "template"):
            if parameters.text(what):
                found += self._course(CourseName(shortname=parameters.text(what)), sold=False, grouped=False)
        return found

    def _course(self, name: CourseName, *, sold: bool, grouped: bool) -> list[Finding]:
        course = self._find(name)
        if course is None:
            return [Finding("course_absent", details={"course": str(name), "site": self.shop.site})]
        found = []
        details = {"course": str(name)}
        now = self.world.clock.now()
        if sold and course.enddate is not None and course.enddate <= now:
            found.append(Finding("course_ended", details=details))
        if self.facts is not None and not course.idnumber:
            found.append(Finding("course_without_idnumber", serious=False, details=details))
        if self.facts is not None and "enrol_passerelle" not in self.facts.plugins:
            found.append(Finding("no_enrolment_method", details=details))
        if self.facts is None and course.enrollmentmethods and "manual" not in course.enrollmentmethods:
            found.append(Finding("no_enrolment_method", details=details))
        if not course.visible:
            found.append(Finding("course_hidden", serious=False, details=details))
        if grouped and course.groupmode != SEPARATE_GROUPS:
            found.append(Finding("groups_not_separate", serious=False, details=details))
        return found

    def _find(self, name: CourseName) -> Course | None:
        if name.shortname:
            return self.roster.course_by_shortname(name.shortname)
        if name.idnumber:
            return self.roster.course_by_idnumber(name.idnumber)
        return self.roster.course(name.id)

    # -- roles and places ------------------------------------------------------------------------------------

    def _roles(self, parameters: Parameters) -> list[Finding]:
        found: list[Finding] = []
        match parameters.handler:
            case Handler.SESSION | Handler.SEATS:
                names = {self.shop.learner_role, parameters.text("supervisor") or self.shop.tutor_role}
                names |= set(parameters.names("requiredroles"))
                for name in sorted(names):
                    found += self._role(name, "course")
            case Handler.ENROL | Handler.ENROL_AGAIN:
                found += self._role(parameters.text("role") or self.shop.learner_role, "course")
            case Handler.ROLE:
                found += self._role(parameters.text("role"), parameters.text("contextlevel"))
            case Handler.COURSE:
                found += self._role(self.shop.owner_role, "course")
            case Handler.CATEGORY:
                found += self._role(self.shop.category_role, "coursecat")
            case _:
                pass
        return found

    def _role(self, name: str, level: str) -> list[Finding]:
        if self.facts is None:
            known = name in self.world.network.sites[self.shop.site].role_ids
            return [] if known else [Finding("role_unknown", details={"role": name, "site": self.shop.site})]
        role = self.facts.role(name)
        if role is None:
            return [Finding("role_unknown", details={"role": name, "site": self.shop.site})]
        if level not in role.contextlevels:
            return [Finding("role_not_there", details={"role": name, "level": level})]
        if level == "course" and not role.allowed:
            return [Finding("role_not_allowed", details={"role": name, "site": self.shop.site})]
        return []

    def _places(self, parameters: Parameters) -> list[Finding]:
        for name in ("coursecategory", "parentcategory"):
            category = parameters.text(name)
            if not category:
                continue
            try:
                known = self.roster.category_by_idnumber(category)
            except MoodleRefused:
                known = None
            if known is None:
                return [Finding("category_not_seen", details={"category": category, "site": self.shop.site})]
        return []
