"""What is not said is nothing: no default of the domain says anything, but for those written out here."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass

import pytest

import passerelle.domain
from passerelle.store.documents import STEPS

# Class by class, as configuration, Moodle or the first moment of a record has it.
SAID: dict[str, object] = {
    "backups.manifest.PersonalTrace.means": "place",
    "backups.upload.Upload.state": "uploading",
    "backups.upload.Upload.people": "unknown",
    "console.Operator.lang": "fr",
    "measures.Measure.unit": "Count",
    "moodle.core.User.confirmed": True,
    "moodle.core.NewUser.auth": "manual",
    "moodle.core.NewUser.createpassword": True,
    "moodle.core.Category.visible": True,
    "moodle.core.Course.visible": True,
    "moodle.core.Module.visible": True,
    "moodle.core.CourseSection.visible": True,
    "moodle.core.Cohort.visible": True,
    "moodle.plugin.SiteRole.allowed": True,
    "moodle.plugin.NotificationVerdict.ok": True,
    "network.Drop.publish": True,
    "network.Site.language": "fr",
    "network.Site.owner_role": "editingteacher",
    "network.Site.max_concurrency": 4,
    "network.Site.calls_per_second": 20.0,
    "network.Site.plugins": True,
    "network.Site.media_threshold": "50 MB",
    "network.Site.parallel_restores": 3,
    "network.Site.parallel_backups": 2,
    "network.Hub.author_role": "teacher",
    "network.Hub.viewer_role": "teacher",
    "network.Hub.older_versions": "hidden",
    "network.Hub.unknown_author": "warn",
    "network.Hub.new_account_auth": "manual",
    "network.Limits.archive": "20 GB",
    "network.Limits.backups_kept": 3,
    "network.Network.identity": "username",
    "night.plan.plan.Operation.because": "wanted",
    "night.plan.run.Run.state": "planning",
    "night.policy.Limit.at_least": 1,
    "night.policy.Ldap.filter": "(|(supannEtuId=*)(supannEmpId=*))",
    "night.policy.Ldap.start_tls": True,
    "night.policy.Ldap.page_size": 500,
    "night.policy.Ldap.login": "uid",
    "night.policy.NightRules.timezone": "Europe/Paris",
    "night.policy.NightRules.encoding": "utf-8",
    "night.policy.NightRules.removal_grace": 14,
    "night.policy.NightRules.new_account_auth": "manual",
    "night.policy.NightRules.oldest_extracts": 24,
    "night.why.in_moodle.Nights.grace": 14,
    "offer.naming.Naming.category_idnumber": "{code}",
    "offer.naming.Naming.category_name": "{title}",
    "offer.naming.Naming.course_idnumber": "{code}",
    "offer.naming.Naming.course_shortname": "{code}",
    "offer.naming.Naming.course_fullname": "({code}) {title}",
    "offer.naming.Naming.foad_idnumber": "FOAD-{code}",
    "offer.naming.Naming.foad_shortname": "FOAD - {code}",
    "offer.naming.Naming.foad_fullname": "FOAD - ({code}) {title}",
    "offer.naming.Naming.foad_description": "FOAD",
    "offer.naming.Naming.group_idnumber": "{code}",
    "offer.naming.Naming.group_name": "{label}",
    "offer.naming.Naming.group_name_doubled": "{label} ({code})",
    "offer.naming.Naming.cohort_idnumber": "{code}",
    "offer.naming.Naming.cohort_name": "{title}",
    "orders.accounts.Account.existed": True,
    "orders.ledger.CourseAccess.door": "shop",
    "orders.ledger.Tie.ours": True,
    "orders.ledger.LedgerPage.existed": True,
    "orders.facts.Participant.kind": "learner",
    "orders.facts.Line.quantity": 1,
    "orders.facts.Refund.state": "done",
    "orders.facts.Dispute.state": "open",
    "orders.order.Sale.currency": "EUR",
    "orders.order.Sale.discounts": "take",
    "orders.order.Seat.state": "open",
    "orders.facts.Facts.sale": True,
    "orders.order.Order.refunds_known": True,
    "orders.order.Order.state": "received",
    "orders.delivery.Delivery.state": "pending",
    "orders.shop.Product.currency": "EUR",
    "orders.shop.Product.discounts": "take",
    "orders.shop.DeclaredIn.learners": "learners",
    "orders.shop.DeclaredIn.tutors": "tutors",
    "orders.shop.DeclaredIn.lines": "lines",
    "orders.shop.Shop.language": "fr",
    "orders.shop.Shop.learner_role": "student",
    "orders.shop.Shop.tutor_role": "teacher",
    "orders.shop.Shop.owner_role": "editingteacher",
    "orders.shop.Shop.category_role": "manager",
    "orders.shop.Shop.new_account_auth": "manual",
    "orders.shop.Shop.seats_days": 60,
    "orders.shop.Shop.remind_days": 7,
    "orders.shop.Shop.swaps_per_seat": 1,
    "orders.shop.Shop.free_tutors_per_seat": 1,
    "orders.shop.Shop.overdue_days": 30,
    "orders.shop.Shop.test_orders": "park",
    "people.Who.identity": "username",
    "people._Others.identity": "username",
    "people_in_papers.Leftover.at": ("", ""),
    "publishing.publication.Publication.state": "requested",
    "publishing.publication.Retrieval.state": "requested",
    "records.Person.lang": "fr",
    "retention.Retention.orders": 1095,
    "retention.Retention.parked": 365,
    "retention.Retention.publications": 1095,
    "retention.Retention.retrievals": 1095,
    "retention.Retention.uploads": 400,
    "rollover.plan.Plan.parallel": 1,
    "rollover.report.Finding.times": 1,
    "rollover.rollover.Wish.destination": "replace",
    "rollover.rollover.Rollover.state": "requested",
    "rollover.survey.StaleLink.times": 1,
    "site_commands.Target.mode": "new",
    "site_commands.AskRollover.destination": "replace",
    "site_commands.AskRollover.format": "json",
    "site_commands.AskRollover.wanted": True,
    "site_commands.SearchCatalogue.limit": 20,
}


def classes() -> Iterator[tuple[str, type]]:
    """`room.module` and each data class of the domain in it."""
    for found in pkgutil.walk_packages(passerelle.domain.__path__, "passerelle.domain."):
        for value in vars(importlib.import_module(found.name)).values():
            if isinstance(value, type) and is_dataclass(value) and value.__module__ == found.name:
                yield found.name.removeprefix("passerelle.domain."), value


def defaults() -> Iterator[tuple[str, object]]:
    """`room.module.Class.field` and its default."""
    for place, kind in classes():
        for parameter in inspect.signature(kind).parameters.values():
            made = "factory" in repr(parameter.default)
            if parameter.default is not parameter.empty and not made:
                yield f"{place}.{kind.__name__}.{parameter.name}", parameter.default


@pytest.mark.rule("N24", "R7", "S13", "S18", "P13")
def test_what_is_not_said_is_nothing_but_for_what_is_written_out() -> None:
    assert {place: value for place, value in defaults() if value} == SAID


def test_a_papers_format_counts_on_only_with_a_step_that_reads_the_one_before() -> None:
    formats = {kind.__name__: kind.FORMAT for _, kind in classes() if hasattr(kind, "FORMAT")}
    assert len(formats) == 4
    assert set(STEPS) == {(kind, older) for kind, last in formats.items() for older in range(1, last)}
