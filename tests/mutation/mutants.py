"""What may be changed in a module, one place at a time: mutmut's operators, and three of ours.

mutmut's own runner leaves out decorated functions, so properties, and whatever stands outside of functions, so
tables of states; it also wants modules below `src`. Its operators are good, and taken as they are. Left out are
those whose mutants die of a TypeError or say nothing: arguments taken away, letters of other case.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers/core/python"
NOT_LOOKED_INTO = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom, cst.Raise, cst.FormattedString)


def negated(node: cst.If | cst.IfExp | cst.While | cst.CompIf) -> Iterable[cst.CSTNode]:
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(operator=cst.Not(), expression=test))


def one_less(node: cst.Tuple | cst.Set | cst.List | cst.Dict) -> Iterable[cst.CSTNode]:
    """A table without one of its rows."""
    for place in range(len(node.elements)):
        left = (*node.elements[:place], *node.elements[place + 1 :])
        if len(left) > 1 or (left and not isinstance(node, cst.Tuple)):
            yield node.with_changes(elements=left)


def not_done(node: cst.Expr) -> Iterable[cst.CSTNode]:
    """A call for what it does, left out."""
    if isinstance(node.value, cst.Call):
        yield cst.Pass()


def a_code(node: cst.SimpleString) -> Iterable[cst.BaseString]:
    """Codes and names; sentences are held elsewhere (tests/unit/words)."""
    if " " not in node.value:
        yield from islice(mutators.operator_string(node), 1)


OPERATORS: mutators.OPERATORS_TYPE = [
    (cst.BaseNumber, mutators.operator_number),
    (cst.SimpleString, a_code),
    (cst.Name, mutators.operator_name),
    (cst.Assign, mutators.operator_assignment),
    (cst.AugAssign, mutators.operator_augmented_assignment),
    (cst.UnaryOperation, mutators.operator_remove_unary_ops),
    (cst.Call, mutators.operator_symmetric_string_methods_swap),
    (cst.CSTNode, mutators.operator_keywords),
    (cst.CSTNode, mutators.operator_swap_op),
    (cst.Match, mutators.operator_match),
    (cst.If, negated),
    (cst.IfExp, negated),
    (cst.CompIf, negated),
    (cst.Tuple, one_less),
    (cst.Set, one_less),
    (cst.List, one_less),
    (cst.Dict, one_less),
    (cst.Expr, not_done),
]


@dataclass(frozen=True)
class Mutant:
    source: Source
    node: cst.CSTNode
    instead: cst.CSTNode
    line: int

    @cached_property
    def code(self) -> str:
        made = self.source.tree.deep_replace(self.node, self.instead)
        assert isinstance(made, cst.Module)
        return made.code

    @cached_property
    def difference(self) -> tuple[str, str]:
        """The lines as they were and as they are, each as one; ("", "") where the operator changed nothing."""
        was: list[str] = []
        now: list[str] = []
        for line in difflib.ndiff(self.source.text.splitlines(), self.code.splitlines()):
            if line.startswith(("- ", "+ ")):
                (was if line[0] == "-" else now).append(line[2:].strip())
        return " ".join(was), " ".join(now)


@dataclass(frozen=True, eq=False)
class Source:
    path: Path

    @property
    def module(self) -> str:
        return ".".join(self.path.relative_to(LAYER).with_suffix("").parts)

    @property
    def name(self) -> str:
        return str(self.path.relative_to(LAYER / "passerelle"))

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def _wrapped(self) -> MetadataWrapper:
        return MetadataWrapper(cst.parse_module(self.text))

    @property
    def tree(self) -> cst.Module:
        return self._wrapped.module

    def mutants(self) -> list[Mutant]:
        places = self._wrapped.resolve(PositionProvider)
        return [
            Mutant(self, node, instead, places[node].start.line)
            for node in _worth_looking_at(self.tree)
            for kind, operator in OPERATORS
            if isinstance(node, kind)
            for instead in operator(node)
            if node in places
        ]

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        """First and last line of each statement, of a compound one without what it holds."""
        spans = []
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.stmt):
                body = getattr(node, "body", None)
                last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno
                spans.append((node.lineno, last))
        return spans

    def lines_around(self, line: int) -> range:
        """Those of the smallest statement that has this line."""
        first, last = min(
            (span for span in self._spans if span[0] <= line <= span[1]),
            key=lambda span: span[1] - span[0],
            default=(line, line),
        )
        return range(first, last + 1)


def _worth_looking_at(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, NOT_LOOKED_INTO) or _is_text(node) or _is_an_assertion(node):
        return
    if isinstance(node, cst.Assign) and _names_a_type(node):
        return
    if isinstance(node, cst.If) and isinstance(node.test, cst.Name) and node.test.value == "TYPE_CHECKING":
        return
    yield node
    for child in node.children:
        yield from _worth_looking_at(child)


def _names_a_type(node: cst.Assign) -> bool:
    """`Path = Sequence[str]` and `T = TypeVar("T")`, which nothing reads at run time."""
    if isinstance(node.value, cst.Call) and isinstance(node.value.func, cst.Name):
        return node.value.func.value == "TypeVar"
    target = node.targets[0].target
    camel = isinstance(target, cst.Name) and re.fullmatch(r"[A-Z]\w*[a-z]\w*", target.value)
    return bool(camel) and isinstance(node.value, cst.Subscript | cst.BinaryOperation | cst.Name)


def _is_text(node: cst.CSTNode) -> bool:
    """A docstring."""
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)


def _is_an_assertion(node: cst.CSTNode) -> bool:
    """`strict=True` of a zip: it says what cannot be otherwise."""
    return isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "strict"
