"""R12's report in words, row by row: what was found, where, what to do; French, English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from passerelle.domain.rollover.report import Code, Finding, Report
from passerelle.domain.rollover.survey import Place
from passerelle.domain.sizes import spell_size
from passerelle.words.formatter import Pair, fill, pick
from passerelle.words.modules import say_module

# code → (French title, English title, French advice, English advice). `{names}` as in words.sentences.
WORDS: Mapping[Code, tuple[str, str, str, str]] = {
    Code.STALE_LINK: (
        "Liens non valides (vers l’ancienne plateforme)",
        "Stale links (to the old platform)",
        "Ouvrez l’activité, remplacez ce lien{new}.",
        "Open the activity and replace this link{new}.",
    ),
    Code.STALE_FILE_LINK: (
        "Fichiers restés sur l’ancienne plateforme",
        "Files left on the old platform",
        "Déposez le fichier dans ce cours, puis refaites le lien ou l’image.",
        "Put the file into this course, then make the link or image again.",
    ),
    Code.HEAVY_FILE: (
        "Fichiers lourds",
        "Heavy files",
        "Déposez ce fichier ({size}) sur la médiathèque, mettez-en le lien à sa place, puis supprimez-le.",
        "Move this file ({size}) to the media library, put its link in its place, then delete it.",
    ),
    Code.PAST_DATE: (
        "Dates d’une année passée",
        "Dates of a past year",
        "Choisissez une date de cette année dans les paramètres de l’activité.",
        "Choose a date of this year in the activity's settings.",
    ),
    Code.GROUP_MISSING: (
        "Restrictions à un groupe qui n’existe pas",
        "Restrictions to a group that does not exist",
        "Dans « Restreindre l’accès », choisissez un groupe de cette année ou retirez la condition.",
        "Under “Restrict access”, choose a group of this year or remove the condition.",
    ),
    Code.GROUPING_MISSING: (
        "Restrictions à un groupement qui n’existe pas",
        "Restrictions to a grouping that does not exist",
        "Dans « Restreindre l’accès », choisissez un groupement de cette année ou retirez la condition.",
        "Under “Restrict access”, choose a grouping of this year or remove the condition.",
    ),
    Code.ACTIVITY_MISSING: (
        "Restrictions à une activité absente",
        "Restrictions to an activity that is not there",
        "Retirez la condition, ou faites-la porter sur une activité du cours.",
        "Remove the condition, or make it name an activity of the course.",
    ),
    Code.PLUGIN_MISSING: (
        "Plugins absents de la nouvelle plateforme",
        "Plugins that the new platform lacks",
        "{times:# activité|# activités} de ce type {times:ne peut|ne peuvent} pas arriver : remplacez-"
        "{times:la|les}, ou demandez l’installation du plugin à l’assistance.",
        "{times:# activity|# activities} of this kind cannot come: replace {times:it|them}, or ask the help "
        "desk to install the plugin.",
    ),
    Code.BADGES_LEFT_OUT: (
        "Badges laissés de côté par Moodle",
        "Badges that Moodle left out",
        "{times:# badge n’est pas venu|# badges ne sont pas venus}, parce qu’une partie du cours a été exclue "
        ": recréez-{times:le|les}.",
        "{times:# badge|# badges} did not come, because a part of the course was left out: make "
        "{times:it|them} again.",
    ),
    Code.GRADES_LEFT_OUT: (
        "Réglages du carnet de notes laissés de côté par Moodle",
        "Grade settings that Moodle left out",
        "Les catégories et réglages du carnet de notes ne sont pas venus, parce qu’une partie du cours a été "
        "exclue : vérifiez le carnet de notes.",
        "Grade categories and settings did not come, because a part of the course was left out: "
        "check the gradebook.",
    ),
    Code.OVERRIDES_LEFT_OUT: (
        "Permissions laissées de côté",
        "Permissions left out",
        "Si vous en avez besoin, demandez à votre administrateur de les donner dans ce cours.",
        "If you need them, ask your administrator to give them in this course.",
    ),
    Code.H5P_MISSING: (
        "Contenus H5P qui ne s’affichent pas encore",
        "H5P contents that are not shown yet",
        "Transmettez cette phrase à l’administrateur de votre plateforme.",
        "Pass this sentence on to the administrator of your platform.",
    ),
    Code.NEEDS_NOBODY: (
        "Pour information",
        "For information",
        "Il n’y a rien à faire.",
        "There is nothing to do.",
    ),
    Code.SAID_BY_MOODLE: (
        "Avertissements de Moodle",
        "Moodle's own warnings",
        "Vérifiez ce point dans le cours ; en cas de doute, écrivez à l’assistance.",
        "Check this in the course; if in doubt, write to the help desk.",
    ),
}

_KINDS: Mapping[str, Pair] = {
    "course": ("Cours", "Course"),
    "section": ("Section", "Section"),
    "activity": ("Activité", "Activity"),
    "block": ("Bloc", "Block"),
    "question": ("Banque de questions", "Question bank"),
    "file": ("Fichier", "File"),
    "badge": ("Badge", "Badge"),
    "other": ("Cours", "Course"),
}

_FIELDS: Mapping[str, Pair] = {
    "summary": ("résumé", "summary"),
    "intro": ("description", "description"),
    "content": ("contenu", "content"),
    "externalurl": ("adresse", "address"),
    "message": ("message", "message"),
    "text": ("texte", "text"),
    "questiontext": ("texte de la question", "question text"),
    "generalfeedback": ("commentaire général", "general feedback"),
    "answertext": ("réponse", "answer"),
    "activity": ("consignes", "instructions"),
    "availability": ("restreindre l’accès", "restrict access"),
    "availabilityjson": ("restreindre l’accès", "restrict access"),
    "duedate": ("date de remise", "due date"),
    "cutoffdate": ("date limite", "cut-off date"),
    "allowsubmissionsfromdate": ("autoriser la remise dès le", "allow submissions from"),
    "gradingduedate": ("date limite de correction", "grading due date"),
    "timeopen": ("ouverture", "opens"),
    "timeclose": ("fermeture", "closes"),
    "completionexpected": ("achèvement attendu le", "completion expected on"),
}
TITLES: Mapping[bool, Pair] = {
    True: (
        "Ce qu’il faudra corriger avant de récupérer ce cours",
        "What to correct before taking this course",
    ),
    False: ("Ce qu’il reste à corriger dans ce cours", "What is left to correct in this course"),
}
NOTHING = ("Rien à corriger : bravo.", "Nothing to correct: well done.")


def spell_place(place: Place, lang: str) -> str:
    """`Section « Atomes » › Page « Bohr » › Chapitre 2 › contenu`."""
    quote = "«\u00a0{}\u00a0»" if lang.startswith("fr") else "“{}”"
    steps = []
    if place.section and place.kind in ("section", "activity", "file"):
        steps.append(f"{pick(_KINDS['section'], lang)} {quote.format(place.section)}")
    if place.activity:
        of_module = place.kind in ("activity", "file")
        kind = say_module(place.module, lang) if of_module else pick(_KINDS[place.kind], lang)
        steps.append(f"{kind} {quote.format(place.activity)}")
    elif place.kind != "section":
        steps.append(pick(_KINDS[place.kind], lang))
    if place.part and place.part != place.activity:
        steps.append(quote.format(place.part))
    if place.field and place.kind != "file":
        steps.append(pick(_FIELDS.get(place.field, (place.field, place.field)), lang))
    return " › ".join(steps)


def spell_what(finding: Finding, lang: str) -> str:
    if finding.when is not None:
        return f"{finding.when:%d/%m/%Y}" if lang.startswith("fr") else f"{finding.when:%Y-%m-%d}"
    if finding.size:
        return f"{finding.what} ({spell_size(finding.size, lang)})"
    return finding.what


def advice(finding: Finding, lang: str) -> str:
    _, _, french, english = WORDS[finding.code]
    new = ""
    if finding.new_address:
        new = f" par {finding.new_address}" if lang.startswith("fr") else f" by {finding.new_address}"
    size = spell_size(finding.size, lang) if finding.size else ""
    return fill((french, english), lang, {"new": new, "size": size, "times": finding.times})


def as_rows(report: Report, lang: str) -> dict[str, Any]:
    """For the block and for `--json`: every finding with its words."""
    return {
        "title": fill(TITLES[report.before], lang),
        "course": report.course,
        "course_url": report.course_url,
        "before": report.before,
        "made_at": int(report.made_at.timestamp()),
        "counts": [
            {"code": code.value, "title": fill(WORDS[code][:2], lang), "count": report.counts[code.value]}
            for code in Code
            if report.counts.get(code.value)
        ],
        "findings": [
            {
                "code": finding.code.value,
                "title": fill(WORDS[finding.code][:2], lang),
                "place": spell_place(finding.place, lang),
                "what": spell_what(finding, lang),
                "times": finding.times,
                "todo": advice(finding, lang),
                "new_address": finding.new_address,
                "repair_at": finding.repair_at,
            }
            for finding in report.findings
        ],
        "nothing": fill(NOTHING, lang) if not report.counts else "",
    }
