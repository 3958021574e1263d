"""The words of a night's report, French and English side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from passerelle.domain.night.report.report import NightReport
from passerelle.words.causes import say_command, say_finding
from passerelle.words.formatter import Pair, fill
from passerelle.words.offer import say_files, say_row

# What operations did; `n` is their number, which is shown beside.
KINDS: Mapping[str, Pair] = {
    "user_create": ("{n:compte créé|comptes créés}", "{n:account made|accounts made}"),
    "user_update": ("{n:compte mis à jour|comptes mis à jour}", "{n:account updated|accounts updated}"),
    "user_suspend": ("{n:compte suspendu|comptes suspendus}", "{n:account suspended|accounts suspended}"),
    "user_unsuspend": (
        "{n:compte réactivé|comptes réactivés}",
        "{n:account reactivated|accounts reactivated}",
    ),
    "cohort_create": ("{n:cohorte créée|cohortes créées}", "{n:cohort made|cohorts made}"),
    "cohort_update": ("{n:cohorte renommée|cohortes renommées}", "{n:cohort renamed|cohorts renamed}"),
    "cohort_add": (
        "{n:membre de cohorte ajouté|membres de cohorte ajoutés}",
        "{n:cohort member added|cohort members added}",
    ),
    "cohort_remove": (
        "{n:membre de cohorte retiré|membres de cohorte retirés}",
        "{n:cohort member removed|cohort members removed}",
    ),
    "category_create": ("{n:catégorie créée|catégories créées}", "{n:category made|categories made}"),
    "category_update": (
        "{n:catégorie renommée ou déplacée|catégories renommées ou déplacées}",
        "{n:category renamed or moved|categories renamed or moved}",
    ),
    "category_delete": (
        "{n:catégorie vide supprimée|catégories vides supprimées}",
        "{n:empty category deleted|empty categories deleted}",
    ),
    "course_create": ("{n:cours créé|cours créés}", "{n:course made|courses made}"),
    "course_update": (
        "{n:cours renommé ou déplacé|cours renommés ou déplacés}",
        "{n:course renamed or moved|courses renamed or moved}",
    ),
    "course_archive": ("{n:cours archivé|cours archivés}", "{n:course archived|courses archived}"),
    "group_create": ("{n:groupe créé|groupes créés}", "{n:group made|groups made}"),
    "group_update": ("{n:groupe renommé|groupes renommés}", "{n:group renamed|groups renamed}"),
    "group_delete": ("{n:groupe supprimé|groupes supprimés}", "{n:group deleted|groups deleted}"),
    "member_add": (
        "{n:membre de groupe ajouté|membres de groupe ajoutés}",
        "{n:group member added|group members added}",
    ),
    "member_remove": (
        "{n:membre de groupe retiré|membres de groupe retirés}",
        "{n:group member removed|group members removed}",
    ),
    "enrol": ("{n:inscription|inscriptions}", "{n:enrolment|enrolments}"),
    "suspend": ("{n:accès suspendu|accès suspendus}", "{n:access suspended|accesses suspended}"),
    "unenrol": ("{n:désinscription|désinscriptions}", "{n:unenrolment|unenrolments}"),
    "adopt": ("{n:adoption|adoptions}", "{n:adoption|adoptions}"),
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
    "rolenotallowed": (
        "ce Moodle ne permet pas à Passerelle de donner ce rôle : Passerelle → Réglages → Rôles",
        "this Moodle does not let Passerelle give this role: Passerelle → Settings → Roles",
    ),
    "authnotallowed": (
        "ce Moodle ne permet pas à Passerelle de donner cette authentification : "
        "Passerelle → Réglages → Méthodes d’authentification",
        "this Moodle does not let Passerelle give this authentication: "
        "Passerelle → Settings → Authentications",
    ),
    "categorynotallowed": (
        "hors des catégories que ce Moodle ouvre à Passerelle : Passerelle → Réglages → Catégories",
        "outside the categories that this Moodle lets Passerelle use: Passerelle → Settings → Categories",
    ),
    "protecteduser": (
        "ce compte administre le site, a un rôle sur tout le site ou gère une catégorie : "
        "modifiez-le à la main",
        "this account administers the site, has a role over all of it or manages a category: "
        "change it by hand",
    ),
    "nopermission": (
        "le compte de Passerelle n’a pas enrol/passerelle:manage dans ce cours",
        "Passerelle’s account lacks enrol/passerelle:manage in this course",
    ),
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
    "would_be": (
        "Ce que le plan retenu aurait fait : {what}",
        "What the held plan would have done: {what}",
    ),
    "in_moodle": ("ouvrir le cours", "open the course"),
    "failed": (
        "Une étape a échoué ou n’a pas tout appliqué : voyez « Déroulement ».",
        "A stage failed or did not apply everything: see “Stages”.",
    ),
    "to_repair": (
        "{count:Rien à corriger : bravo.|# point à corriger|# points à corriger}",
        "{count:Nothing to correct: well done.|# point to correct|# points to correct}",
    ),
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
    "undone_line": ("{kind} – {what} : {why}", "{kind} – {what}: {why}"),
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
    "plot_now": (
        "{day} : {added:# ajout|# ajouts}, {changed:# changement|# changements}, {removed:# retrait|# retraits}",
        "{day}: {added:# addition|# additions}, {changed:# change|# changes}, {removed:# removal|# removals}",
    ),
    "plot_last": ("{day} : {duration}", "{day}: {duration}"),
    "plot_seconds": ("Durée par nuit", "Duration per night"),
    "flag_held": ("retenue", "held"),
    "flag_failed": ("échec", "failed"),
    "of_night": ("Nuit du", "Night of"),
    "remark": ("Remarque", "Remark"),
    "table_of": ("Les mêmes chiffres en tableau", "The same figures as a table"),
    "more": (
        "… et {count:# autre|# autres} : voyez le fichier CSV de la composante.",
        "… and {count} more: see the faculty's CSV file.",
    ),
    "line": ("ligne", "line"),
    "minutes": (" min", " min"),
    "not_applied": ("{count:# refusée|# refusées} par Moodle", "{count:#|#} refused by Moodle"),
    "withheld": ("{count:# retenue|# retenues} par le gel", "{count:#|#} withheld by the freeze"),
    "elsewhere": (
        "{count:# IP porte sur un code qui n’est pas un espace|# IP portent sur des codes qui ne sont pas des "
        "espaces} de cours : c’est normal.",
        "{count:# IP is on a code that is no course space|# IPs are on codes that are no course spaces}: that "
        "is normal.",
    ),
    "check": ("Contrôle", "Check"),
    "repairs_count": ("- {who} : {count}", "- {who}: {count}"),
    "repairs": ("Qui corrige", "Who repairs it"),
    "by_faculty": ("Par composante", "By faculty"),
    "no_faculty": ("Hors composante", "No faculty"),
    "points": ("Points à corriger", "Points to correct"),
}


def word(name: str, lang: str, **details: object) -> str:
    return fill(WORDS[name], lang, details)


def say_kind(kind: str, number: int, lang: str) -> str:
    """What `number` operations of a kind did; a kind of a later release stays what it is."""
    return fill(KINDS.get(kind, (kind, kind)), lang, {"n": number})


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
    document["problems"] = list(
        zip(say_files(report.problems, "fr"), say_files(report.problems, "en"), strict=True)
    )
    return _plain(document)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
