from __future__ import annotations

import ast
from pathlib import Path

import passerelle.domain
from passerelle.events.validation_errors import FieldError, field_error

DOMAIN = Path(next(iter(passerelle.domain.__path__)))


def messages_of(module: str) -> list[str]:
    """What the classes of `domain` raise as ValueError, `{}` for what is filled in."""
    found = []
    for node in ast.walk(ast.parse((DOMAIN / f"{module}.py").read_text())):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            if getattr(node.exc.func, "id", "") != "ValueError":
                continue
            (text,) = node.exc.args
            if isinstance(text, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "word" for part in text.values]
                found.append("".join(str(part) for part in parts))
            else:
                assert isinstance(text, ast.Constant)
                found.append(str(text.value))
    return found


def test_every_sentence_of_the_domain_is_known_in_french() -> None:
    messages = [text for module in ("site_commands", "network", "sizes") for text in messages_of(module)]
    assert len(messages) >= 10
    for text in messages:
        read = field_error({"loc": (), "type": "value_error", "ctx": {"error": ValueError(text)}})
        assert read.worded("fr") != read.worded("en"), f"no French for: {read.text}"


def test_a_path_is_spelled_as_people_write_it() -> None:
    assert FieldError(("sites", "caen", "secrets", 1), "missing").field == "sites.caen.secrets[1]"


def test_the_field_that_a_class_names_is_found_in_its_sentence() -> None:
    error = {
        "loc": ("hub",),
        "type": "value_error",
        "ctx": {"error": ValueError("site: '{}' is not one of the sites")},
    }
    assert field_error(error).field == "hub.site"


def test_an_unknown_kind_still_says_something() -> None:
    assert FieldError(("x",), "martian").worded("fr") == "la valeur ne convient pas"
    assert FieldError(("x",), "martian").worded("en") == "the value does not fit"
