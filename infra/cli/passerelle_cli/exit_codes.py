"""The exit codes, which mean the same in every command: what --help and the guide `commands` say of them."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.words.formatter import Pair

FAILED, MISUSED, FOUND = 1, 2, 3

MEANINGS: Mapping[int, Pair] = {
    0: ("fait, et rien à corriger", "done, and nothing to correct"),
    FAILED: (
        "n’a pas pu être fait : injoignable, illisible, inconnu, refusé par AWS ou Moodle ; "
        "une phrase dit pourquoi",
        "could not be done: unreachable, unreadable, unknown, refused by AWS or Moodle; a sentence says why",
    ),
    MISUSED: (
        "mal écrit : une option, un argument, un nom de site, de boutique ou d’état",
        "wrongly written: an option, an argument, the name of a site, shop or state",
    ),
    FOUND: (
        "fait, et quelque chose est refusé ou à corriger",
        "done, and something is refused or to correct",
    ),
}
# What that something is, by command; the others never answer 3.
FINDINGS: Mapping[str, Pair] = {
    "catalogue check": ("un produit ne peut pas être livré", "a product cannot be delivered"),
    "mbz inspect": ("la sauvegarde est refusée", "the backup is refused"),
    "mbz scrub": ("la sauvegarde est refusée, rien n’est écrit", "the backup is refused, nothing is written"),
    "network check": (
        "le fichier est à corriger, ou un Moodle ne convient pas",
        "the file is to be corrected, or a Moodle does not fit",
    ),
    "orders assign": ("une ligne est fausse, rien n’est gardé", "a row is wrong, nothing is kept"),
    "orders explain": (
        "une commande attendrait quelqu’un, ou une livraison est illisible",
        "an order would wait for somebody, or a delivery could not be read",
    ),
    "orders missed": ("la boutique n’a pas tout livré", "the shop did not deliver everything"),
    "people forget": ("quelque chose doit rester", "something must stay"),
    "publications tell-holders": ("un site refuse le message", "a site refuses the message"),
    "publish": ("la sauvegarde est refusée", "the backup is refused"),
    "retrieve": ("le rapatriement est refusé", "bringing it home is refused"),
    "rollover apply": ("un cours est refusé ou en échec", "a course is refused or failed"),
    "rollover request": ("une question attend sa réponse (--yes)", "a question waits for its answer (--yes)"),
    "shops show": (
        "l’essai n’est pas pris, ou il manque quelque chose",
        "the ping is not taken, or something is missing",
    ),
    "sync adopt": (
        "le plan est retenu ou gelé, ou Moodle a refusé une opération",
        "the plan is held or frozen, or Moodle refused an operation",
    ),
    "sync apply": (
        "le plan est retenu ou gelé, ou Moodle a refusé une opération",
        "the plan is held or frozen, or Moodle refused an operation",
    ),
    "sync check": ("il y a des fautes à corriger", "there are mistakes to correct"),
    "sync deposit": (
        "il y a des fautes à corriger, rien n’est déposé",
        "there are mistakes to correct, nothing is deposited",
    ),
    "sync person": (
        "un retrait est retenu, ou Moodle a refusé une opération",
        "a removal is held, or Moodle refused an operation",
    ),
    "sync plan": (
        "avec --exit-code seulement, des retraits au-delà de la garde (0 rien à faire, 2 des changements)",
        "with --exit-code only, removals above the guard (0 nothing to do, 2 changes)",
    ),
    "sync release": (
        "avec --apply : Moodle a refusé une opération",
        "with --apply: Moodle refused an operation",
    ),
}
