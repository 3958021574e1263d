"""A pytest plugin: collects once, then runs in a child process, for each mutant, the tests that reach it."""

from __future__ import annotations

import importlib
import os
import pickle
import select
import signal
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from random import Random
from typing import TypeVar, cast

import coverage
import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.live import changes_what_stands_outside, importers_of, put_in_place
from tests.mutation.mutants import LAYER, Mutant, Source

DIED, LIVED, UNREACHED, NOT_PUT = "died", "lived", "reached by no test", "not put in place"
Answer = TypeVar("Answer")
AT_LEAST = 30.0  # seconds of trying, once it is seen what the tests reach, however long that took
SLOWEST = 20.0  # seconds of a test that is still run for each mutant


@dataclass
class Reached:
    """Which tests pass, how long they take, and which lines each goes through."""

    seconds: dict[str, float] = field(default_factory=dict)
    tests: dict[str, dict[int, set[str]]] = field(default_factory=dict)  # file, line
    modules: frozenset[str] = frozenset()  # that only a running test imports
    noticed: Counter[str] = field(default_factory=Counter)  # how many mutants each noticed

    def likeliest_first(self, tests: set[str]) -> list[str]:
        """A quick one, and one that noticed others."""
        return sorted(tests, key=lambda one: self.seconds[one] / (1 + self.noticed[one]))

    def tests_of(self, source: Source, line: int) -> set[str]:
        by_line = self.tests.get(str(source.path), {})
        found = set().union(*(by_line.get(one, ()) for one in source.lines_around(line)))
        return {one for one in found if one in self.seconds}

    def tests_of_all(self, source: Source) -> set[str]:
        return self._tests_of_file(str(source.path))

    def tests_around(self, source: Source) -> set[str]:
        """Of a module that is tables alone, those of whoever takes them: no test goes through a line of its own."""
        own = self.tests_of_all(source)
        takers = () if own else importers_of(source.module)
        return own.union(*(self._tests_of_file(one.__file__ or "") for one in takers))

    def _tests_of_file(self, file: str) -> set[str]:
        by_line = self.tests.get(file, {})
        return {one for tests in by_line.values() for one in tests if one in self.seconds}


@dataclass(frozen=True)
class Wanted:
    """Which of the mutants, and in which order."""

    chance: Random
    part: tuple[int, int]  # the second of three
    at_most: int  # below nothing: all

    def of(self, mutants: Sequence[Mutant]) -> Iterator[Mutant]:
        shuffled = self.chance.sample(mutants, len(mutants))
        part, parts = self.part
        changing = (one for one in shuffled[part - 1 :: parts] if one.difference != ("", ""))
        return islice(changing, self.at_most if self.at_most >= 0 else None)


@dataclass
class Mutating:
    sources: Sequence[Source]
    wanted: Wanted
    until: float  # of time.monotonic()
    tell: Callable[[Mutant, str], None]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        reached = in_a_child(lambda: _look(items), 1800.0)
        assert isinstance(reached, Reached), "the tests could not be run"
        for name in sorted(reached.modules - set(sys.modules)):
            with suppress(ImportError):
                importlib.import_module(name)  # once, and not in every child
        until = max(self.until, time.monotonic() + AT_LEAST)
        for mutant in self.wanted.of([one for source in self.sources for one in source.mutants()]):
            if time.monotonic() > until:
                break
            self.tell(mutant, _fate(mutant, reached, items))
        return True


def _fate(mutant: Mutant, reached: Reached, items: dict[str, pytest.Item]) -> str:
    inside = _is_inside_a_function(mutant)
    if inside:
        tests = reached.tests_of(mutant.source, mutant.line)
    else:
        tests = _beside(reached.tests_around(mutant.source), reached, items)
    if not tests and inside:
        return _fate_of_an_import(mutant, reached, items)
    if not tests:
        return UNREACHED
    ordered = [items[one] for one in reached.likeliest_first(tests)]
    patience = 5 + 5 * sum(reached.seconds[one] for one in tests)
    fate, noticed_by = in_a_child(lambda: _try(mutant, ordered), patience) or (DIED, "")  # it never came back
    reached.noticed[noticed_by] += 1
    return fate


def _beside(tests: set[str], reached: Reached, items: dict[str, pytest.Item]) -> set[str]:
    """With all other tests of the same files, and those of tables: what only reads a table goes through no line of
    its module."""
    files = {items[one].path for one in tests}
    return {
        one for one in reached.seconds if items[one].path in files or items[one].path.parent.name == "states"
    }


