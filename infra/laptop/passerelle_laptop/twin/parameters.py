"""Parameters of web-service functions, checked as Moodle's `validate_parameters` does.

The descriptions of the core functions come from `data/functions-4.5.json`, recorded on a real site;
those of `local_passerelle` stand in `contract.py` in the same form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from passerelle_laptop.twin.errors import invalid_parameter

Spec = dict[str, Any]
Checker = Callable[[str], bool]

_TAG = re.compile(r"<[a-zA-Z/!?][^>]*>?")


def _matches(pattern: str) -> Checker:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


# Moodle cleans a value and refuses it where cleaning changed it. PARAM_LANG, PARAM_AUTH and
# PARAM_THEME depend on what the site has installed and are checked against `installed`.
_CLEAN: dict[str, Checker] = {
    "raw": lambda _: True,
    "raw_trimmed": lambda text: text == text.strip(),
    "int": _matches(r"-?(0|[1-9][0-9]*)"),
    "bool": _matches(r"[01]"),
    "text": lambda text: _TAG.search(text) is None,
    "notags": lambda text: _TAG.search(text) is None,
    "alpha": _matches(r"[A-Za-z]*"),
    "alphaext": _matches(r"[A-Za-z_-]*"),
    "alphanum": _matches(r"[A-Za-z0-9]*"),
    "alphanumext": _matches(r"[A-Za-z0-9_-]*"),
    "username": _matches(r"[-.@_a-z0-9]*"),
    "safedir": _matches(r"[A-Za-z0-9_-]*"),
    "plugin": _matches(r"[a-z][a-z0-9_]*|"),
    "component": _matches(r"[a-z][a-z0-9_]*|"),
    "area": _matches(r"[a-z][a-z0-9_]*|"),
    "capability": _matches(r"[a-z0-9_/]+:[a-z0-9_]+|"),
    "timezone": _matches(r"[A-Za-z0-9_+/.-]*"),
    "file": lambda text: "/" not in text and "\0" not in text and text not in {".", ".."},
    "path": lambda text: ".." not in text and "\0" not in text,
    "url": _matches(r"(https?://\S+)?"),
}


def is_clean(param: str, text: str) -> bool:
    return _CLEAN[param](text)


def validate(spec: Spec, given: Any, installed: dict[str, frozenset[str]]) -> Any:
    """`given` (as PHP decoded it) as typed values with the defaults filled in.

    Raises MoodleError `invalidparameter`.
    """
    kind = spec["type"]
    if kind == "object":
        return _object(spec, given, installed)
    if kind == "array":
        return _array(spec, given, installed)
    return _value(spec, given, installed)


def _object(spec: Spec, given: Any, installed: dict[str, frozenset[str]]) -> dict[str, Any]:
    if given == []:
        given = {}
    if not isinstance(given, dict):
        raise invalid_parameter()
    keys: dict[str, Spec] = spec["keys"]
    read: dict[str, Any] = {}
    for name, inner in keys.items():
        if name in given:
            read[name] = validate(inner, given[name], installed)
            continue
        required = inner["required"]
        if required in (True, "required"):
            raise invalid_parameter()
        if required == "default" or (required is False and inner["default"] is not None):
            read[name] = _default(inner)
    if any(name not in keys for name in given):
        raise invalid_parameter()
    return read


def _array(spec: Spec, given: Any, installed: dict[str, frozenset[str]]) -> list[Any]:
    if isinstance(given, dict):
        given = list(given.values())
    if not isinstance(given, list):
        raise invalid_parameter()
    inner = spec["items"]
    return [validate(inner, item, installed) for item in given]


def _value(spec: Spec, given: Any, installed: dict[str, frozenset[str]]) -> Any:
    if given is None:
        if spec["nullok"]:
            return None
        raise invalid_parameter()
    if isinstance(given, (dict, list)):
        raise invalid_parameter()
    param = spec["param"]
    text = ("1" if given else "0") if isinstance(given, bool) else str(given)
    if param in installed:
        if text not in installed[param]:
            raise invalid_parameter()
        return text
    if not _CLEAN[param](text):
        raise invalid_parameter()
    if param == "int":
        return int(text)
    return text == "1" if param == "bool" else text


def _default(spec: Spec) -> Any:
    default = spec["default"]
    if spec["type"] == "object" and default == []:
        return {}
    if default is None or spec["type"] != "value":
        return default
    if spec["param"] == "int":
        return int(default)
    return bool(int(default)) if spec["param"] == "bool" else default


@cache
def core_functions() -> dict[str, dict[str, Any]]:
    """Name → {type, capabilities, parameters} of every core function recorded on Moodle 4.5."""
    text = resources.files("passerelle_laptop.twin").joinpath("data/functions-4.5.json").read_text("utf-8")
    functions: dict[str, dict[str, Any]] = json.loads(text)["functions"]
    return functions
