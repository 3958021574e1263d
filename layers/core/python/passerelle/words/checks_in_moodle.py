"""What people read of a check on Moodle or on the nights: what was found, what to do; French, English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from passerelle.domain.night.checks.in_moodle import Sighting, Trouble
from passerelle.domain.night.why.effects import say_day
from passerelle.domain.offer.stages import Stage

TROUBLES: Mapping[Trouble, tuple[str, str]] = {
    Trouble.FOAD_WITHOUT_TEACHER: (
        "Le cours FOAD {course} « {name} » n’a aucun enseignant inscrit à la main ({students} étudiant(s)). "
        "Inscrivez-en un : la synchronisation ne le fera pas.",
        "The FOAD course {course} “{name}” has no teacher enrolled by hand ({students} student(s)). "
        "Enrol one: the synchronisation will not.",
    ),
    Trouble.BECAME_CARRIED: (
        "{element} est désormais porté par {bearer}, mais son ancien cours {course} a du contenu. Déplacez "
        "le contenu vers le cours de {bearer}, ou retirez le lien porteur.",
        "{element} is now carried by {bearer}, but its former course {course} has content. Move the content "
        "to the course of {bearer}, or remove the carrier.",
    ),
    Trouble.CARRIER_CHANGED: (
        "{element} était porté par {before}, il l’est maintenant par {bearer} : étudiants et enseignants "
        "changent de cours. Vérifiez que c’est voulu, et prévenez-les.",
        "{element} was carried by {before} and is now by {bearer}: students and teachers change course. "
        "Check that this is meant, and tell them.",
    ),
    Trouble.HIDDEN_WITH_CONTENT: (
        "Le cours {course} « {name} » est encore caché, alors qu’il a commencé le {start}, a du contenu "
        "({activities} activité(s)) et {students} étudiant(s). Rendez-le visible s’il est prêt.",
        "The course {course} “{name}” is still hidden, though it began on {start}, has content ({activities} "
        "activity(ies)) and {students} student(s). Make it visible if it is ready.",
    ),
    Trouble.VISIBLE_EMPTY: (
        "Le cours {course} « {name} » est visible, mais vide. Déposez-y un contenu, ou cachez-le.",
        "The course {course} “{name}” is visible but empty. Put content into it, or hide it.",
    ),
    Trouble.ARCHIVE_ACTIVE: (
        "Le cours archivé {course} « {name} » a été modifié le {day} : il sert encore. Vérifiez si le code "
        "{code} doit revenir dans l’offre.",
        "The archived course {course} “{name}” was changed on {day}: it is still in use. Check whether "
        "the code {code} should come back to the offer.",
    ),
    Trouble.CODE_IS_BACK: (
        "Le code {code} est dans l’offre, et le cours archivé {course} « {name} » est toujours là. "
        "Choisissez lequel des deux cours garder.",
        "The code {code} is in the offer, and the archived course {course} “{name}” is still there. Choose "
        "which of the two courses to keep.",
    ),
    Trouble.CATEGORY_KEPT: (
        "La catégorie {category} a quitté l’offre mais n’est pas vide : {keeps}. Videz-la pour qu’elle "
        "disparaisse.",
        "The category {category} left the offer but is not empty: {keeps}. Empty it to have it removed.",
    ),
    Trouble.NAME_BY_HAND: (
        "Le nom du cours {course} a été changé à la main (« {keeps} ») : il est remis à « {name} ». Pour le "
        "changer, changez-le dans Apogée.",
        "The name of the course {course} was changed by hand (“{keeps}”): it is put back to “{name}”. To "
        "change it, change it in Apogée.",
    ),
    Trouble.IDNUMBER_BY_HAND: (
        "Le numéro d’identification de {kind} {key} a été changé ou vidé à la main dans Moodle. Remettez-le, "
        "ou laissez la synchronisation le faire.",
        "The idnumber of {kind} {key} was changed or emptied by hand in Moodle. Put it back, or let the "
        "synchronisation do so.",
    ),
    Trouble.HELD_TWICE: (
        "Le numéro d’identification {key} est porté deux fois ({kind}) : rien n’y est touché. Corrigez l’un "
        "des deux. {keeps}",
        "The idnumber {key} is held twice ({kind}): neither is touched. Correct one of the two. {keeps}",
    ),
    Trouble.NOT_ADOPTED: (
        "{key} ({kind}) existe dans Moodle sans être de la synchronisation : elle n’y touche pas. Adoptez-le "
        "(passerelle sync adopt), ou changez son numéro d’identification.",
        "{key} ({kind}) exists in Moodle and is not the synchronisation's, which leaves it alone. Adopt it "
        "(passerelle sync adopt), or change its idnumber.",
    ),
    Trouble.NAME_TAKEN: (
        "{key} ({kind}) ne peut pas prendre son nom : il est déjà pris ({keeps}). Renommez l’autre.",
        "{key} ({kind}) cannot take its name: it is taken already ({keeps}). Rename the other.",
    ),
    Trouble.STAGE_LATE: (
        "L’étape « {stage} » de la nuit du {night} a commencé en retard ({started} au lieu de {due}).",
        "The stage “{stage}” of the night of {night} began late ({started} instead of {due}).",
    ),
    Trouble.STAGE_FAILED: (
        "L’étape « {stage} » de la nuit du {night} a échoué ({error}). Corrigez, puis relancez-la.",
        "The stage “{stage}” of the night of {night} failed ({error}). Repair, then run it again.",
    ),
    Trouble.STAGE_FROZEN: (
        "L’étape « {stage} » de la nuit du {night} n’a rien appliqué : les synchronisations sont gelées.",
        "The stage “{stage}” of the night of {night} applied nothing: synchronisation is frozen.",
    ),
    Trouble.STAGE_MISSING: (
        "L’étape « {stage} » de la nuit du {night} n’a pas eu lieu (attendue à {due}). Vérifiez la "
        "planification, puis lancez-la.",
        "The stage “{stage}” of the night of {night} did not run (due at {due}). Check the schedule, "
        "then run it.",
    ),
    Trouble.STAGE_UNFINISHED: (
        "L’étape « {stage} » de la nuit du {night} n’est pas terminée et ne donne plus de nouvelles. "
        "Relancez-la : elle reprendra où elle en était.",
        "The stage “{stage}” of the night of {night} is not finished and has gone silent. Run it again: "
        "it goes on where it stopped.",
    ),
    Trouble.TOO_MANY: (
        "Nombre anormal ({where}) : {count} sur {there}, au-delà de la limite ({limit}). Le plan est "
        "retenu : examinez-le, puis libérez-le ou corrigez les sources.",
        "Abnormal number ({where}): {count} of {there}, above the limit ({limit}). The plan is held: "
        "look at it, then release it or correct the sources.",
    ),
    Trouble.HAND_DOUBLES: (
        "{person} est inscrit deux fois au cours {course} « {name} » ({by_night}) : par la "
        "synchronisation et à la main. Retirez l’inscription faite à la main.",
        "{person} is enrolled twice in the course {course} “{name}” ({by_night}): by the synchronisation "
        "and by hand. Remove the enrolment made by hand.",
    ),
    Trouble.HAND_CONTRADICTS: (
        "{person}, dans le cours {course} « {name} » : à la main {by_hand}, et {by_night} (ou suspendu) "
        "selon la synchronisation. Retirez l’inscription faite à la main si elle n’est pas voulue.",
        "{person}, in the course {course} “{name}”: {by_hand} by hand, and {by_night} (or suspended) by the "
        "synchronisation. Remove the enrolment made by hand if it is not meant.",
    ),
    Trouble.SPACE_SAME_NAME: (
        "L’espace complémentaire « {name} » ({space}) porte le même nom que le cours {course} « {twin} ». "
        "Vérifiez qu’il ne fait pas double emploi.",
        "The complementary space “{name}” ({space}) has the same name as the course {course} “{twin}”. Check "
        "that it is not a double.",
    ),
    Trouble.SPACE_SAME_PEOPLE: (
        "L’espace complémentaire « {name} » ({space}) a les mêmes enseignants et {common} étudiants en "
        "commun avec le cours {course} « {twin} ». Vérifiez qu’il ne fait pas double emploi.",
        "The complementary space “{name}” ({space}) has the same teachers as the course {course} "
        "“{twin}”, and {common} students in common with it. Check that it is not a double.",
    ),
}

STAGES: Mapping[str, tuple[str, str]] = {
    Stage.USERS: ("utilisateurs", "users"),
    Stage.COHORTS: ("cohortes", "cohorts"),
    Stage.OFFER: ("offre de formation", "offer"),
    Stage.ENROLMENTS: ("inscriptions", "enrolments"),
    Stage.GROUPS: ("groupes", "groups"),
    "night": ("toute la nuit", "the whole night"),
}
THINGS: Mapping[str, tuple[str, str]] = {
    "user": ("compte", "account"),
    "cohort": ("cohorte", "cohort"),
    "category": ("catégorie", "category"),
    "course": ("cours", "course"),
    "group": ("groupe", "group"),
    "enrolment": ("inscription", "enrolment"),
    "member": ("membre de groupe", "group member"),
    "element": ("élément", "element"),
    "person": ("personne", "person"),
    "row": ("ligne", "row"),
}
_SCOPES: Mapping[str, tuple[str, str]] = {
    "all": ("tous les retraits", "all removals"),
    "category": ("retraits dans la catégorie {key}", "removals in the category {key}"),
    "course": ("retraits dans le cours {key}", "removals in the course {key}"),
    "source": ("lignes perdues de {key}", "rows lost by {key}"),
    "thaw": ("dégel", "thaw"),
    "person": ("retenu par une personne", "held by a person"),
}


def say_stage(stage: str, lang: str) -> str:
    return _pick(STAGES.get(stage, (stage, stage)), lang)


def say_scope(scope: str, key: str, lang: str) -> str:
    """What a hold is about."""
    return _pick(_SCOPES.get(scope, (scope, scope)), lang).format(key=key)


def say_trouble(one: Sighting, lang: str) -> str:
    """Codes stand for people."""
    what = dict(one.what)
    for name in ("day", "night", "start"):
        if what.get(name):
            what[name] = say_day(date.fromisoformat(what[name]), lang)
    for name in ("due", "started"):
        if what.get(name):
            moment = datetime.fromisoformat(what[name])
            what[name] = f"{moment.hour} h {moment.minute:02}" if lang.startswith("fr") else f"{moment:%H:%M}"
    if "stage" in what:
        what["stage"] = say_stage(what["stage"], lang)
    if "kind" in what:
        what["kind"] = _pick(THINGS.get(what["kind"], (what["kind"], what["kind"])), lang)
    if "scope" in what:
        what["where"] = say_scope(what["scope"], what.get("key", ""), lang)
    places = {"course": one.course, "category": one.category, "person": one.person}
    said = _pick(TROUBLES[one.trouble], lang)
    return said.format(**{**_BLANK, **what, **places}).strip()


_BLANK = dict.fromkeys(("keeps", "before", "error", "name", "limit"), "…")


def _pick(pair: tuple[str, str], lang: str) -> str:
    return pair[0] if lang.startswith("fr") else pair[1]
