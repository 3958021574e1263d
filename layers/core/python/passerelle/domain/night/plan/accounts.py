"""People and cohorts: whose account is whose, and what the sources change of it (N25)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from passerelle.domain.night.plan.actual import COHORTS as COMPONENT
from passerelle.domain.night.plan.actual import Account, Actual
from passerelle.domain.night.plan.builder import fit_name
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.plan import Because, Operation, Phase, Stays, Still, Value, operation
from passerelle.domain.night.policy import NightRules
from passerelle.domain.offer.desired import Desired
from passerelle.domain.offer.model import CohortMember, Person

COHORTS, COHORT_MEMBERS = 1, 2  # waves; people come before, in wave 0


@dataclass(slots=True)
class Accounts:
    """`desired_name`: an account's login → the desired username of the person it belongs to, where they
    differ. `moodle_name`: the same the other way, once the users phase is done. `code`: login → idnumber.
    """

    operations: list[Operation] = field(default_factory=list)
    stays: list[Stays] = field(default_factory=list)
    present: set[str] = field(default_factory=set)  # desired usernames that have, or will have, an account
    desired_name: dict[str, str] = field(default_factory=dict)
    moodle_name: dict[str, str] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)  # logins of accounts that nobody can tell apart
    gone: dict[int, date] = field(default_factory=dict)
    put_to_sleep: set[int] = field(default_factory=set)

    def wanted_name(self, login: str) -> str:
        return self.desired_name.get(login, login)

    def login(self, username: str) -> str:
        """What Moodle calls the person once the users phase is done."""
        return self.moodle_name.get(username, username)


@dataclass(slots=True)
class _Known:
    by_code: Mapping[str, list[Account]]
    by_name: Mapping[str, Account]


def plan_accounts(
    desired: Desired, actual: Actual, memory: Memory, rules: NightRules, night: date
) -> Accounts:
    found = Accounts(code={row.username: row.idnumber for row in actual.users.values() if row.idnumber})
    by_code: defaultdict[str, list[Account]] = defaultdict(list)
    for row in actual.users.values():
        if row.idnumber:
            by_code[row.idnumber].append(row)
    known = _Known(by_code, {row.username: row for row in actual.users.values()})
    matched: set[int] = set()
    for person in (desired.users[code] for code in sorted(desired.users)):
        account = _account_of(person, known, desired, found)
        if account is None:
            continue
        if account == _NONE:
            _create(person, rules, found)
            continue
        if account.id in matched:  # two people of the sources, one account: neither is served
            found.stays.append(Stays("user", (person.username,), Still.NAME_TAKEN, (person.code,)))
            continue
        matched.add(account.id)
        found.present.add(person.username)
        _update(person, account, known, found)
        if account.suspended and account.id in memory.put_to_sleep:
            found.operations.append(_user("user_unsuspend", account, Because.CAME_BACK, (person,)))
    _leavers(desired, actual, memory, rules, night, matched, found)
    _keep_strangers_apart(actual, matched, found)
    return found


# There is no account, and one may be made.
_NONE = Account(0, "", "", "", "", "", "", False, 0)


def _keep_strangers_apart(actual: Actual, matched: set[int], found: Accounts) -> None:
    """An account of somebody else that holds the login of a person who has another account."""
    for account in actual.users.values():
        name = account.username
        if account.id not in matched and name in found.present:
            found.desired_name[name] = f"?{name}"  # no login begins like this
            found.moodle_name[f"?{name}"] = name


def _account_of(person: Person, known: _Known, desired: Desired, found: Accounts) -> Account | None:
    """By code, then by username. None: whose account it is is for people to say."""
    candidates = [row for each in (person.code, *person.other_codes) for row in known.by_code.get(each, ())]
    if len(candidates) > 1:
        same = [row for row in candidates if row.username == person.username]
        if len(same) == 1:
            return same[0]
        found.stays.append(Stays("user", (person.username,), Still.HELD_TWICE, (person.code,)))
        found.unclear |= {row.username for row in candidates} | {person.username}
        return None
    if candidates:
        return candidates[0]
    account = known.by_name.get(person.username)
    if account is None:
        return _NONE
    other = account.idnumber
    if other and (other in desired.users or other in desired.unknown.people):
        # The account is, by its code, another person's of the sources.
        found.stays.append(Stays("user", (person.username,), Still.NAME_TAKEN, (other,)))
        found.unclear.add(account.username)
        return None
    return account


def _create(person: Person, rules: NightRules, found: Accounts) -> None:
    columns: dict[str, Value] = {
        "username": person.username,
        "idnumber": person.code,
        "firstname": person.firstname,
        "lastname": person.lastname,
        "email": person.email,
        "auth": rules.new_account_auth,
    }
    found.operations.append(operation(Phase.USERS, "user_create", columns, rows=(person,)))
    found.present.add(person.username)


def _update(person: Person, account: Account, known: _Known, found: Accounts) -> None:
    columns: dict[str, Value] = {}
    if account.idnumber not in (person.code, *person.other_codes):
        columns["idnumber"] = person.code
    columns |= {
        name: value
        for name, value in (("firstname", person.firstname), ("lastname", person.lastname))
        if value and value != getattr(account, name)
    }
    if person.email and person.email != account.email:
        columns["email"] = person.email
    if account.username != person.username:
        if person.username in known.by_name:
            found.stays.append(Stays("user", (person.username,), Still.NAME_TAKEN, (account.username,)))
            found.moodle_name[person.username] = account.username
        else:
            columns["newusername"] = person.username
        found.desired_name[account.username] = person.username
    if columns:
        found.operations.append(_user("user_update", account, Because.CHANGED, (person,), columns))


def _user(
    op: str,
    account: Account,
    because: Because,
    rows: tuple[Person, ...] = (),
    more: Mapping[str, Value] | None = None,
) -> Operation:
    return operation(Phase.USERS, op, {"username": account.username, **(more or {})}, because, rows)


def _leavers(
    desired: Desired,
    actual: Actual,
    memory: Memory,
    rules: NightRules,
    night: date,
    matched: set[int],
    found: Accounts,
) -> None:
    """Only accounts the night made or adopted, and only where good rows say nothing of them."""
    found.put_to_sleep = {
        number
        for number in memory.put_to_sleep
        if number in actual.users and number not in matched and actual.users[number].suspended
    }
    if rules.leavers_after is None:
        return
    for number in sorted(actual.owned.get("user", {})):
        account = actual.users.get(number)
        if account is None or number in matched or account.username in found.unclear:
            continue
        if desired.unknown.has_user(account.username, account.idnumber):
            continue
        since = memory.gone.get(number, night)
        found.gone[number] = since
        if (night - since).days >= rules.leavers_after and not account.suspended:
            found.put_to_sleep.add(number)
            found.operations.append(_user("user_suspend", account, Because.NO_ROW))


# -- cohorts ------------------------------------------------------------------------------------------


def plan_cohorts(desired: Desired, actual: Actual, accounts: Accounts) -> tuple[list[Operation], list[Stays]]:
    """Cohorts are made, named and filled; one that left is emptied, never deleted."""
    stays: list[Stays] = []
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for row in actual.cohorts.values():
        holders[row.idnumber].append(row.id)
    operations: list[Operation] = []
    usable: set[str] = set()
    for idnumber in sorted(desired.cohorts):
        held = [actual.cohorts[number] for number in holders.get(idnumber, ())]
        if len(held) > 1 or (held and not held[0].ours):
            why = Still.HELD_TWICE if len(held) > 1 else Still.NOT_ADOPTED
            stays.append(Stays("cohort", (idnumber,), why))
            continue
        usable.add(idnumber)
        name = fit_name("cohort", desired.cohorts[idnumber].name)
        if not held or held[0].name != name:
            op, because = ("cohort_update", Because.CHANGED) if held else ("cohort_create", Because.WANTED)
            columns: dict[str, Value] = {"idnumber": idnumber, "name": name}
            operations.append(operation(Phase.USERS, op, columns, because, wave=COHORTS))
    alone = {idnumber for idnumber, held in holders.items() if len(held) == 1}
    return [*operations, *_cohort_members(desired, actual, accounts, usable, alone)], stays


def _cohort_members(
    desired: Desired, actual: Actual, accounts: Accounts, usable: set[str], alone: set[str]
) -> Iterator[Operation]:
    there: set[tuple[str, str]] = set()
    for cohort, login, component in actual.cohort_members:
        name = accounts.wanted_name(login)
        there.add((cohort, name))
        if component != COMPONENT or cohort not in alone or (cohort, name) in desired.cohort_members:
            continue
        code = accounts.code.get(login, "")
        if login not in accounts.unclear and not desired.unknown.has_cohort_member(cohort, name, code):
            yield _cohort_member("cohort_remove", cohort, accounts.login(name), Because.NO_ROW)
    for (cohort, name), row in desired.cohort_members.items():
        if (cohort, name) not in there and cohort in usable and name in accounts.present:
            yield _cohort_member("cohort_add", cohort, accounts.login(name), Because.WANTED, (row,))


def _cohort_member(
    op: str, cohort: str, login: str, because: Because, rows: tuple[CohortMember, ...] = ()
) -> Operation:
    columns = {"cohort": cohort, "username": login}
    return operation(Phase.USERS, op, columns, because, rows, wave=COHORT_MEMBERS)
