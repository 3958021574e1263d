"""Pages are Jinja2 templates in `pages/templates/`, escaped throughout; words come from `passerelle.words`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from passerelle.words.notes import note_text
from passerelle.words.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from passerelle.domain.records import Note
    from passerelle.words.formatter import Pair


def render(name: str, lang: str, words: Mapping[str, Pair], **shown: Any) -> str:
    """`name`: a template below `pages/templates`; `words`: what the page itself says, by name.

    In the template `t(name, **details)` says a word of the page, `say(code, **details)` a sentence and
    `note(note)` a note of a record; `lang` is `fr` or `en`.
    """
    lang = "fr" if lang.startswith("fr") else "en"

    def t(word: str, **details: object) -> str:
        return say(words[word], lang, **details)

    def say_here(code: str, **details: object) -> str:
        return say(code, lang, **details)

    def note(one: Note) -> str:
        return note_text(one, lang)

    return templates().get_template(name).render(lang=lang, t=t, say=say_here, note=note, **shown)


@cache
def templates() -> Environment:
    # Imported here: what shows no page does not pay for it at its cold start.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("passerelle.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
