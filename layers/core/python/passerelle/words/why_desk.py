"""What the *Pourquoi ?* desk says where it has no answer yet; French, English."""

from __future__ import annotations

from collections.abc import Mapping

WHY: Mapping[str, tuple[str, str]] = {
    "why_people": (
        "{count} personnes répondent à « {asked} ». Précisez, par exemple par le code :",
        "{count} people answer to “{asked}”. Be more precise, for instance by the code:",
    ),
    "why_courses": (
        "{count} cours répondent à « {asked} ». Précisez, par exemple par le code :",
        "{count} courses answer to “{asked}”. Be more precise, for instance by the code:",
    ),
    "why_nobody": (
        "Personne ne répond à « {asked} » (identifiant, adresse, code ou nom). Vérifiez l’orthographe.",
        "Nobody answers to “{asked}” (login, e-mail, code or name). Check the spelling.",
    ),
    "why_nothing": (
        "Aucun cours ne répond à « {asked} » (code, numéro d’identification, nom abrégé ou partie du nom). "
        "Vérifiez l’orthographe.",
        "No course answers to “{asked}” (code, idnumber, short name or part of its name). Check the "
        "spelling.",
    ),
    "why_question": (
        "Donnez une référence, ou une personne et un cours.",
        "Give a reference, or a person and a course.",
    ),
    "why_from": (
        "D’après les extractions de la nuit du {night}.",
        "From the extracts of the night of {night}.",
    ),
    "why_newer": (
        "Celles de la nuit du {night}, incomplètes, n’ont pas servi : {files}",
        "Those of the night of {night} are not whole and were not used: {files}",
    ),
    "why_incomplete": (
        "Aucune nuit de la semaine n’est complète, et ce qui dépend de ceci est inconnu : {files}",
        "No night of the week is whole, and what depends on this is unknown: {files}",
    ),
    "why_at_once": (
        "Sans attendre la nuit : une fois l’extraction juste et déposée, « Voir ce qui serait rétabli », dans "
        "Pourquoi ?, ou passerelle sync person.",
        "Without waiting for the night: once the extract is right and deposited, “See what would be put "
        "right” in Why?, or passerelle sync person.",
    ),
    "why_not_looked": (
        "Moodle n’a pas pu être consulté : cette réponse vient des seules sources et du journal des nuits.",
        "Moodle could not be looked at: this answer comes from the sources and the nights' records alone.",
    ),
    "why_sources": (
        "Indiquez --sources (un dossier d’extractions) ou --site (un site de network.yaml).",
        "Give --sources (a folder of extracts) or --site (a site of network.yaml).",
    ),
    "no_extracts": (
        "Aucune extraction n’a encore été déposée pour ce site : il n’y a rien sur quoi répondre.",
        "No extract has been delivered for this site yet: there is nothing to answer from.",
    ),
    "night_to_come": (
        "La nuit du {night} n’est pas encore venue : il n’y a rien à en dire.",
        "The night of {night} has not come yet: there is nothing to say of it.",
    ),
    "report_unknown": (
        "Il n’y a pas de rapport pour la nuit du {night} sur {site}.",
        "There is no report of the night of {night} on {site}.",
    ),
    "reference_unknown": (
        "La référence {reference} n’est pas connue pour ce site, ou date de plus de {days} jours.",
        "The reference {reference} is not known for this site, or is more than {days} days old.",
    ),
    "reference_found": (
        "Référence {reference}, {when} : {message}",
        "Reference {reference}, {when}: {message}",
    ),
}
