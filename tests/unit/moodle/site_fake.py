"""A Moodle that remembers users and courses, takes batches whole or not at all, and can lose answers."""

from passerelle.errors import LookFirst, MoodleAway, MoodleRefused
from passerelle.moodle.protocol import Repeat, encode
from tests.unit.moodle.php_form import parse


class FakeMoodle:
    """`ask` it like a Client. `user in fake` by username; `calls` holds each call's function and rows.

    `cut_before` and `cut_after` are counts down to the call whose answer is lost, with or without its
    effect. `refuse` are usernames that are never accepted.
    """

    def __init__(self, *existing, refuse=(), max_input_vars=1000):
        self.courses = 100  # ids up to there exist
        self.names_rows = True  # of warnings
        self.users = {name: place + 100 for place, name in enumerate(existing)}
        self.refuse = set(refuse)
        self.calls = []
        self.made = []
        self.max_input_vars = max_input_vars
        self.cut_before = set()
        self.cut_after = set()

    def __contains__(self, username):
        return username in self.users

    def ask(self, call):
        number = len(self.calls) + 1
        params, dropped = parse(encode(call, "token"), self.max_input_vars)
        assert dropped == 0, "PHP would have dropped variables in silence"
        self.calls.append((call.function, params))
        if number in self.cut_before:
            raise self._lost(call)
        answer = getattr(self, "do_" + call.function)(call.function, params)
        if number in self.cut_after:
            raise self._lost(call)
        return call.read(answer)

    def _lost(self, call):
        return (LookFirst if call.repeat is Repeat.UNSAFE else MoodleAway)("fake", "network")

    def count(self, function):
        return sum(name == function for name, _ in self.calls)

    def do_core_user_get_users_by_field(self, _function, params):
        found = [name for name in params["values"] if name in self.users]
        return [{"id": self.users[name], "username": name} for name in found]

    def do_core_user_create_users(self, function, params):
        names = [row["username"] for row in params["users"]]
        if len(set(names)) < len(names) or any(name in self.users or name in self.refuse for name in names):
            raise MoodleRefused("fake", function, "invalidparameter")
        for name in names:
            self.users[name] = len(self.users) + 1000
            self.made.append(name)
        return [{"id": self.users[name], "username": name} for name in names]

    def do_core_course_update_courses(self, _function, params):
        """Warnings name their course; a course of another's, as Moodle says it, only in prose."""
        bad = [int(row["id"]) for row in params["courses"] if int(row["id"]) > self.courses]
        return {
            "warnings": [
                {"warningcode": "unknowncourseid", "message": f"course {one}"}
                | ({"item": "course", "itemid": one} if self.names_rows else {})
                for one in bad
            ]
        }

    def do_enrol_manual_enrol_users(self, function, params):
        known = {str(number) for number in self.users.values()}
        if any(row["userid"] not in known for row in params["enrolments"]):
            raise MoodleRefused("fake", function, "invaliduser")
