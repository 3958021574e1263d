"""network.yaml read and checked: every problem at once, each with its line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from passerelle.domain.network import NAME, Network
from passerelle.errors import GiveUp
from passerelle.events.validation_errors import FieldError, field_error
from passerelle.shops.registry import MODULES, vendor
from passerelle.words.typesetting import typeset

UNKNOWN_WORD = ("unexpected_keyword_argument", "extra_forbidden")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    line: int  # from 1
    field: str  # sites.caen.url; empty for the file as a whole
    french: str
    english: str

    def worded(self, lang: str) -> str:
        if lang.startswith("fr"):
            place = f"ligne {self.line}" + (f", {self.field}" if self.field else "")
            return typeset(f"{place} : {self.french}", "fr")
        place = f"line {self.line}" + (f", {self.field}" if self.field else "")
        return f"{place}: {self.english}"


class NetworkRefused(GiveUp):
    """The file cannot be used; `problems` says all that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("network_invalid", problems=len(problems))
        self.problems = problems


def read_network(text: str) -> tuple[Network, dict[str, Any]]:
    """The network and the file as JSON. Raises NetworkRefused with every problem found."""
    page = _Page(text)
    document = page.document()
    problems = list(page.problems)
    network, found = _validated(document)
    if found:
        # A class that meets an unknown word looks no further: what else is wrong there shows without it.
        unknown = {one.path for one in found if one.kind in UNKNOWN_WORD}
        more = [*_validated(_without(document, unknown))[1], *_across(document)]
        found += [one for one in more if one.field not in {known.field for known in found}]
    found += _shops(network) if network is not None else []
    problems += [page.problem(one) for one in found]
    if problems or network is None:
        raise NetworkRefused(tuple(sorted(problems, key=lambda problem: problem.line)))
    return network, document


def _validated(document: Mapping[str, Any]) -> tuple[Network | None, list[FieldError]]:
    try:
        return TypeAdapter(Network).validate_python(document), []
    except ValidationError as error:
        return None, [field_error(row) for row in error.errors(include_url=False, include_input=False)]


def _without(value: Any, unknown: set[Path], path: Path = ()) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        name: _without(item, unknown, (*path, name))
        for name, item in value.items()
        if (*path, name) not in unknown
    }


def _across(document: Mapping[str, Any]) -> list[FieldError]:
    """What the classes say of the whole only once every part fits, said beside the rest."""
    sites, hub = document.get("sites"), document.get("hub")
    if not isinstance(sites, dict):
        return []
    found = [
        FieldError(("sites", name), "value_error", f"'{name}' must be lower-case letters, digits and dashes")
        for name in sites
        if not NAME.fullmatch(str(name))
    ]
    site = hub.get("site") if isinstance(hub, dict) else None
    if isinstance(site, str) and site not in sites:
        found.append(FieldError(("hub", "site"), "value_error", f"'{site}' is not one of the sites"))
    return found


def _shops(network: Network) -> list[FieldError]:
    """What each kind of shop asks of its entry. A key that is missing stops nothing yet: `shops show` and
    `catalogue check` name it.
    """
    found = []
    for name, shop in network.shops.items():
        if shop.kind not in MODULES:
            known = ", ".join(sorted(MODULES))
            found.append(FieldError(("shops", name, "kind"), "value_error", f"one of {known}"))
            continue
        for field, wanted in vendor(shop.kind).problems(shop):
            if field != "api":
                found.append(FieldError(("shops", name, field), "value_error", wanted))
    return found


class _Page:
    """The YAML as data, with the line of each value."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._lines: dict[Path, int] = {(): 1}
        self._root = self._composed(text)

    def document(self) -> dict[str, Any]:
        if self._root is None:
            self._say(1, "", "le fichier est vide", "the file is empty")
            raise NetworkRefused(tuple(self.problems))
        data = self._data(self._root, ())
        if not isinstance(data, dict):
            self._say(
                1, "", "des lignes « nom: valeur » sont attendues", "lines of “name: value” are expected"
            )
            raise NetworkRefused(tuple(self.problems))
        return data

    def problem(self, found: FieldError) -> Problem:
        french, english = found.worded("fr"), found.worded("en")
        if found.kind in UNKNOWN_WORD:
            meant = difflib.get_close_matches(str(found.path[-1]), _words_at(found.path[:-1]), n=1)
            if meant:
                french += f" ; vouliez-vous dire « {meant[0]} » ?"
                english += f"; did you mean “{meant[0]}”?"
        return Problem(self._line(found.path), found.field, french, english)

    def _line(self, path: Path) -> int:
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def _say(self, line: int, where: str, french: str, english: str) -> None:
        self.problems.append(Problem(line, where, french, english))

    def _composed(self, text: str) -> yaml.Node | None:
        try:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent):
                    # One that holds itself would never end, and nobody needs them here.
                    line = event.start_mark.line + 1 if event.start_mark else 1
                    self._say(
                        line, "", "écrivez-le en toutes lettres, sans « * »", "write it out, without “*”"
                    )
                    raise NetworkRefused(tuple(self.problems))
            node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            why = getattr(error, "problem", None) or "YAML"
            line = mark.line + 1 if mark else 1
            self._say(line, "", f"ce n’est pas du YAML ({why})", f"this is not YAML ({why})")
            raise NetworkRefused(tuple(self.problems)) from None
        return node

    def _data(self, node: yaml.Node, path: Path) -> Any:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._data(item, (*path, place)) for place, item in enumerate(node.value)]
        try:
            return yaml.SafeLoader("").construct_object(node)
        except yaml.YAMLError:
            self._say(
                node.start_mark.line + 1,
                FieldError(path, "").field,
                "cette valeur n’est pas lisible",
                "this value cannot be read",
            )
            return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            where = (*path, name)
            if name in data:
                first = self._lines[where]
                self._say(
                    line,
                    FieldError(where, "").field,
                    f"ce mot est déjà donné à la ligne {first}",
                    f"this word is already given on line {first}",
                )
                continue
            self._lines[where] = line
            data[name] = self._data(value, where)
        return data


def _words_at(path: Path) -> list[str]:
    """The words known at a place of the file."""
    kind: Any = Network
    for step in path:
        if is_dataclass(kind):
            kind = get_type_hints(kind).get(str(step))
        elif get_origin(kind) is not None:
            kind = get_args(kind)[-1]
    return [one.name for one in fields(kind)] if is_dataclass(kind) else []
