"""The extracts described: what each file and column holds, in French and English."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.domain.offer.model import Table
from passerelle.words.formatter import Pair

FILES: Mapping[Table, Pair] = {
    Table.CATEGORIES: (
        "les catégories de Moodle : composantes, diplômes",
        "Moodle's categories: faculties, degrees",
    ),
    Table.ELEMENTS: (
        "les éléments pédagogiques qui sont des espaces de cours (ni années, ni semestres, ni UE sans cours)",
        "the elements that are course spaces (no years, semesters or UE shells)",
    ),
    Table.COLLECTIONS: (
        "les collections de groupes rattachées aux éléments ; plusieurs éléments peuvent en partager une : "
        "ainsi "
        "un porteur et ce qu’il porte",
        "collections of groups attached to elements; several elements can share one: so do a carrier and "
        "what "
        "it carries",
    ),
    Table.GROUPS: ("les groupes", "the groups"),
    Table.PEOPLE: (
        "étudiants et personnels ; remplacé par l’annuaire LDAP si le site en configure un",
        "students and staff; replaced by the LDAP directory where the site configures one",
    ),
    Table.IA: ("les inscriptions administratives", "administrative registrations"),
    Table.IP: (
        "les inscriptions pédagogiques de l’année du manifeste",
        "pedagogical registrations of the manifest's year",
    ),
    Table.ADE: (
        "les enseignants sur les feuilles d’ADE, de toute l’année universitaire, semaines passées "
        "comprises ; ou, "
        "avec ade_map.csv, teacher_name et course_label à la place des codes",
        "teachers on the sheets of ADE, of the whole university year, past weeks included; or, with "
        "ade_map.csv, "
        "teacher_name and course_label in the place of codes",
    ),
    Table.COHORTS: ("les cohortes", "cohorts"),
    Table.COHORT_MEMBERS: ("les membres des cohortes", "members of cohorts"),
}

_CODE: Pair = ("code Apogée", "Apogée code")
_PERSON: Pair = ("code de la personne, celui de people.csv", "the person's code, that of people.csv")
_ELEMENT: Pair = ("code de l’élément", "the element's code")
COLUMNS: Mapping[tuple[Table, str], Pair] = {
    (Table.CATEGORIES, "code"): _CODE,
    (Table.CATEGORIES, "parent_code"): (
        "code de la catégorie parente ; vide : tout en haut",
        "the parent's code; empty: at the top",
    ),
    (Table.CATEGORIES, "title"): ("nom", "name"),
    (Table.ELEMENTS, "code"): (
        "code Apogée, qui devient le numéro d’identification du cours",
        "Apogée code, which becomes the course's idnumber",
    ),
    (Table.ELEMENTS, "title"): ("intitulé long", "long title"),
    (Table.ELEMENTS, "category_code"): ("code de sa catégorie", "its category's code"),
    (Table.ELEMENTS, "distance"): (
        "1 : enseignement à distance (un cours FOAD de plus)",
        "1: at a distance (one more course, FOAD)",
    ),
    (Table.ELEMENTS, "carrier_code"): (
        "code du porteur ; vide : porté par aucun",
        "its carrier's code; empty: carried by none",
    ),
    (Table.ELEMENTS, "term_start"): ("début du semestre", "start of term"),
    (Table.COLLECTIONS, "collection_code"): ("code de la collection", "the collection's code"),
    (Table.COLLECTIONS, "element_code"): _ELEMENT,
    (Table.COLLECTIONS, "group_code"): (
        "ce groupe seulement (GPE_OBJ) ; vide, ou sans cette colonne : toute la collection",
        "this group alone (GPE_OBJ); empty, or without this column: all of the collection",
    ),
    (Table.GROUPS, "code"): ("code du groupe", "the group's code"),
    (Table.GROUPS, "label"): (
        "libellé ; « cemu » dedans en fait un groupe du cours FOAD",
        "label; “cemu” in it makes it a group of the FOAD course",
    ),
    (Table.GROUPS, "collection_code"): ("code de sa collection", "its collection's code"),
    (Table.PEOPLE, "code"): ("numéro d’étudiant ou de personnel", "student's or employee's number"),
    (Table.PEOPLE, "username"): ("identifiant de connexion, mis en minuscules", "login, put in lower case"),
    (Table.PEOPLE, "lastname"): ("nom", "last name"),
    (Table.PEOPLE, "firstname"): ("prénom", "first name"),
    (Table.PEOPLE, "email"): (
        "adresse électronique ; sans elle, pas de nouveau compte",
        "e-mail; without it no new account",
    ),
    (Table.PEOPLE, "kind"): ("étudiant ou personnel", "student or staff"),
    (Table.IA, "person_code"): _PERSON,
    (Table.IA, "year"): (
        "année de rentrée : 2026 pour 2026/2027",
        "the year in which it begins: 2026 for 2026/2027",
    ),
    (Table.IA, "step_code"): ("code de l’étape", "the step's code"),
    (Table.IA, "tele"): ("1 : télé-enseignement", "1: télé-enseignement (distance student)"),
    (Table.IA, "state"): (
        "E : en cours ; toute autre lettre ne compte pas",
        "E: current; any other letter does not count",
    ),
    (Table.IP, "person_code"): _PERSON,
    (Table.IP, "element_code"): _ELEMENT,
    (Table.IP, "group_code"): (
        "code du groupe ; vide : dans aucun, ce qui n’inscrit nulle part",
        "the group's code; empty: in none, which enrols nowhere",
    ),
    (Table.ADE, "person_code"): _PERSON,
    (Table.ADE, "element_code"): _ELEMENT,
    (Table.ADE, "sheet_code"): ("code de la feuille", "the sheet's code"),
    (Table.ADE, "sheet_origin"): (
        "APOGEE, ou autre chose (qui n’inscrit pas)",
        "APOGEE, or something else (which does not enrol)",
    ),
    (Table.ADE, "sheet_state"): ("la feuille est actuelle ou obsolète", "the sheet is current or obsolete"),
    (Table.ADE, "status"): (
        "planifié (inscrit) ou seulement associé",
        "planned (enrols) or merely associated",
    ),
    (Table.COHORTS, "code"): ("code de la cohorte", "the cohort's code"),
    (Table.COHORTS, "title"): ("nom", "name"),
    (Table.COHORT_MEMBERS, "cohort_code"): ("code de la cohorte", "the cohort's code"),
    (Table.COHORT_MEMBERS, "person_code"): _PERSON,
}
HEADS: Mapping[str, Pair] = {
    "file": ("fichier", "file"),
    "columns": ("colonnes", "columns"),
    "column": ("colonne", "column"),
    "key": ("clé", "key"),
    "holds": ("contenu", "holds"),
    "values": ("valeurs", "values"),
    "all": ("toutes", "all"),
    "may_be_empty": ("peut être vide", "can be empty"),
    "optional": ("facultative", "need not be there"),
    "date": ("date : 2026-09-01 ou 01/09/2026", "date: 2026-09-01 or 01/09/2026"),
}
ENCODINGS: Pair = (
    "Des CSV avec une ligne d’en-tête, séparés par « ; », « , » ou une tabulation, en UTF-8 ou dans "
    "l’encodage que "
    "network.yaml nomme (night.encoding : iso-8859-1, …) ; UTF-16 avec sa marque. La casse et les espaces "
    "des "
    "en-têtes ne comptent pas, les autres colonnes sont ignorées. À côté, manifest.json : année, moment, "
    "et pour "
    "chaque fichier ses lignes et son empreinte SHA-256. Le tout peut être un zip.",
    "CSV with a header row, separated by “;”, “,” or tab, in UTF-8 or the encoding that network.yaml names "
    "(night.encoding: iso-8859-1, …); UTF-16 with its mark. Case and spaces of headers do not count, other "
    "columns "
    "are passed over. Beside them manifest.json: year, moment, and of each file its rows and its SHA-256. "
    "All of it "
    "may be one zip.",
)
