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

    def do_core_user_update_users(self, _function, params):
        known = {str(number) for number in self.users.values()}
        bad = [row["id"] for row in params["users"] if row["id"] not in known]
        return {
            "warnings": [
                {"item": "user", "itemid": int(one), "warningcode": "invaliduserid", "message": "x"}
                for one in bad
            ]
        }

    def do_core_cohort_add_cohort_members(self, _function, params):
        bad = [
            row["usertype"]["value"]
            for row in params["members"]
            if row["usertype"]["value"] not in self.users
        ]
        return {
            "warnings": [{"warningcode": "2", "message": f"user username={one} not exists"} for one in bad]
        }

    def do_enrol_manual_enrol_users(self, function, params):
        known = {str(number) for number in self.users.values()}
        if any(row["userid"] not in known for row in params["enrolments"]):
            raise MoodleRefused("fake", function, "invaliduser")
