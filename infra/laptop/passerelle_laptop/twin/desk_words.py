"""What the block's forms say, by the plugin's own words."""

from __future__ import annotations

from collections.abc import Mapping

DESK: Mapping[str, tuple[str, str]] = {
    "desk.share": ("Mutualisation", "Sharing"),
    "desk.year": ("Cours de l’année précédente", "Last year’s course"),
    "desk.you": ("Vous êtes {name}.", "You are {name}."),
    "desk.save": ("Sauvegarder", "Back up"),
    "desk.refresh": ("Rafraîchir", "Refresh"),
    "desk.publish": ("Mutualiser", "Share"),
    "desk.publishagain": ("Mutualiser une nouvelle version", "Share a new version"),
    "desk.bring": ("Rapatrier", "Bring a course home"),
    "desk.nobackup": (
        "Aucune sauvegarde : cliquez sur « Sauvegarder » pour en faire une, sans aucun inscrit.",
        "No backup: press “Back up” to make one, without anybody enrolled.",
    ),
    "desk.leaveout": (
        "Le reste du cours peut partir sans :",
        "The rest of the course can go without:",
    ),
    "desk.without": ("Sauvegarder sans cela", "Back up without that"),
    "desk.state": ("{what} : {state}", "{what}: {state}"),
    "desk.backup": ("Sauvegarde : {state}", "Backup: {state}"),
    "desk.publication": (
        "Mutualisation : {state}, version {version}",
        "Shared: {state}, version {version}",
    ),
    "desk.goto": ("Aller au nouveau parcours créé", "Go to the new course"),
    "desk.saved": ("La sauvegarde est prête à mutualiser.", "The backup is ready to be shared."),
    "desk.saving": (
        "La sauvegarde est en cours. Rechargez la page.",
        "The backup is being made. Reload the page.",
    ),
    "desk.published": ("Le cours est mutualisé.", "The course is shared."),
    "desk.publishing": (
        "La mutualisation est en cours. Rechargez la page.",
        "Sharing is under way. Reload the page.",
    ),
    "desk.retrieved": (
        "Le cours est arrivé : caché, et vous en êtes l’enseignant.",
        "The course has arrived: hidden, and you teach in it.",
    ),
    "desk.retrieving": ("Le rapatriement est en cours.", "The course is on its way."),
    "desk.unheard": (
        "Passerelle ne répond pas. Réessayez dans un instant.",
        "Passerelle does not answer. Try again in a moment.",
    ),
    "desk.title": ("Titre", "Title"),
    "desk.summary": ("Résumé", "Summary"),
    "desk.language": ("Langue", "Language"),
    "desk.level": ("Niveau", "Level"),
    "desk.licence": ("Licence", "Licence"),
    "desk.declaration": (
        "Je déclare que les fichiers de ce cours peuvent être partagés : droits des tiers respectés, "
        "aucune donnée personnelle.",
        "I declare that the files of this course may be shared: third parties’ rights are respected, "
        "and they hold no personal data.",
    ),
    "desk.search": ("Rechercher dans le catalogue", "Search the catalogue"),
    "desk.find": ("Rechercher", "Search"),
    "desk.none": ("Aucun cours mutualisé ne correspond.", "No shared course matches."),
    "desk.preview": ("Aperçu", "Preview"),
    "desk.by": ("{author}, {site}", "{author}, {site}"),
    "desk.bringnew": ("Rapatrier dans un nouveau cours", "Bring home into a new course"),
    "desk.cancel": ("Annuler", "Cancel"),
    "desk.source": (
        "Cours reconnu : {fullname} ({idnumber})",
        "Course recognised: {fullname} ({idnumber})",
    ),
    "desk.replace": (
        "Supprimer le contenu de ce cours, puis restaurer",
        "Delete this course’s content, then restore",
    ),
    "desk.merge": ("Fusionner (rien n’est supprimé)", "Merge (nothing is deleted)"),
    "desk.stash": ("Déposer dans ma zone de sauvegarde privée", "Put it into my private backup area"),
    "desk.destination": ("Que faire ?", "What is to be done?"),
    "desk.groups": ("Reprendre aussi les groupes faits à la main", "Take hand-made groups over, too"),
    "desk.keepdates": (
        "Laisser les dates des activités telles quelles",
        "Leave the dates of activities as they are",
    ),
    "desk.questions": ("Avant de commencer :", "Before it begins:"),
    "desk.yes": ("Oui, je confirme.", "Yes, I confirm."),
    "desk.check": ("Vérifier mon cours", "Check my course"),
    "desk.checked": (
        "Le cours de l’an passé est vérifié : voyez le rapport.",
        "Last year’s course is checked: see the report.",
    ),
    "desk.checking": (
        "La vérification est en cours. Rechargez la page.",
        "The check is under way. Reload the page.",
    ),
    "desk.rolled": (
        "Le cours de l’an passé est récupéré : voyez le rapport.",
        "Last year’s course is here: see the report.",
    ),
    "desk.rolling": (
        "La récupération est en cours. Rechargez la page.",
        "It is being taken over. Reload the page.",
    ),
    "desk.report": ("Ce qui reste à corriger", "What is left to correct"),
    "desk.undo": ("Annuler cette restauration", "Undo"),
    "desk.undone": ("Le cours est comme avant.", "The course is as it was before."),
    "desk.undoing": (
        "L’annulation est en cours. Rechargez la page.",
        "It is being undone. Reload the page.",
    ),
    "desk.why": ("Pourquoi ?", "Why?"),
    "desk.who": ("Personne (identifiant, courriel, code ou nom)", "Person (login, e-mail, code or name)"),
    "desk.whichcourse": ("Cours (code ou partie de son nom)", "Course (code, or a part of its name)"),
    "desk.reference": ("ou la référence d’un refus", "or the reference of a refusal"),
    "desk.ask": ("Demander", "Ask"),
    "desk.plan": ("Voir ce qui serait rétabli", "See what would be put right"),
    "desk.apply": ("Le faire maintenant", "Do it now"),
    "desk.whyintro": (
        "Pourquoi une personne est dans un cours, ou n’y est pas. La réponse se colle dans un courriel.",
        "Why somebody is in a course, or is not. The answer is fit to paste into a mail.",
    ),
}
