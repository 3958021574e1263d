"""What people read of a trap: what was found, whose it is, what to do; French, English."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.domain.night.checks.in_sources import Finding, Trap, Who

TRAPS: Mapping[Trap, tuple[str, str]] = {
    Trap.NO_GROUP_REACHED: (
        "{person} a une IP sur {element} mais dans aucun groupe : pas d’inscription au cours. "
        "Inscrivez-le dans un groupe.",
        "{person} has an IP on {element} but in no group: not enrolled in the course. Put them into a group.",
    ),
    Trap.ELEMENT_WITHOUT_GROUP: (
        "{element} n’a aucun groupe : aucune IP n’y inscrit. Rattachez-lui une collection de groupes.",
        "{element} has no group: no IP enrols there. Attach a collection of groups to it.",
    ),
    Trap.TELE_ON_CAMPUS_ELEMENT: (
        "{person} est en télé-enseignement, mais {element} n’est qu’en présentiel. Vérifiez l’IA, ou la "
        "case « Enseignement à distance » de l’élément.",
        "{person} is a distance student, but {element} is on campus only. Check the IA, or the element's "
        "“Enseignement à distance” flag.",
    ),
    Trap.CEMU_GROUP_MISSING: (
        "{person} est en télé-enseignement et {element} est à distance, mais son IP n’est dans aucun groupe "
        "CEMU. Inscrivez-le dans le groupe CEMU.",
        "{person} is a distance student and {element} is at a distance, but the IP is in no CEMU group. "
        "Put them into the CEMU group.",
    ),
    Trap.IA_MISSING: (
        "{person} est dans un groupe CEMU de {element} sans IA en télé-enseignement : pas d’inscription au "
        "cours FOAD. Corrigez l’IA ou le groupe.",
        "{person} is in a CEMU group of {element} without a distance IA: not enrolled in the FOAD course. "
        "Correct the IA or the group.",
    ),
    Trap.FLAG_MISSING: (
        "{person} est en télé-enseignement et dans un groupe CEMU, mais {element} n’est pas coché "
        "« Enseignement à distance ». Cochez-le.",
        "{person} is a distance student in a CEMU group, but {element} is not flagged “Enseignement à "
        "distance”. Flag it.",
    ),
    Trap.IN_BOTH_COURSES: (
        "{person} est à la fois dans un groupe CEMU et dans un groupe ordinaire de {element} : inscrit aux "
        "deux cours. Retirez l’un des deux.",
        "{person} is both in a CEMU group and in an ordinary group of {element}: enrolled in both courses. "
        "Take one away.",
    ),
    Trap.CEMU_GROUP_NOT_DISTANCE: (
        "Le groupe CEMU {group} est sur {element}, qui n’est pas coché « Enseignement à distance ». Cochez "
        "l’élément ou renommez le groupe.",
        "The CEMU group {group} is on {element}, which is not flagged “Enseignement à distance”. Flag the "
        "element or rename the group.",
    ),
    Trap.DISTANCE_WITHOUT_CEMU_GROUP: (
        "{element} est coché « Enseignement à distance » mais n’a aucun groupe CEMU : son cours FOAD reste "
        "sans étudiant. Créez le groupe.",
        "{element} is flagged “Enseignement à distance” but has no CEMU group: its FOAD course gets no "
        "student. Create the group.",
    ),
    Trap.FLAGS_DIFFER: (
        "{element} et son porteur ({bearer}) ne sont pas cochés de même pour l’enseignement à distance. "
        "Cochez les deux ou aucun.",
        "{element} and its carrier ({bearer}) differ in their distance flag. Flag both or neither.",
    ),
    Trap.COLLECTION_NOT_ON_CARRIER: (
        "La collection {collection} est sur le porté {element} mais pas sur son porteur {bearer} : ses "
        "groupes n’existent dans aucun cours. Rattachez-la aux deux.",
        "The collection {collection} is on the carried {element} but not on its carrier {bearer}: its groups "
        "exist in no course. Attach it to both.",
    ),
    Trap.NOTHING_SHARED: (
        "{element} et son porteur {bearer} ne partagent aucune collection de groupes. Rattachez-en une aux "
        "deux.",
        "{element} and its carrier {bearer} share no collection of groups. Attach one to both.",
    ),
    Trap.IN_NO_SHARED_GROUP: (
        "{person}, inscrit au porté {element}, n’est dans aucun groupe partagé avec le porteur {bearer} : "
        "pas d’inscription au cours. Inscrivez-le dans un groupe commun.",
        "{person}, registered on the carried {element}, is in no group shared with the carrier {bearer}: not "
        "enrolled in the course. Put them into a shared group.",
    ),
    Trap.ASSOCIATED_ONLY: (
        "{person} est associé à {element} dans ADE mais n’y est pas planifié : associer ne suffit pas. "
        "Planifiez-le.",
        "{person} is associated with {element} in ADE but not planned: associating is not enough. Plan them.",
    ),
    Trap.SHEET_NOT_APOGEE: (
        "{person} est sur une feuille ADE de {element} qui n’est pas issue d’Apogée. Utilisez la feuille "
        "d’Apogée.",
        "{person} is on an ADE sheet of {element} that does not come from Apogée. Use Apogée's sheet.",
    ),
    Trap.SHEET_OBSOLETE: (
        "{person} est sur une feuille ADE obsolète de {element}. Utilisez la feuille actuelle.",
        "{person} is on an obsolete ADE sheet of {element}. Use the current sheet.",
    ),
    Trap.NO_USERNAME: (
        "{person} n’a pas d’identifiant : rien de nouveau tant qu’il manque. Complétez la fiche.",
        "{person} has no login: nothing new until there is one. Complete the record.",
    ),
    Trap.NO_EMAIL: (
        "{person} n’a pas d’adresse électronique : pas de compte tant qu’elle manque. Complétez la fiche.",
        "{person} has no e-mail address: no account until there is one. Complete the record.",
    ),
    Trap.NO_FIRSTNAME: (
        "{person} n’a pas de prénom (firstname, givenName) : pas de compte tant qu’il manque. Complétez la "
        "fiche.",
        "{person} has no first name (firstname, givenName): no account until there is one. Complete the "
        "record.",
    ),
    Trap.NO_LASTNAME: (
        "{person} n’a pas de nom (lastname, familyName, sn) : pas de compte tant qu’il manque. Complétez la "
        "fiche.",
        "{person} has no last name (lastname, familyName, sn): no account until there is one. Complete the "
        "record.",
    ),
}

WHO: Mapping[Who, tuple[str, str]] = {
    Who.SCOLARITE: ("scolarité", "registrar"),
    Who.DEVE: ("DEVE", "student administration (DEVE)"),
    Who.PLANNING: ("planning", "timetable office"),
    Who.IDENTITY: ("identités", "identity office"),
}


def say_trap(finding: Finding, lang: str) -> str:
    """Codes stand for people: the report, which may, puts names beside them."""
    french, english = TRAPS[finding.trap]
    return (french if lang.startswith("fr") else english).format(
        person=finding.person,
        element=finding.element,
        bearer=finding.bearer,
        group=finding.group,
        collection=finding.collection,
    )
