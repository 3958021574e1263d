"""Puts a mutant in the place of what is imported already: no module is read twice, so it costs no time."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any

Code = types.CodeType


def put_in_place(module_name: str, text: str, mutated: str) -> bool:
    """Whether anything that lives is another now."""
    module = sys.modules[module_name]
    file = module.__file__ or module_name
    before, after = compile(text, file, "exec"), compile(mutated, file, "exec")
    functions = dict(_functions(before))
    changed = False
    for name, code in _functions(after):
        if name in functions and _same(code, functions[name]):
            continue
        live = _live(module, name)
        if live is not None and live.__code__.co_freevars == code.co_freevars:
            live.__code__ = code
            changed = True
    return _put_what_stands_outside_and_rests_on_it(module, after) or changed


def changes_what_stands_outside(module_name: str, mutated: str) -> bool:
    """Of a function that only an import runs: whether what it made is another now, and in its place."""
    module = sys.modules[module_name]
    return _put_what_stands_outside_and_rests_on_it(
        module, compile(mutated, module.__file__ or module_name, "exec")
    )


def importers_of(module_name: str) -> list[types.ModuleType]:
    """Those of the layer that take anything from it by name."""
    taking = f"from {module_name} import "
    return [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("passerelle.") and module.__file__ and taking in _text(module.__file__)
    ]


@cache
def _text(file: str) -> str:
    return Path(file).read_text(encoding="utf-8")


def _put_what_stands_outside_and_rests_on_it(module: types.ModuleType, code: Code) -> bool:
    """A table that another module made of one of these is made anew."""
    if not _put_what_stands_outside(module, code):
        return False
    for importer in importers_of(module.__name__):
        file = importer.__file__ or ""
        _put_what_stands_outside(importer, compile(_text(file), file, "exec"))
    return True


def _functions(code: Code, inside: str = "") -> Iterator[tuple[str, Code]]:
    """Functions and methods, not those within functions: these come with them."""
    for constant in code.co_consts:
        if isinstance(constant, Code):
            if constant.co_flags & inspect.CO_OPTIMIZED:
                yield f"{inside}{constant.co_name}", constant
            else:
                yield from _functions(constant, f"{inside}{constant.co_name}.")


def _same(one: Code, other: Code) -> bool:
    """But for the lines where they stand."""
    return one.co_code == other.co_code and _shape(one) == _shape(other)


def _shape(code: Code) -> list[Any]:
    constants = [
        [*_shape(one), one.co_code] if isinstance(one, Code) else (type(one), one) for one in code.co_consts
    ]
    return [constants, code.co_names, code.co_varnames]


def _live(module: types.ModuleType, name: str) -> types.FunctionType | None:
    found: Any = module
    for part in name.split("."):
        found = vars(found).get(part)
        if found is None:
            return None
    if isinstance(found, property):
        found = found.fget
    elif isinstance(found, cached_property):
        found = found.func
    elif isinstance(found, staticmethod | classmethod):
        found = found.__func__
    found = inspect.unwrap(found)
    return found if isinstance(found, types.FunctionType) else None


def _put_what_stands_outside(module: types.ModuleType, code: Code) -> bool:
    """Tables, defaults, attributes of classes. A module that no longer loads is as good as noticed."""
    fresh = types.ModuleType(module.__name__)
    fresh.__dict__.update(__file__=module.__file__, __package__=module.__package__)
    exec(code, fresh.__dict__)
    changed = False
    for name, value in vars(fresh).items():
        old = vars(module).get(name)
        if name.startswith("__") or isinstance(value, types.ModuleType) or _is_anothers(value, module):
            continue
        if isinstance(value, type):
            changed = _put_class(old, value) or changed
        elif isinstance(value, types.FunctionType):
            changed = _put_defaults(old, value) or changed
        elif repr(value) != repr(old):
            _replace_everywhere(name, old, value)
            changed = True
    return changed


def _is_anothers(value: Any, module: types.ModuleType) -> bool:
    """A class or function that was imported."""
    return isinstance(value, type | types.FunctionType) and value.__module__ != module.__name__


def _put_class(old: Any, new: type) -> bool:
    if not isinstance(old, type):
        return False
    changed = False
    for name, value in vars(new).items():
        was = vars(old).get(name)
        if isinstance(value, types.FunctionType) and isinstance(was, types.FunctionType):
            changed = _put_defaults(was, value) or changed
        elif name.startswith("__") or not isinstance(value, str | int | float | tuple | frozenset | dict):
            continue
        elif repr(value) != repr(was) and not hasattr(old, "__members__"):
            setattr(old, name, value)
            changed = True
    return changed


def _put_defaults(old: Any, new: types.FunctionType) -> bool:
    if not isinstance(old, types.FunctionType):
        return False
    same = repr(old.__defaults__) == repr(new.__defaults__) and repr(old.__kwdefaults__) == repr(
        new.__kwdefaults__
    )
    if not same:
        old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__
    return not same


def _replace_everywhere(name: str, old: Any, new: Any) -> None:
    for module in list(sys.modules.values()):
        if not getattr(module, "__name__", "").startswith(("passerelle", "tests", "test_")):
            continue
        for key, value in list(vars(module).items()):
            if value is old and (key == name or not isinstance(old, str | int | float | None)):
                setattr(module, key, new)
