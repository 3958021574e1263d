"""Who gets which role over whom: the buyer and the people of an order, both ways as configured (S6).

Over an account that the order did not make there is a role of its own, and none over whoever administers the
Moodle or belongs to another operator, unless the shop is set so. A Moodle without the plugin does not say who
administers it: then nobody is risked.
"""

from __future__ import annotations

from passerelle.domain.orders.accounts import Account
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.shop import Attachment


def role_over_person(
    rules: Attachment, buyer: Account, person: Account, page: LedgerPage, *, privileges_known: bool
) -> str:
    """Short name of the role that the buyer gets over `person`, whose page of the ledger this is; or ""."""
    only_operator = set(page.operators) <= {buyer.user_id}
    if not person.existed or (not page.existed and only_operator):
        return rules.over_new
    if not _may_be_risked(rules, person, privileges_known=privileges_known):
        return ""
    if not only_operator and not rules.even_of_others:
        return ""
    return rules.over_existing


def role_over_buyer(rules: Attachment, buyer: Account, *, privileges_known: bool) -> str:
    """Short name of the role that everybody of the order gets over the buyer; or ""."""
    if not buyer.existed:
        return rules.back_over_new
    may = _may_be_risked(rules, buyer, privileges_known=privileges_known)
    return rules.back_over_existing if may else ""


def _may_be_risked(rules: Attachment, account: Account, *, privileges_known: bool) -> bool:
    return rules.even_privileged or (privileges_known and not account.privileged)
