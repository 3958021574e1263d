"""The page of seats: its titles, labels and buttons; French, English."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.words.formatter import Pair

SEATS_PAGE: Mapping[str, Pair] = {
    "title": ("Vos places", "Your seats"),
    "order": ("Commande {order}, {shop}", "Order {order}, {shop}"),
    "between": ("Du {start} au {end}", "From {start} to {end}"),
    "since": ("À partir du {start}", "From {start}"),
    "until": ("Cette page s’ouvre jusqu’au {until}.", "This page opens until {until}."),
    "other": ("English", "Français"),
    "counted": (
        "{all:# place|# places}, {free:aucune à attribuer|# à attribuer|# à attribuer}",
        "{all:# seat|# seats}, {free:none|#|#} to assign",
    ),
    "lastname": ("Nom", "Last name"),
    "firstname": ("Prénom", "First name"),
    "email": ("Adresse électronique", "E-mail address"),
    "kind": ("Cette personne", "This person"),
    "learner": ("suit la formation", "takes the course"),
    "tutor": ("encadre", "supervises"),
    "course": ("Cours", "Course"),
    "name": ("Inscrire", "Enrol"),
    "name_one": ("Inscrire une personne", "Enrol a person"),
    "many": ("Inscrire plusieurs personnes", "Enrol several people"),
    "paste": (
        "Collez un tableau : nom ; prénom ; adresse électronique, une personne par ligne.",
        "Paste a table: last name ; first name ; e-mail address, one person a line.",
    ),
    "name_all": ("Inscrire toutes ces personnes", "Enrol all these people"),
    "swap": ("Remplacer", "Replace"),
    "swap_by": ("Remplacer par…", "Replace by…"),
    "give_back": ("Rendre cette place", "Give this seat back"),
    "row": ("Ligne {row} : {problem}", "Row {row}: {problem}"),
    "not_saved": ("Rien n’a été enregistré.", "Nothing was saved."),
    "not_done": (
        "Rien n’a été enregistré : corrigez ces lignes, puis recommencez.",
        "Nothing was saved: correct these rows, then try again.",
    ),
    "done": (
        "C’est enregistré. Les inscriptions se font dans les minutes qui suivent.",
        "Saved. The enrolments follow within minutes.",
    ),
    "open": ("inscription en cours", "being enrolled"),
    "enrolled": ("inscription faite", "enrolled"),
    "stopped": ("pas d’inscription : {why}", "not enrolled: {why}"),
    "started": ("a commencé", "has started"),
    "nothing": (
        "Cette commande n’a pas (ou plus) de places à attribuer.",
        "This order has no seats to give (any more).",
    ),
    "help": ("Une question ?", "A question?"),
}