def _fate_of_an_import(mutant: Mutant, reached: Reached, items: dict[str, pytest.Item]) -> str:
    """No test goes through its line; an import may, and then all tests of the module are asked."""
    tests = _beside(reached.tests_of_all(mutant.source), reached, items)

    def look() -> str:
        try:
            if not changes_what_stands_outside(mutant.source.module, mutant.code):
                return UNREACHED
        except Exception:  # noqa: BLE001 - it does not even load
            return DIED
        return DIED if any(not _passes(items[one], None) for one in sorted(tests)) else LIVED

    answer = in_a_child(look, 5 + 5 * sum(reached.seconds[one] for one in tests))
    return answer if isinstance(answer, str) else DIED


def _is_inside_a_function(mutant: Mutant) -> bool:
    lines = mutant.source.text.splitlines()
    line = lines[mutant.source.lines_around(mutant.line)[0] - 1]
    return line.startswith(("    ", "\t")) and bool(_def_above(lines, mutant.line))


def _def_above(lines: Sequence[str], line: int) -> bool:
    """Whether the next less indented lines above lead to a `def`."""
    indent = len(lines[line - 1]) - len(lines[line - 1].lstrip())
    for text in reversed(lines[: line - 1]):
        here = len(text) - len(text.lstrip())
        if text.strip() and here < indent:
            indent = here
            if text.lstrip().startswith(("def ", "async def ")):
                return True
            if indent == 0:
                return False
    return False


def _try(mutant: Mutant, items: Sequence[pytest.Item]) -> tuple[str, str]:
    """Its fate, and which test noticed it."""
    try:
        placed = put_in_place(mutant.source.module, mutant.source.text, mutant.code)
    except Exception:  # noqa: BLE001 - it does not even load
        return DIED, ""
    if not placed:
        return NOT_PUT, ""
    for item, following in zip(items, [*items[1:], None], strict=True):
        if not _passes(item, following):
            return DIED, item.nodeid
    return LIVED, ""


def _passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    return not any(report.failed for report in runtestprotocol(item, nextitem=following, log=False))


def _look(items: dict[str, pytest.Item]) -> Reached:
    reached, before = Reached(), set(sys.modules)
    measuring = coverage.Coverage(data_file=None, source=[str(LAYER / "passerelle")], messages=False)
    measuring.start()
    ordered = list(items.values())
    for item, following in zip(ordered, [*ordered[1:], None], strict=True):
        _forget_what_is_cached()  # or only the first test would be seen to go through it
        measuring.switch_context(item.nodeid)
        began = time.perf_counter()
        passed = _passes(item, following)
        seconds = time.perf_counter() - began
        if passed and seconds < SLOWEST:
            reached.seconds[item.nodeid] = seconds
    measuring.stop()
    data = measuring.get_data()
    for file in data.measured_files():
        by_line: dict[int, set[str]] = defaultdict(set)
        for line, contexts in data.contexts_by_lineno(file).items():
            by_line[line] = {one for one in contexts if one}
        reached.tests[file] = dict(by_line)
    reached.modules = frozenset(set(sys.modules) - before)
    return reached


def _forget_what_is_cached() -> None:
    cached = type(cache(len))
    for name, module in list(sys.modules.items()):
        if name.startswith("passerelle."):
            for value in list(vars(module).values()):
                if type(value) is cached:  # not isinstance, which looks into stand-ins such as flask's
                    value.cache_clear()


def in_a_child(work: Callable[[], Answer], patience: float, *, quiet: bool = True) -> Answer | None:
    """What it answers; None if it took too long or died."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _as_a_child(work, writing, quiet=quiet)
    os.close(writing)
    answer = _read_all(reading, time.monotonic() + patience)
    os.close(reading)
    if answer is None:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return cast(Answer, pickle.loads(answer)) if answer else None


def _as_a_child(work: Callable[[], object], writing: int, *, quiet: bool) -> None:
    try:
        if quiet:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        answer = pickle.dumps(work())
        with os.fdopen(writing, "wb") as stream:
            stream.write(answer)
    except BaseException:  # noqa: BLE001 - whatever it is, the parent goes on
        traceback.print_exc()
    finally:
        os._exit(0)


def _read_all(reading: int, until: float) -> bytes | None:
    pieces: list[bytes] = []
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return None
        piece = os.read(reading, 1 << 20)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


def run(mutating: Mutating, tests: Sequence[str]) -> None:
    import hypothesis

    # No looking for the smallest example: that it fails is enough.
    hypothesis.settings.register_profile(
        "mutants",
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        database=None,
        derandomize=True,
    )
    hypothesis.settings.load_profile("mutants")
    sys.setrecursionlimit(5000)
    status = pytest.main(
        [
            "-q",
            "--no-header",
            "--no-summary",
            "--capture=fd",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-p",
            "no:faulthandler",
            *tests,
        ],
        plugins=[mutating],
    )
    assert status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED), status
