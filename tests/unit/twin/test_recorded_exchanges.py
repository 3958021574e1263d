"""Every exchange recorded on a real Moodle 4.5, replayed in order against a fresh twin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests

from passerelle_laptop.twin import Twin
from passerelle_laptop.twin.parameters import core_functions
from passerelle_laptop.twin.records import Role

RECORDED = json.loads((Path(__file__).parents[2] / "moodle" / "exchanges-4.5.json").read_text("utf-8"))[
    "exchanges"
]
DESCRIBED = json.loads((Path(__file__).parents[2] / "moodle" / "functions-4.5.json").read_text("utf-8"))[
    "functions"
]

# What differs from one site and one day to the next: only its type is compared.
VOLATILE = {
    "siteurl",
    "userpictureurl",
    "courseimage",
    "url",
    "modicon",
    "profileimageurl",
    "profileimageurlsmall",
    "userprivateaccesskey",
    "timecreated",
    "timemodified",
    "startdate",
    "enddate",
    "cacherev",
    "sortorder",
    "contextid",
    "itemid",
    "version",
    "usermaxuploadfilesize",
}
CUT_AT = 12  # rows kept of a long answer


def flat(value: object, name: str = "") -> dict[str, str]:
    """As PHP wants it: `users[0][username]`."""
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    else:
        return {name: "" if value is None else str(int(value) if isinstance(value, bool) else value)}
    form: dict[str, str] = {}
    for key, inner in pairs:
        form |= flat(inner, f"{name}[{key}]" if name else str(key))
    return form


def differences(recorded: object, answered: object, where: str = "answer") -> list[str]:
    if type(recorded) is not type(answered):
        return [f"{where}: {type(answered).__name__} for {type(recorded).__name__}"]
    if isinstance(recorded, dict):
        return _of_objects(recorded, answered, where)
    if isinstance(recorded, list):
        return _of_lists(recorded, answered, where)
    return [] if recorded == answered else [f"{where}: {answered!r} for {recorded!r}"]


def _of_objects(recorded: dict, answered: dict, where: str) -> list[str]:
    found = [f"{where}.{key}: here or there only" for key in sorted(recorded.keys() ^ answered.keys())]
    for key in recorded.keys() & answered.keys():
        one, other = recorded[key], answered[key]
        if key not in VOLATILE or isinstance(one, (dict, list)):
            found += differences(one, other, f"{where}.{key}")
        elif type(one) is not type(other):
            found.append(f"{where}.{key}: another type")
    return found


def _of_lists(recorded: list, answered: list, where: str) -> list[str]:
    if where.endswith(".functions"):  # the service's functions: cut to three when recorded
        return [] if recorded[0].keys() == answered[0].keys() else [where]
    found = []
    if len(recorded) < CUT_AT and len(recorded) != len(answered):
        found.append(f"{where}: {len(answered)} rows for {len(recorded)}")
    for place, (one, other) in enumerate(zip(recorded, answered, strict=False)):
        found += differences(one, other, f"{where}[{place}]")
    return found


@pytest.fixture(scope="module")
def replayed():
    """Case number → (what was answered over HTTP, its status)."""
    answers = []
    with Twin.start({"hub": "Hub"}, jobs="by hand") as twin:
        hub = twin.site("hub")
        hub.settings.languages = frozenset({"en"})
        hub.state.roles[10] = Role(10, "parent", "Parent", "", ("user",))
        tokens = {"admin": hub.token, "weak": hub.weak_token, "bad": "0" * 32}
        session = requests.Session()
        session.trust_env = False
        for exchange in RECORDED:
            form = {
                "wstoken": tokens[exchange["caller"]],
                "wsfunction": exchange["function"],
                "moodlewsrestformat": "json",
                **flat(exchange["request"]),
            }
            answer = session.post(f"{hub.base_url}/webservice/rest/server.php", data=form, timeout=10)
            answers.append((answer.json(), answer.status_code))
    return answers


@pytest.mark.parametrize(
    "number", range(len(RECORDED)), ids=[f"{n:03d} {row['case']}" for n, row in enumerate(RECORDED)]
)
def test_the_twin_answers_as_the_real_moodle_did(replayed, number):
    answered, status = replayed[number]
    recorded = RECORDED[number]
    assert status == recorded["http_status"]
    assert differences(recorded["response"], answered) == []


def test_every_recorded_exchange_is_replayed(replayed):
    assert len(replayed) == len(RECORDED) == 101


def test_the_twin_knows_each_recorded_function_by_the_same_description():
    ours = core_functions()
    assert ours.keys() == DESCRIBED.keys()
    for name, described in DESCRIBED.items():
        assert ours[name]["parameters"] == described["parameters"], name
