"""A note of a record as a sentence."""

from __future__ import annotations

from passerelle.domain.records import Note
from passerelle.words.sentences import known, say


def note_text(note: Note, lang: str) -> str:
    if not known(note.code) and note.details.get("detail"):
        return say("job_said", lang, **note.details)  # a word of Moodle's own, with its text
    return say(note.code, lang, **note.details)
