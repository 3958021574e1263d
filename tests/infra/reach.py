"""What a handler reaches in the layer, read from the source: functions by the names in their bodies.

A name reaches what it is bound to: a function, a class with all its methods, a table with all it holds.
Methods of ports are not followed: who plays them is decided by `wiring`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.infra.templates import ROOT

LAYER = ROOT / "layers/core/python"


@dataclass(frozen=True)
class Module:
    names: dict[str, str]  # bound name → what it stands for, with its dots
    bodies: dict[str, ast.AST]  # top-level name → its definition


@cache
def module(path: Path) -> Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: dict[str, str] = {}
    bodies: dict[str, ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                bodies[node.name] = node
            case ast.Assign():
                bodies |= {one.id: node for one in node.targets if isinstance(one, ast.Name)}
            case ast.AnnAssign(target=ast.Name()):
                bodies[node.target.id] = node
    return Module(names, bodies)


@cache
def file_of(dotted: str) -> Path | None:
    for path in (
        (LAYER / Path(*dotted.split("."))).with_suffix(".py"),
        LAYER / Path(*dotted.split("."), "__init__.py"),
    ):
        if path.is_file():
            return path
    return None


def reached(handler: Path, name: str = "lambda_handler") -> Iterator[tuple[str, ast.AST]]:
    """Every definition that the handler's function reaches, each with its dotted name."""
    waiting = [(handler, name)]
    seen = set(waiting)
    while waiting:
        path, name = waiting.pop()
        here = module(path)
        body = here.bodies[name]
        yield f"{path.stem}.{name}", body
        for target in _targets(path, name):
            if target not in seen:
                seen.add(target)
                waiting.append(target)


@cache
def _targets(path: Path, name: str) -> tuple[tuple[Path, str], ...]:
    return tuple(_named_in(path, module(path), module(path).bodies[name]))


def _named_in(path: Path, here: Module, body: ast.AST) -> Iterator[tuple[Path, str]]:
    for node in ast.walk(body):
        match node:
            case ast.Name(id=name) if name in here.bodies:
                yield path, name
            case ast.Name(id=name) if name in here.names:
                yield from _defined(here.names[name])
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in here.names:
                yield from _defined(f"{here.names[name]}.{attribute}")


def _defined(dotted: str) -> Iterator[tuple[Path, str]]:
    owner, _, name = dotted.rpartition(".")
    path = file_of(owner)
    if path is not None and name in module(path).bodies:
        yield path, name
