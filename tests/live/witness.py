"""What no service tells of a site: whom Moodle mailed a password, who holds which role over whom, who was
told, what lies in a private area. The twin is looked into; a real Moodle's tables are read by a command that the environment names.
"""

from __future__ import annotations

import shlex
import subprocess
from typing import Any, Protocol

from passerelle.moodle.site_api import Moodle


class Witness(Protocol):
    def must_change(self, usernames: list[str]) -> list[str]:
        """Those whom Moodle will make choose another password, sorted."""
        ...

    def ties(self, user_ids: list[int]) -> list[tuple[str, str, str]]:
        """(who, role, over whom), sorted: all roles over these users' contexts."""
        ...

    def told(self, user_ids: list[int]) -> dict[str, int]:
        """username → how many messages."""
        ...

    def kept(self, text: str) -> int:
        """How many of the site's messages hold this text."""
        ...

    def deposits(self, username: str) -> list[str]:
        """What lies in a person's private backup area: names of files, sorted."""
        ...


class TwinWitness:
    def __init__(self, site: Any) -> None:
        self._state = site.state

    def must_change(self, usernames: list[str]) -> list[str]:
        mailed = set(self._state.firstpasswordmails)
        users = self._state.users.values()
        return sorted(
            u.username for u in users if u.username in usernames and u.forcepasswordchange and u.id in mailed
        )

    def ties(self, user_ids: list[int]) -> list[tuple[str, str, str]]:
        state = self._state
        return sorted(
            (
                state.users[a.userid].username,
                state.roles[a.roleid].shortname,
                state.users[a.instance].username,
            )
            for a in state.assignments.values()
            if a.level == "user" and a.instance in user_ids
        )

    def told(self, user_ids: list[int]) -> dict[str, int]:
        found: dict[str, int] = {}
        for message in self._state.messages:
            if message.touser in user_ids:
                name = self._state.users[message.touser].username
                found[name] = found.get(name, 0) + 1
        return found

    def kept(self, text: str) -> int:
        return sum(text in repr(message) for message in self._state.messages)

    def deposits(self, username: str) -> list[str]:
        user = self._state.user_named(username)
        return sorted(file.filename for file in self._state.stash.get(user.id, []))


class TablesWitness:
    """`command` reads one query on its standard input and answers rows, their columns parted by tabs."""

    def __init__(self, command: str, prefix: str = "mdl_") -> None:
        self._command = shlex.split(command)
        self._prefix = prefix

    def _rows(self, query: str) -> list[list[str]]:
        named = query.replace("{", self._prefix).replace("}", "")
        answer = subprocess.run(self._command, input=named, text=True, capture_output=True, check=True)
        return [line.split("\t") for line in answer.stdout.splitlines() if line]

    def must_change(self, usernames: list[str]) -> list[str]:
        rows = self._rows(
            "SELECT u.username FROM {user_preferences} p JOIN {user} u ON u.id = p.userid"
            f" WHERE p.name = 'auth_forcepasswordchange' AND p.value = '1' AND u.username IN ({_texts(usernames)})"
        )
        return sorted(row[0] for row in rows)

    def ties(self, user_ids: list[int]) -> list[tuple[str, str, str]]:
        rows = self._rows(
            "SELECT u.username, r.shortname, o.username FROM {role_assignments} a"
            " JOIN {role} r ON r.id = a.roleid JOIN {user} u ON u.id = a.userid"
            " JOIN {context} c ON c.id = a.contextid AND c.contextlevel = 30"
            f" JOIN {{user}} o ON o.id = c.instanceid WHERE o.id IN ({_numbers(user_ids)})"
        )
        return sorted((row[0], row[1], row[2]) for row in rows)

    def told(self, user_ids: list[int]) -> dict[str, int]:
        rows = self._rows(
            "SELECT u.username, COUNT(*) FROM {notifications} n JOIN {user} u ON u.id = n.useridto"
            f" WHERE n.component = 'local_passerelle' AND u.id IN ({_numbers(user_ids)}) GROUP BY u.username"
        )
        return {row[0]: int(row[1]) for row in rows}

    def kept(self, text: str) -> int:
        # LIKE would read signs of a password as its own.
        held = f"POSITION({_texts([text])} IN"
        rows = self._rows(
            f"SELECT COUNT(*) FROM {{notifications}} WHERE {held} fullmessage) > 0"
            f" OR {held} fullmessagehtml) > 0 OR {held} smallmessage) > 0"
        )
        return int(rows[0][0])

    def deposits(self, username: str) -> list[str]:
        rows = self._rows(
            "SELECT f.filename FROM {files} f JOIN {context} c ON c.id = f.contextid AND c.contextlevel = 30"
            " JOIN {user} u ON u.id = c.instanceid WHERE f.component = 'user' AND f.filearea = 'backup'"
            f" AND f.filename <> '.' AND u.username IN ({_texts([username])})"
        )
        return sorted(row[0] for row in rows)


def _texts(values: list[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _numbers(values: list[int]) -> str:
    return ", ".join(str(int(value)) for value in values)


def ids(moodle: Moodle, usernames: list[str]) -> list[int]:
    return [user.id for users in moodle.find_users("username", usernames).values() for user in users]
