from __future__ import annotations

import io
import json
import logging

import pytest

from passerelle.runtime.observability import blotted, build_logger, reference, trace

ADDRESS = (
    "https://b.s3.eu-west-3.amazonaws.com/uploads/caen/u1.mbz?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAEXAMPLE%2F20261005&X-Amz-Signature=feedbeef&X-Amz-Security-Token=IQoJb3"
)
TOKEN = "0cc175b9c0f1b6a831c399e269772661"
SECRETS = {
    "a presigned address": (ADDRESS, ["feedbeef", "AKIAEXAMPLE", "IQoJb3"]),
    "a token in a call": (f"wstoken={TOKEN}&wsfunction=core_user_get_users", [TOKEN]),
    "a token alone": (f"token {TOKEN} is wrong", [TOKEN]),
    "a signing secret": ("whsec_MDEyMzQ1Njc4OWFiY2RlZg==", ["MDEy"]),
    "an e-mail": ("no user ada.byron+x@caen.example here", ["ada", "caen.example"]),
    "a password": ('{"password": "hunter2"}', ["hunter2"]),
}


def fail_with(text: str) -> None:
    try:
        {}[text]
    except KeyError as cause:
        raise RuntimeError(f"while fetching {text}") from cause


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(stream, request):
    return build_logger(stream, name=f"passerelle-observed-{request.node.name}")


@pytest.mark.parametrize(("text", "words"), SECRETS.values(), ids=SECRETS)
def test_an_exception_shows_its_type_and_place_and_none_of_its_words(log, stream, text, words) -> None:
    try:
        fail_with(text)
    except RuntimeError as error:
        error.add_note(text)
        log.exception("failed", extra={"reference": "K7QF29XA"})
    written = stream.getvalue()
    for word in words:
        assert word not in written
    line = json.loads(written)
    assert line["exception_name"] == "RuntimeError"
    assert "builtins.KeyError" in line["exception"]
    assert "test_observability.py" in line["exception"]
    assert line["reference"] == "K7QF29XA"


@pytest.mark.parametrize(("text", "words"), SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("way", ["message", "argument", "extra", "key"])
def test_what_slips_into_a_line_is_blotted_out(log, stream, way, text, words) -> None:
    if way == "message":
        log.info(text)
    elif way == "argument":
        log.info("fetched %s", text)
    elif way == "extra":
        log.info("fetched", extra={"from_where": text})
    else:
        log.append_keys(where=text)
        log.info("fetched")
    for word in words:
        assert word not in stream.getvalue()


def test_a_line_of_a_module_below_is_discreet_too(stream, request) -> None:
    name = f"passerelle-above-{request.node.name}"
    build_logger(stream, name=name)
    logging.getLogger(f"{name}.moodle").warning("wstoken=%s", TOKEN)
    assert TOKEN not in stream.getvalue()
    assert "wstoken" in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "ab" * 32,  # a sha256
        "8a3c1f0e5b7d9a2c4e6f8091",  # an id
        "pub:8a3c1f0e5b7d9a2c4e6f8091",
        "uploads/caen/u1.mbz",
        "https://caen.example/course/view.php",
        "psl-abcdefghij@v2",
        "caen: local_passerelle_get_jobs",
    ],
)
def test_what_an_administrator_needs_is_left_readable(text) -> None:
    assert blotted(text) == text


def test_a_circle_of_causes_ends() -> None:
    one, two = RuntimeError("a"), RuntimeError("b")
    one.__cause__, two.__cause__ = two, one
    assert trace(one).count("RuntimeError") == 2


def test_a_hidden_context_stays_hidden() -> None:
    error = RuntimeError("y")
    error.__context__ = KeyError("x")
    assert "KeyError" in trace(error)
    error.__suppress_context__ = True
    assert "KeyError" not in trace(error)


def test_references_can_be_read_out_on_the_telephone() -> None:
    assert reference("caen", "msg_1") == reference("caen", "msg_1")
    assert reference("caen", "msg_1") != reference("lille", "msg_1")
    assert reference() != reference()
    for _ in range(50):
        made = reference()
        assert len(made) == 8
        assert not set(made) & set("0O1IL")
