"""What a course holds, in words (R5); the kinds are the plugin's."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.words.formatter import MISSING, Pair, fill

HOLDS: Mapping[str, Pair] = {
    "activities": ("{n:# activité|# activités}", "{n:# activity|# activities}"),
    "discussions": (
        "{n:# discussion|# discussions} dans les annonces",
        "{n:# discussion|# discussions} in the announcements",
    ),
    "questions": ("{n:# question|# questions}", "{n:# question|# questions}"),
    "badges": ("{n:# badge|# badges}", "{n:# badge|# badges}"),
    "contentbank": (
        "{n:# élément|# éléments} de la banque de contenus",
        "{n:# item|# items} of the content bank",
    ),
    "summaries": ("{n:# résumé|# résumés} de section", "{n:# section summary|# section summaries}"),
}


def say_holds(spelled: str, lang: str) -> str:
    """What `spell_holds` kept, as `3 activités, 2 questions`; a text that is none stays as it is."""
    # Every function says sentences; few say what a course holds.
    from passerelle.domain.moodle.plugin import read_holds

    holds = read_holds(spelled)
    words = [
        fill(HOLDS[one.kind], lang, {"n": one.count}) if one.kind in HOLDS else f"{one.kind} ({one.count})"
        for one in holds
    ]
    return ", ".join(words) or spelled or MISSING
