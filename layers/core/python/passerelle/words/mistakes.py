"""What `passerelle sync check` says of extracts: files, mistakes by kind, what is right; French, English."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.domain.offer.model import Because
from passerelle.words.formatter import Pair, fill
from passerelle.words.offer import ROWS

FILE: Pair = (
    "{file} : {read:aucune ligne|# ligne lue|# lignes lues}{refused:|, # refusée|, # refusées}",
    "{file}: {read:no row|# row read|# rows read}{refused:|, # refused|, # refused}",
)
# By the words of sources.mistakes.Kind.
KINDS: Mapping[str, Pair] = {
    "other_encoding": (
        "le fichier est en {right}. Dites-le : --encoding {right}, ou night.encoding dans network.yaml",
        "the file is in {right}. Say so: --encoding {right}, or night.encoding in network.yaml",
    ),
    "header_only": (
        "rien que l’en-tête : aucune ligne. Refaites l’extraction si ce n’est pas voulu",
        "a header and nothing else: no row. Make the extract again if this is not meant",
    ),
    "unproved": (
        "ne donne ni le nombre de lignes ni l’empreinte {count:d’un fichier|de # fichiers} "
        "({right}) : un fichier coupé passerait inaperçu",
        "neither rows nor checksum of {count:a file|# files} ({right}): a cut file would not be noticed",
    ),
    "nothing_proved": (
        "ne donne ni le nombre de lignes ni l’empreinte d’aucun fichier : un fichier coupé passerait "
        "inaperçu",
        "neither rows nor checksum of any file: a cut file would not be noticed",
    ),
    "no_moment": (
        "made_at manque : la nuit ne sait pas si les extractions sont les siennes, et les refuse. Écrivez "
        "par "
        "exemple 2026-10-05T23:40:00+02:00",
        "made_at is missing: the night cannot tell whether the extracts are its own, and refuses them. Write "
        "for example 2026-10-05T23:40:00+02:00",
    ),
    "shrank": (
        "{count:# ligne|# lignes} de moins que la dernière bonne nuit ({right}) : le plan serait retenu",
        "{count:# row|# rows} less than on the last good night ({right}): the plan would be held",
    ),
    "unknown_person": (
        "{count:# ligne nomme|# lignes nomment} une personne qui n’est pas dans {right}",
        "{count:# row names|# rows name} a person who is not in {right}",
    ),
    "unknown_group": (
        "{count:# ligne nomme|# lignes nomment} un groupe qui n’est pas dans {right}",
        "{count:# row names|# rows name} a group that is not in {right}",
    ),
    "unknown_cohort": (
        "{count:# ligne nomme|# lignes nomment} une cohorte qui n’est pas dans {right}",
        "{count:# row names|# rows name} a cohort that is not in {right}",
    ),
    "unknown_element": (
        "{count:# ligne porte|# lignes portent} sur un code qui n’est pas dans {right} (normal s’il "
        "n’est "
        "pas un espace de cours)",
        "{count:# row is|# rows are} on a code that is not in {right} (normal if it is no course space)",
    ),
    "unknown_collection": (
        "{count:# groupe est|# groupes sont} d’une collection qui n’est rattachée à aucun élément",
        "{count:# group is|# groups are} of a collection that is attached to no element",
    ),
    "unknown_class": (
        "{count:# ligne nomme|# lignes nomment} une classe qui n’est pas dans {right}",
        "{count:# row names|# rows name} a class that is not in {right}",
    ),
    "out_of_dates": (
        "{count:# inscription ne vaut|# inscriptions ne valent} pas ce jour",
        "{count:# enrolment does|# enrolments do} not hold today",
    ),
    "disabled": (
        "{count:# personne désactivée, comptée comme partie|# personnes désactivées, comptées comme parties}",
        "{count:# person is disabled and counts|# people are disabled and count} as gone",
    ),
    "scientific": (
        "{count:# code transformé|# codes transformés} en nombre par un tableur. Mettez la colonne au format "
        "Texte, puis refaites l’extraction",
        "{count:# code|# codes} turned into a number by a spreadsheet. Set the column to Text, then make the "
        "extract again",
    ),
    "a_date": (
        "{count:# code transformé|# codes transformés} en date par un tableur. Mettez la colonne au format "
        "Texte, puis refaites l’extraction",
        "{count:# code|# codes} turned into a date by a spreadsheet. Set the column to Text, then make the "
        "extract again",
    ),
    "zeros_lost": (
        "{count:# code plus court|# codes plus courts} que les autres ({right} chiffres) : des zéros de tête "
        "perdus dans un tableur ?",
        "{count:# code|# codes} shorter than the others ({right} digits): leading zeros lost in a "
        "spreadsheet?",
    ),
    "formula_error": (
        "{count:# code est une erreur|# codes sont des erreurs} de formule d’un tableur",
        "{count:# code is an error|# codes are errors} of a spreadsheet's formula",
    ),
    "no_address": (
        "{count:# adresse électronique n’en est pas une|# adresses électroniques n’en sont pas}",
        "{count:# e-mail address is none|# e-mail addresses are none}",
    ),
}
REFUSED: Pair = (
    "{count:# ligne refusée|# lignes refusées} : {because}",
    "{count:# row refused|# rows refused}: {because}",
)
COLUMN: Pair = (" [colonne {column}]", " [column {column}]")
RIGHT: Pair = (" Attendu : {right}.", " Expected: {right}.")
EXAMPLE: Pair = ("ligne {line}", "line {line}")
CLEAN: Pair = ("Rien à corriger.", "Nothing to correct.")
TO_CORRECT: Pair = (
    "{count:Rien à corriger dans les fichiers|# sorte d’erreur à corriger|# sortes d’erreurs à corriger}, "
    "{findings:aucun piège|# piège|# pièges} pour "
    "la nuit.",
    "{count:Nothing to correct in the files|# kind of mistake to correct|# kinds of mistakes to correct}, "
    "{findings:no trap|# trap|# traps} for the "
    "night.",
)
TRAPS: Pair = (
    "{count:# constat|# constats} du contrôle {check} ({title}) :",
    "{count:# finding|# findings} of the check {check} ({title}):",
)
NOTE: Pair = ("note", "note")


def say_mistake(
    kind: str, lang: str, *, column: str, count: int, right: str, examples: list[tuple[int, str]]
) -> str:
    """One line: what it is, how often, where, what is right."""
    details = {"column": column, "count": count, "right": right}
    if kind in KINDS:
        said = fill(KINDS[kind], lang, details)
    else:
        because = fill(ROWS[Because(kind)], lang)
        said = fill(REFUSED, lang, {**details, "because": because})
    if column:
        said += fill(COLUMN, lang, details)
    quote = "« {} »" if lang.startswith("fr") else "“{}”"
    shown = [
        fill(EXAMPLE, lang, {"line": line}) + (f" {quote.format(value)}" if value else "")
        for line, value in examples
    ]
    more = " …" if count > len(shown) and shown else ""
    said += f" – {', '.join(shown)}{more}." if shown else "."
    if right and kind not in KINDS:
        said += fill(RIGHT, lang, details)
    return said
