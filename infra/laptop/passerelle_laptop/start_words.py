"""What the start page says."""

from __future__ import annotations

from collections.abc import Mapping

START: Mapping[str, tuple[str, str]] = {
    "title": ("Passerelle, sur votre ordinateur", "Passerelle, on your own machine"),
    "intro": (
        "Tout tourne ici : un AWS embarqué et des Moodle de démonstration. Rien n’en sort. "
        "Choisissez qui vous êtes ; chaque lien vous connecte.",
        "Everything runs here: an embedded AWS and Moodles to play with. Nothing leaves this machine. "
        "Choose who you are; each link signs you in.",
    ),
    "who": ("Qui êtes-vous ?", "Who are you?"),
    "ada": ("Vous êtes Ada, enseignante", "You are Ada, a teacher"),
    "ada.what": (
        "Votre cours de chimie est mutualisé. Rafraîchissez la sauvegarde, mutualisez la version suivante.",
        "Your chemistry course is shared. Back it up again, then share its next version.",
    ),
    "grace": ("Vous êtes Grace, enseignante ailleurs", "You are Grace, a teacher elsewhere"),
    "grace.what": (
        "Cherchez le cours d’Ada dans le catalogue, regardez-le, rapatriez-le.",
        "Find Ada’s course in the catalogue, look at it, bring it home.",
    ),
    "year": ("Vous êtes Ada, à la rentrée", "You are Ada, as the year begins"),
    "year.what": (
        "Votre cours de cette année est vide : récupérez la sauvegarde 24/25, puis annulez.",
        "This year’s course is empty: take last year’s over, then undo it.",
    ),
    "desk": ("Vous êtes le bureau d’aide", "You are the help desk"),
    "desk.what": (
        "Pourquoi « curie » est-elle dans le cours CHI101 ? Demandez-le.",
        "Why is “curie” in the course CHI101? Ask.",
    ),
    "buyer": ("Vous êtes Rose, qui a acheté", "You are Rose, who bought"),
    "buyer.what": (
        "Une place a été remboursée : dites laquelle. Votre lien, sans mot de passe.",
        "One seat was refunded: say which. Your link, without a password.",
    ),
    "operator": ("Vous exploitez le réseau", "You run the network"),
    "operator.what": (
        "La console, déjà ouverte : une nuit retenue à libérer, une commande à traiter.",
        "The console, signed in: a held night to release, an order to deal with.",
    ),
    "sites": ("Les Moodle", "The Moodles"),
    "mails": ("Messages envoyés", "Messages sent"),
    "mails.what": (
        "Tout ce que Passerelle a écrit, sur tous les sites.",
        "Everything that Passerelle wrote to people, on every site.",
    ),
    "nomails": ("Aucun message pour l’instant.", "No message yet."),
    "to": ("À", "To"),
    "below": ("Sous le capot", "Under the bonnet"),
    "commands": (
        "Dans un autre terminal, les commandes trouvent cette installation :",
        "In another terminal, the commands find this installation:",
    ),
    "back": ("Page d’accueil", "Start page"),
    "skip": ("Aller au contenu", "Skip to content"),
    "stop": ("Ctrl-C dans le terminal arrête tout.", "Ctrl-C in the terminal stops everything."),
}
