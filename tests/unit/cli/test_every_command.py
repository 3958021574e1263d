"""Every command, given nonsense, no installation, one that is dead, and an output that cannot be written:
a sentence and an exit code, never a traceback and never an unexpected error."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import json
import os
import re
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import pytest

from passerelle_cli import click_in_french, main
from passerelle_cli.main import cli

ROOT = Path(__file__).parents[3]
STAY_RUNNING = {("up",), ("demo",)}  # they start the laptop whatever they are given


def leaves(
    command: click.Command = cli, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from leaves(found, (*path, name))
    else:
        yield path, command


COMMANDS = dict(leaves())
JUNK = ("banane", "-1", "../nowhere/é", "s3://", "12.5.1", "0")


def arguments_of(command: click.Command, word: str) -> list[str]:
    """What must be given, given as nonsense."""
    given: list[str] = []
    for one in command.params:
        if isinstance(one, click.Option) and one.required:
            given += [one.opts[0], word]
        elif isinstance(one, click.Argument) and (one.required or one.nargs == -1):
            given += ["--", word] if word.startswith("-") else [word]
    return (
        sorted(given, key=lambda text: not text.startswith("--") or text == "--") if "--" in given else given
    )


def nonsense(command: click.Command) -> Iterator[list[str]]:
    for word in JUNK:
        yield arguments_of(command, word)
    yield []
    for one in command.params:
        if isinstance(one, click.Option) and not one.is_flag and not one.count:
            for word in ("banane", "-1"):
                yield [one.opts[0], word, *arguments_of(command, "banane")]
        elif isinstance(one, click.Option):
            yield [one.opts[0], *arguments_of(command, "banane")]


class Ran:
    def __init__(self, status: object, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Runs the program in this process, in an empty folder, without credentials or an installation."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("AWS_", "PASSERELLE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    monkeypatch.setattr("time.sleep", lambda _: None)

    def ran(*words: str, out: io.TextIOBase | None = None) -> Ran:
        monkeypatch.setattr(sys, "argv", ["passerelle", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        taken, told = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys, "stdout", out or taken)
        monkeypatch.setattr(sys, "stderr", told)
        with pytest.raises(SystemExit) as left:
            main.main()
        return Ran(left.value.code, taken.getvalue(), told.getvalue())

    return ran


def check(done: Ran, words: list[str]) -> None:
    said = done.out + done.err
    assert done.status in (0, 1, 2, 3), (words, done.status)
    assert "Traceback" not in said, words
    assert "inattendue" not in said, (words, done.err)
    if done.status in (1, 2):
        assert done.err.strip(), words


@pytest.mark.parametrize("path", [path for path in COMMANDS if path not in STAY_RUNNING], ids=" ".join)
def test_nonsense_is_answered_with_a_sentence(run, path: tuple[str, ...]) -> None:
    for given in nonsense(COMMANDS[path]):
        words = [*path, *given]
        check(run(*words), words)


@pytest.fixture(scope="module")
def nobody() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def a_stack(port: int) -> dict[str, object]:
    """What `passerelle up` would have written, of an AWS at that port."""
    address = f"http://127.0.0.1:{port}"
    queues = ("publications", "retrievals", "rollovers", "jobs", "orders")
    return {
        "table": "t",
        "backups_bucket": "b",
        "state_bucket": "s",
        "queues": {name: f"{address}/q-{name}" for name in queues},
        "api": address,
        "region": "eu-west-3",
        "endpoint_url": address,
    }


STACKED = [path for path, command in COMMANDS.items() if any("--stack" in one.opts for one in command.params)]


@pytest.mark.parametrize("path", STACKED, ids=" ".join)
def test_an_installation_that_does_not_answer_is_named(
    run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: tuple[str, ...], nobody: int
) -> None:
    folder = tmp_path / ".passerelle"
    folder.mkdir()
    (folder / "stack.json").write_text(json.dumps(a_stack(nobody)))
    words = [*path, *arguments_of(COMMANDS[path], "banane")]
    check(run(*words), words)


def test_an_archive_in_s3_names_what_keeps_it_from_being_read(run, monkeypatch) -> None:
    done = run("mbz", "inspect", "s3://bucket/key")
    assert (done.status, "identifiant AWS" in done.err) == (1, True), done.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("path", [(), *COMMANDS], ids=" ".join)
def test_an_output_that_is_full_or_closed_is_no_traceback(run, path: tuple[str, ...]) -> None:
    words = [*path, "--help"]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = run(*words, out=full)
    assert (done.status, done.err) == (
        1,
        "La sortie ne peut pas être écrite\u00a0: il n’y a plus de place.\n",
    )
    reading, writing = os.pipe()
    os.close(reading)
    closed = os.fdopen(writing, "w", encoding="utf-8")
    done = run(*words, out=closed)
    with contextlib.suppress(BrokenPipeError):
        closed.close()
    assert (done.status, done.err) == (1, "")


class Refusing(BaseHTTPRequestHandler):
    """AWS, to whom these credentials say nothing."""

    def answer(self) -> None:
        if "x-amz-target" in self.headers:
            body = b'{"__type": "UnrecognizedClientException", "message": "The token is invalid."}'
        else:
            body = b"<Error><Code>InvalidAccessKeyId</Code><Message>No such key.</Message></Error>"
        self.send_response(403)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815 - http.server's own

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def refusing() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.mark.parametrize("path", STACKED, ids=" ".join)
def test_credentials_that_aws_does_not_know_are_named(
    run, tmp_path: Path, path: tuple[str, ...], refusing: int
) -> None:
    (tmp_path / ".passerelle").mkdir()
    (tmp_path / ".passerelle/stack.json").write_text(json.dumps(a_stack(refusing)))
    words = [*path, *arguments_of(COMMANDS[path], "banane")]
    done = run(*words)
    check(done, words)
    if done.status == 1 and "n’existe pas" not in done.err:  # a file was wanted first
        assert re.search(r"AWS refuse .*(InvalidAccessKeyId|UnrecognizedClientException|403)", done.err)


def test_a_folder_that_cannot_be_written_is_named(run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("sync", "example", "--to", str(tmp_path / "file" / "below"))
    assert done.status in (1, 2)
    assert "Traceback" not in done.err
    assert "file" in done.err


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "région"),
        ({"AWS_REGION": "eu-west-3"}, "identifiant"),
        ({"AWS_PROFILE": "nobody"}, "profil"),
    ],
    ids=["region", "credentials", "profile"],
)
def test_the_true_cause_is_named_where_aws_is_not_reached(run, monkeypatch, environment, said) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = run("orders", "list", "--stack-name", "passerelle")
    assert done.status == 1
    assert said in done.err


# What only whoever writes a command can cause, or what no command of ours asks.
OF_PROGRAMMERS = re.compile(
    r"Arguments take|Boolean option|Could not determine|DeprecationWarning|Name '|No options defined|Value must be"
    r"|Confirm the action|Do you want|Invalid start|two entered values|Press any key|Repeat for|Unknown color"
    r"|Choice\(|UUID"
)
TEXTS = re.compile(r"\b(?:_|ngettext)\(\s*((?:\"(?:[^\"\\]|\\.)*\"[\s,]*)+)")
ONE = re.compile(r"(?:\"(?:[^\"\\]|\\.)*\"\s*)+")


def test_click_speaks_french_in_all_it_says() -> None:
    texts = {
        ast.literal_eval(f"({one})")
        for module in click_in_french.MODULES
        for call in TEXTS.findall(inspect.getsource(module))
        for one in ONE.findall(call)
    }
    assert {"Usage:", "Missing command.", "Did you mean {possibility}?"} <= texts
    assert [one for one in texts - set(click_in_french.FRENCH) if not OF_PROGRAMMERS.search(one)] == []


def test_a_state_that_is_written_nearly_right_is_refused_with_the_nearest(run) -> None:
    done = run("orders", "list", "--state", "realisee")
    assert done.status == 2
    assert "Vouliez-vous dire «\u00a0réalisée\u00a0»" in done.err


def test_a_scrub_writes_over_nothing_unasked(run, tmp_path: Path) -> None:
    source = ROOT / "tests/mbz/chimie-nousers-tgz.mbz"
    there = tmp_path / "kept.mbz"
    there.write_text("mine")
    done = run("mbz", "scrub", str(source), str(there))
    assert (done.status, there.read_text()) == (1, "mine")
    assert "--force" in done.err
    assert run("mbz", "scrub", "--force", str(source), str(there)).status == 0
    assert there.stat().st_size > 100


@pytest.mark.rule("S3")
def test_a_table_in_another_encoding_is_named_with_the_option_that_reads_it(run, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_bytes("Lefèvre;Zoé;zoe@client.example\n".encode("iso-8859-1"))
    done = run("orders", "assign", "boutique:1", str(table))
    assert done.status == 1
    assert "people.csv n’est pas en utf-8" in done.err
    assert "--encoding" in done.err
    assert "people.csv" not in run("orders", "assign", "boutique:1", str(table), "--encoding", "latin-1").err


def test_a_story_that_there_is_not_is_refused(run) -> None:
    done = run("demo", "banane")
    assert (done.status, "banane" in done.err) == (2, True)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "banane"])
def test_a_port_that_is_none_is_refused(run, port: str) -> None:
    done = run("up", "--port", port)
    assert (done.status, "--port" in done.err) == (2, True)


def test_a_port_in_use_is_named(run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("up", "--port", str(taken.getsockname()[1]))
    assert (done.status, "un autre programme tient déjà ce port" in done.err.lower()) == (1, True), done.err


PRINTING = [
    ("guide", "deploying"),
    ("rules",),
    ("schema", "orders", "show"),
    ("sync", "describe"),
    ("network", "schema"),
]


@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_what_prints_much_bears_a_full_disk_and_a_closed_pipe(run, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        assert run(*words, out=full).status == 1
    reading, writing = os.pipe()
    os.close(reading)
    closed = os.fdopen(writing, "w", encoding="utf-8")
    done = run(*words, out=closed)
    with contextlib.suppress(BrokenPipeError):
        closed.close()
    assert (done.status, done.err) == (1, "")
