"""What each status and each code of a Moodle means: ask again, look first, repair, refused (S12, N19)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import pytest

from passerelle.errors import (
    FixAccess,
    InstallFunction,
    LookFirst,
    MoodleAway,
    MoodleRefused,
    SpeaksOtherwise,
)
from passerelle.moodle.decode import Mismatch, shaped
from passerelle.moodle.protocol import (
    LOOK_AT,
    Answer,
    Call,
    Params,
    Repeat,
    Warned,
    count_variables,
    read_answer,
    reads,
    reads_key,
    reads_nothing,
    reads_rows,
    reads_warnings,
    row_params,
    variables,
)

pytestmark = pytest.mark.rule("S12", "N19")


def asked(body: object, status: int = 200, repeat: Repeat = Repeat.READ, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        return read_answer("bleu", Call("f", {}, reads_nothing, repeat), Answer(status, named, raw))
    except (MoodleAway, MoodleRefused, SpeaksOtherwise) as error:
        return error


def told(error: Any) -> tuple[str, str, bool | None]:
    """Its class, its reason or code, and whether the call may have been done."""
    if isinstance(error, MoodleAway):
        return type(error).__name__, error.reason, error.sent
    return type(error).__name__, error.errorcode, None


# Status; what a call is told that may be repeated, and one that may not.
STATUSES = {
    300: ("MoodleAway", "redirect", False), 301: ("FixAccess", "http301", None),
    302: ("MoodleAway", "redirect", False), 307: ("MoodleAway", "redirect", False),
    308: ("FixAccess", "http308", None), 399: ("MoodleAway", "redirect", False),
    400: ("MoodleRefused", "http400", None), 401: ("FixAccess", "http401", None),
    402: ("MoodleRefused", "http402", None), 403: ("FixAccess", "http403", None),
    404: ("FixAccess", "http404", None), 405: ("FixAccess", "http405", None),
    406: ("MoodleRefused", "http406", None), 407: ("MoodleRefused", "http407", None),
    408: ("lost", "http", True), 409: ("MoodleRefused", "http409", None),
    413: ("MoodleRefused", "http413", None), 429: ("MoodleAway", "busy", False),
    499: ("MoodleRefused", "http499", None), 500: ("lost", "http", True),
    503: ("lost", "http", True), 599: ("lost", "http", True),
}  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("repeat", Repeat)
def test_each_status_says_whether_to_ask_again_to_look_first_or_to_repair(
    status: int, repeat: Repeat
) -> None:
    kind, reason, sent = STATUSES[status]
    if kind == "lost":
        kind = "LookFirst" if repeat is Repeat.UNSAFE else "MoodleAway"
    assert told(asked(b"", status, repeat)) == (kind, reason, sent)


def test_below_300_the_body_is_the_answer() -> None:
    assert asked(None, 299) is None
    assert asked(None, 200) is None


# Written a second time: codes that speak of the caller or of the site, not of what was asked.
ACCESS = (
    "invalidtoken accessexception invalidtimedtoken forbiddenwsuser wsaccessuserdeleted wsaccessusersuspended "
    "wsaccessusernologin wsaccessuserunconfirmed wsaccessuserexpired passwordisexpired servicenotavailable "
    "restrictedcontextexception sitepolicynotagreed"
)
AWAY = {"sitemaintenance": "maintenance", "upgraderunning": "maintenance", "dbconnectionfailed": "maintenance",
        "ratelimit": "busy"}  # fmt: skip


@pytest.mark.parametrize("repeat", Repeat)
def test_each_code_says_whether_to_wait_to_repair_or_that_it_is_refused(repeat: Repeat) -> None:
    def said(code: object, message: str = "") -> tuple[str, str, bool | None]:
        return told(asked({"exception": "x", "errorcode": code, "message": message}, repeat=repeat))

    for code in ACCESS.split():
        assert said(code) == ("FixAccess", code, None)
    for code, reason in AWAY.items():
        assert said(code) == ("MoodleAway", reason, False)
    for code in ("invalidparameter", "a" * 64, "Core/x:y_0.1-2"):
        assert said(code) == ("MoodleRefused", code, None)
    for code in ("a" * 65, "a b", "é", "a@b"):
        assert said(code) == ("MoodleRefused", "unreadable", None)
    for code in ("", None, 7, ["x"]):
        assert said(code) == ("MoodleRefused", "phperror", None)
    lacks = "Can't find data record in database table external_functions."
    assert said("invalidrecord", lacks) == ("InstallFunction", "invalidrecord", None)
    assert said("invalidrecord", "table course") == ("MoodleRefused", "invalidrecord", None)
    assert said("other", lacks) == ("MoodleRefused", "other", None)
    assert issubclass(InstallFunction, MoodleRefused)
    assert issubclass(FixAccess, MoodleRefused)
    assert issubclass(LookFirst, MoodleAway)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0), (" 7 ", 7), ("86400", 86_400), ("86401", 86_400), ("9" * 30, 86_400),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 21 Oct 2015 07:28:00 -0000", 0),
        ("", None), ("soon", None), ("-1", None), ("٣", None),
    ],
)  # fmt: skip
def test_how_long_a_site_asks_to_be_left_alone(text: str, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    for status in (429, 503, 408):
        assert asked(b"", status, retry_after=text).retry_after == expected
    assert asked(b"", 503).retry_after is None


def test_a_date_to_come_is_waited_for() -> None:
    later = datetime.now(UTC) + timedelta(hours=2)
    wait = asked(b"", 503, retry_after=f"{later:%a, %d %b %Y %H:%M:%S} GMT").retry_after
    assert timedelta(minutes=119) < wait <= timedelta(hours=2)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b" " * 4 + b"<HTML>", "html"),
        (b"<!DocType x>", "html"),
        (b"<p>MAINTENANCE", "maintenance"),
        (b"<html>Maintenance", "maintenance"),
        (b"x" * (LOOK_AT - 11) + b"maintenance", "maintenance"),
        (b"x" * (LOOK_AT - 10) + b"maintenance", "garbled"),
        (b"x" * (LOOK_AT - 5) + b"<html", "html"),
        (b"x" * (LOOK_AT - 4) + b"<html", "garbled"),
        (b"null x", "garbled"),
        (b"x null", "garbled"),
        (b"", "garbled"),
    ],
)
def test_a_page_in_the_place_of_an_answer_is_known_by_its_beginning(body: bytes, reason: str) -> None:
    assert told(asked(body)) == ("MoodleAway", reason, True)
    assert told(asked(body, repeat=Repeat.SAME)) == ("MoodleAway", reason, True)
    assert told(asked(body, repeat=Repeat.UNSAFE)) == ("LookFirst", reason, True)


def test_a_page_of_maintenance_with_a_servers_error_is_maintenance() -> None:
    assert told(asked(b"<p>Maintenance", 503)) == ("MoodleAway", "maintenance", True)


NOTICES = [
    "<br />\n<b>Notice</b>: x in <b>/a.php</b> on line <b>3</b><br />\n",
    "PHP Warning: x in /a.php on line 4\n",
    "Strict Standards: x on line 12 \n",
    "Notice: x on line 1\nDeprecated: y on line 2\n",
]


@pytest.mark.parametrize("notice", NOTICES)
def test_whole_notices_of_php_around_an_answer_are_no_part_of_it(notice: str) -> None:
    for text in (f"{notice}null", f"null\n{notice}", f"{notice} null {notice}"):
        assert asked(text.encode()) is None
    for text in (f"{notice}[1,", f"{notice}x", f"null{notice[:-8]}"):
        assert told(asked(text.encode())) == ("MoodleAway", "garbled", True)


@pytest.mark.parametrize(
    ("said", "nothing"), [(None, True), ([], True), ("", True), (0, False), ({"a": 1}, False)]
)
def test_a_function_that_returns_nothing_answers_nothing(said: object, nothing: bool) -> None:
    answer = asked(said)
    assert answer is None if nothing else answer.where == "answer"


# -- shapes -----------------------------------------------------------------------------------------------------


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    n: int
    s: str = "-"


@dataclass(frozen=True)
class Outer:
    inner: Inner | None = None
    rows: tuple[Inner, ...] = ()
    by_name: dict[str, int] = field(default_factory=dict)
    at: datetime | None = None
    on: bool = False


AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "value", "read"),
    [
        (bool, True, True), (bool, 1, True), (bool, "1", True), (bool, "true", True),
        (bool, False, False), (bool, 0, False), (bool, "0", False), (bool, "", False), (bool, "false", False),
        (str, True, "1"), (str, False, "0"), (str, 7, "7"), (int, "7", 7), (float, "0.5", 0.5),
        (Colour, "red", Colour.RED), (datetime, "1767225600", AT), (datetime, 1767225600, AT),
        (Any, {"x": [1]}, {"x": [1]}),
        (tuple[int, ...], None, ()), (tuple[int, ...], {"3": "1", "9": 2}, (1, 2)), (dict[str, int], None, {}),
        (dict[str, int], [], {}), (dict[str, int], {1: "2"}, {"1": 2}),
        (int | None, None, None), (int | None, 0, 0),
        (datetime | None, 0, None), (datetime | None, "0", None), (datetime | None, "", None), (Inner | None, [], None),
        (Outer, [], Outer()), (Outer, {"inner": [], "rows": None, "at": 0, "on": "1"}, Outer(on=True)),
        (Outer, {"rows": [{"n": 1}], "by_name": {"a": "1"}}, Outer(rows=(Inner(1),), by_name={"a": 1})),
    ],
)  # fmt: skip
def test_what_php_blurs_is_read_as_what_was_meant(wanted: Any, value: object, read: object) -> None:
    assert shaped(wanted, value) == read
    assert type(shaped(wanted, value)) is type(read)


@pytest.mark.parametrize(
    ("wanted", "value", "where"),
    [
        (bool, "yes", ""), (bool, 2, ""), (int, "x", ""), (int, None, ""), (int, [1], ""), (str, {}, ""),
        (datetime, 10**20, ""), (datetime, "x", ""), (Colour, "blue", ""), (tuple[int, ...], "1", ""),
        (bytes, "x", ""), (dict[str, int], "x", ""), (Inner, "x", ""),
        (tuple[int, ...], [1, "x"], "[1]"), (dict[str, int], {"zoe@x": "x"}, ".*"), (Inner, {"s": "x"}, ".n"),
        (Inner, {"n": None}, ".n"), (Inner, {"n": 1, "s": []}, ".s"),
        (Outer, {"rows": [{"n": 1}, {"n": "x"}]}, ".rows[1].n"), (Outer, {"inner": {"s": "x"}}, ".inner.n"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_by_its_path_and_never_by_its_value(
    wanted: Any, value: object, where: str
) -> None:
    with pytest.raises(Mismatch) as mismatch:
        shaped(wanted, value, "here")
    assert mismatch.value.where == f"here{where}"


def test_readers_of_rows_keys_and_warnings_name_what_they_miss() -> None:
    def where(read: Any, value: object) -> str:
        with pytest.raises(Mismatch) as mismatch:
            read(value)
        return mismatch.value.where

    two = reads_rows(int, 2)
    assert two([1, "2"]) == (1, 2)
    assert [where(two, value) for value in ([1], [1, 2, 3])] == ["answer.length"] * 2
    assert where(two, [1, "x"]) == "answer[1]"
    key = reads_key("rows", tuple[int, ...])
    assert key({"rows": [1], "x": 2}) == (1,)
    assert [where(key, value) for value in ({}, [], {"rows": "x"})] == ["answer.rows"] * 3
    assert reads(int)("7") == 7
    assert where(reads(int), "x") == "answer"
    row = {"warningcode": "c", "itemid": "4", "message": "Zoé"}
    assert reads_warnings({"warnings": [row]}) == (Warned("c", "", 4, "Zoé"),)
    assert reads_warnings({"warnings": [{"warningcode": "c"}]}) == (Warned("c", "", None, ""),)
    assert reads_warnings(None) == reads_warnings({}) == ()
    assert [where(reads_warnings, value) for value in ([], {"warnings": 1})] == ["answer", "answer.warnings"]
    shown = repr(
        (Warned("c", message="Zoé"), Answer(200, {"x": "Zoé"}, "Zoé".encode()), Call("f", {"x": "Zoé"}, str))
    )
    assert "Zo" not in shown


# -- what goes out ------------------------------------------------------------------------------------------


def test_each_leaf_has_phps_name_and_none_and_empty_lists_have_none() -> None:
    params: Params = {
        "a": None, "b": True, "c": False, "d": [], "e": ({"f": 1, "g": None}, {"f": "é"}), "h": AT, "i": Colour.RED,
        "j": {"k": [0.5]}, "l": "",
    }  # fmt: skip
    sent = [("b", "1"), ("c", "0"), ("e[0][f]", "1"), ("e[1][f]", "é"), ("h", "1767225600"), ("i", "red"),
            ("j[k][0]", "0.5"), ("l", "")]  # fmt: skip
    assert list(variables(params)) == sent
    assert count_variables(params) == len(sent)


def test_of_a_row_nothing_goes_for_none_and_for_an_empty_text_only_if_it_says_something() -> None:
    @dataclass
    class Row:
        a: str | None = None
        b: str = ""
        c: int = 0

    assert row_params(Row()) == {"b": "", "c": 0}
    assert row_params(Row(a="x"), empty=False) == {"a": "x", "c": 0}
