"""Moodle's activities by the names that Moodle itself gives them; French, English."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.words.formatter import Pair, pick

# Activities as Moodle names them to teachers; another plugin keeps its own name.
_MODULES: Mapping[str, Pair] = {
    "assign": ("Devoir", "Assignment"),
    "book": ("Livre", "Book"),
    "choice": ("Sondage", "Choice"),
    "data": ("Base de données", "Database"),
    "feedback": ("Feedback", "Feedback"),
    "folder": ("Dossier", "Folder"),
    "forum": ("Forum", "Forum"),
    "glossary": ("Glossaire", "Glossary"),
    "h5pactivity": ("H5P", "H5P"),
    "imscp": ("Paquetage IMS", "IMS content package"),
    "label": ("Zone texte et média", "Text and media area"),
    "lesson": ("Leçon", "Lesson"),
    "lti": ("Outil externe", "External tool"),
    "page": ("Page", "Page"),
    "quiz": ("Test", "Quiz"),
    "resource": ("Fichier", "File"),
    "scorm": ("Paquetage SCORM", "SCORM package"),
    "subsection": ("Sous-section", "Subsection"),
    "survey": ("Consultation", "Survey"),
    "url": ("URL", "URL"),
    "wiki": ("Wiki", "Wiki"),
    "workshop": ("Atelier", "Workshop"),
}


def say_module(name: str, lang: str) -> str:
    """Its name as Moodle's folder of plugins has it, `assign`; one of another author keeps it."""
    return pick(_MODULES.get(name, (name, name)), lang)
