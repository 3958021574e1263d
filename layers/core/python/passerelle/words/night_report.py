"""The words of a night's report, French and English side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from passerelle.domain.night.report.report import NightReport
from passerelle.words.causes import say_command, say_finding
from passerelle.words.formatter import Pair, fill
from passerelle.words.offer import say_file, say_row

KINDS: Mapping[str, Pair] = {
    "user_create": ("comptes créés", "accounts made"),
    "user_update": ("comptes mis à jour", "accounts updated"),
    "user_suspend": ("comptes suspendus", "accounts suspended"),
    "user_unsuspend": ("comptes réactivés", "accounts reactivated"),
    "cohort_create": ("cohortes créées", "cohorts made"),
    "cohort_update": ("cohortes renommées", "cohorts renamed"),
    "cohort_add": ("membres de cohorte ajoutés", "cohort members added"),
    "cohort_remove": ("membres de cohorte retirés", "cohort members removed"),
    "category_create": ("catégories créées", "categories made"),
    "category_update": ("catégories renommées ou déplacées", "categories renamed or moved"),
    "category_delete": ("catégories vides supprimées", "empty categories deleted"),
    "course_create": ("cours créés", "courses made"),
    "course_update": ("cours renommés ou déplacés", "courses renamed or moved"),
    "course_archive": ("cours archivés", "courses archived"),
    "group_create": ("groupes créés", "groups made"),
    "group_update": ("groupes renommés", "groups renamed"),
    "group_delete": ("groupes supprimés", "groups deleted"),
    "member_add": ("membres de groupe ajoutés", "group members added"),
    "member_remove": ("membres de groupe retirés", "group members removed"),
    "enrol": ("inscriptions", "enrolments"),
    "suspend": ("accès suspendus", "accesses suspended"),
    "unenrol": ("désinscriptions", "unenrolments"),
    "adopt": ("adoptions", "adoptions"),
}

# Why Moodle did not do an operation, by its code.
CODES: Mapping[str, Pair] = {
    "unknownuser": ("ce compte n’existe pas", "there is no such account"),
    "unknowncourse": ("ce cours n’existe pas", "there is no such course"),
    "unknowngroup": ("ce groupe n’existe pas", "there is no such group"),
    "unknowncategory": ("cette catégorie n’existe pas", "there is no such category"),
    "notours": ("n’appartient pas à la nuit : voyez D11", "is not the night's: see D11"),
    "notempty": ("quelque chose en dépend encore", "something still hangs on it"),
    "idnumbertaken": ("ce numéro d’identification est pris", "this idnumber is taken"),
    "shortnametaken": ("ce nom abrégé est pris", "this short name is taken"),
    "invalid": ("Moodle refuse une de ces valeurs", "Moodle refuses one of these values"),
    "broken": (
        "Moodle s’interrompt sur cette opération : lisez son journal d’erreurs PHP",
        "Moodle breaks on this operation: read its PHP error log",
    ),
}

WORDS: Mapping[str, Pair] = {
    "title": ("Rapport de la nuit", "Report of the night"),
    "night": ("Nuit du {day}", "Night of {day}"),
    "made": ("Établi {when}", "Made {when}"),
    "well": ("La synchronisation s’est bien passée.", "The synchronisation went well."),
    "held": (
        "Un plan est retenu : des retraits anormalement nombreux attendent qu’un administrateur les examine. "
        "Rien n’a été retiré.",
        "A plan is held: abnormally many removals wait for an administrator to look at them. Nothing was "
        "removed.",
    ),
    "never_ran": (
        "La nuit n’a pas eu lieu : aucune étape n’a commencé. Rien n’a été mis à jour dans Moodle.",
        "The night did not run: no stage began. Nothing was updated in Moodle.",
    ),
    "missing": (
        "Des étapes n’ont pas eu lieu : voyez « Déroulement » et les points à corriger.",
        "Some stages did not run: see “Stages” and the points to correct.",
    ),
    "would": ("Ce que le plan retenu aurait fait", "What the held plan would have done"),
    "in_moodle": ("ouvrir le cours", "open the course"),
    "failed": (
        "Une étape a échoué ou n’a pas tout appliqué : voir « Déroulement ».",
        "A stage failed or did not apply everything: see “Stages”.",
    ),
    "to_repair": (
        "{count:# point|# points} à corriger",
        "{count:# point|# points} to correct",
    ),
    "nothing": ("Rien à corriger : bravo.", "Nothing to correct: well done."),
    "figures": ("En chiffres", "In figures"),
    "no_change": ("Aucun changement cette nuit.", "No change this night."),
    "repair": ("À corriger, par service", "To correct, by service"),
    "stages": ("Déroulement", "Stages"),
    "trend": ("Les dernières nuits", "The last nights"),
    "sources": ("Fichiers lus", "Files read"),
    "refused": ("Lignes refusées", "Rows refused"),
    "refused_note": (
        "Ce que ces lignes désignent n’a été ni ajouté, ni retiré, ni renommé cette nuit.",
        "What these rows stand for was neither added, nor removed, nor renamed this night.",
    ),
    "undone": ("Ce que Moodle n’a pas fait", "What Moodle did not do"),
    "undone_note": (
        "La nuit suivante l’essaiera à nouveau ; le reste a été fait.",
        "The next night will try again; the rest was done.",
    ),
    "what": ("Constat et que faire", "What was found, what to do"),
    "person": ("Personne", "Person"),
    "where": ("Source", "Source"),
    "course": ("Cours", "Course"),
    "faculty": ("Composante", "Faculty"),
    "stage": ("Étape", "Stage"),
    "state": ("État", "State"),
    "started": ("Début", "Start"),
    "duration": ("Durée", "Duration"),
    "operations": ("Opérations", "Operations"),
    "file": ("Fichier", "File"),
    "rows": ("Lignes", "Rows"),
    "change": ("Écart avec la dernière bonne nuit", "Against the last good night"),
    "bad": ("Refusées", "Refused"),
    "added": ("ajouts", "additions"),
    "changed": ("changements", "changes"),
    "removed": ("retraits", "removals"),
    "plot_counts": ("Opérations par nuit", "Operations per night"),
    "plot_seconds": ("Durée par nuit", "Duration per night"),
    "flag_held": ("retenue", "held"),
    "flag_failed": ("échec", "failed"),
    "table_of": ("Les mêmes chiffres en tableau", "The same figures as a table"),
    "more": (
        "… et {count:# autre|# autres} : voir le fichier CSV de la composante.",
        "… and {count:# more|# more}: see the faculty's CSV file.",
    ),
    "line": ("ligne", "line"),
    "minutes": (" min", " min"),
    "not_applied": ("refusées par Moodle", "refused by Moodle"),
    "withheld": ("retenues par le gel", "withheld by the freeze"),
    "elsewhere": (
        "{count:# IP porte|# IP portent} sur des codes qui ne sont pas des espaces de cours : c’est normal.",
        "{count:# IP is|# IPs are} on codes that are no course spaces: that is normal.",
    ),
    "contents": ("Sommaire", "Contents"),
    "check": ("Contrôle", "Check"),
    "repairs": ("Qui corrige", "Who repairs it"),
    "none": ("aucune", "none"),
    "by_faculty": ("Par composante", "By faculty"),
    "no_faculty": ("Hors composante", "No faculty"),
    "points": ("Points à corriger", "Points to correct"),
}


def word(name: str, lang: str, **values: object) -> str:
    return fill(WORDS[name], lang, values)


def as_document(report: NightReport) -> dict[str, Any]:
    """JSON, for programs: all of the report, names of people aside."""
    document: dict[str, Any] = asdict(report) | {"counts": dict(report.counts)}
    del document["people"]
    document["lines"] = [
        {
            "check": line.check,
            "what": line.reason.cause.value,
            "repairs": line.repairs.value,
            "faculty": line.faculty,
            "course": line.reason.course,
            "person": line.reason.person,
            "rows": [asdict(row) for row in line.reason.rows],
            "command": say_command(line.reason, report.site, "en"),
            "french": say_finding(line.reason, "fr"),
            "english": say_finding(line.reason, "en"),
        }
        for line in report.lines
    ]
    document["refused"] = [(say_row(row, "fr"), say_row(row, "en")) for row in report.refused]
    document["problems"] = [(say_file(one, "fr"), say_file(one, "en")) for one in report.problems]
    return _plain(document)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
