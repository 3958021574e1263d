"""What people read about sources: files that stop a stage, rows that are refused; French, English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from passerelle.domain.offer.model import KEY_COLUMNS, Because, FileFault, FileProblem, RefusedRow
from passerelle.words.formatter import Pair, fill, pick
from passerelle.words.typesetting import typeset

FILES: Mapping[FileFault, Pair] = {
    FileFault.MISSING_FILE: (
        "{file} {count:manque|manquent}. Déposez-{count:le|les} dans le dossier, puis relancez.",
        "{file} {count:is|are} missing. Put {count:it|them} into the folder, then run again.",
    ),
    FileFault.EMPTY_FILE: (
        "{file} est vide : pas même une ligne d’en-tête. Refaites l’extraction.",
        "{file} is empty: not even a header row. Make the extract again.",
    ),
    FileFault.NO_HEADER: (
        "{file} : la première ligne n’est pas un en-tête (« {column} » et les autres colonnes y manquent). "
        "Refaites l’extraction avec une ligne d’en-tête.",
        "{file}: the first line is no header (“{column}” and the other columns are missing in it). Make the "
        "extract again with a header row.",
    ),
    FileFault.SPREADSHEET: (
        "{file} est un classeur (Excel ou LibreOffice), pas un fichier CSV. Enregistrez la feuille au format "
        "CSV UTF-8, sous le nom {expected}.",
        "{file} is a workbook (Excel or LibreOffice), not a CSV file. Save the sheet as CSV UTF-8, under the "
        "name {expected}.",
    ),
    FileFault.MISSING_COLUMN: (
        "{file} : la colonne « {column} » manque dans l’en-tête (lu : {found}). Refaites l’extraction avec "
        "elle.",
        "{file}: the column “{column}” is missing in the header (read: {found}). Make the extract again with "
        "it.",
    ),
    FileFault.DOUBLE_COLUMN: (
        "{file} : la colonne « {column} » vient deux fois dans l’en-tête. Gardez-en une.",
        "{file}: the column “{column}” comes twice in the header. Keep one.",
    ),
    FileFault.ROWS_DISAGREE: (
        "{file} : {found:# ligne lue|# lignes lues}, {expected:# annoncée|# annoncées} par le manifeste. Le "
        "fichier est coupé ou n’est pas celui du manifeste : déposez à nouveau les extractions.",
        "{file}: {found:# row|# rows} read, {expected} announced by the manifest. The file is cut, or not "
        "the manifest's: deliver the extracts again.",
    ),
    FileFault.ROWS_MISCOUNTED: (
        "{file} : {found:# ligne lue|# lignes lues}, {expected:# annoncée|# annoncées} par le manifeste, qui "
        "donne pourtant la bonne empreinte : c’est le compte qui est faux. L’en-tête n’est pas une ligne ; "
        "corrigez rows.",
        "{file}: {found:# row|# rows} read, {expected} announced by the manifest, which gives the right "
        "checksum all the same: the count is wrong. The header is no row; correct rows.",
    ),
    FileFault.SHA256_DISAGREES: (
        "{file} : son empreinte ({found}…) n’est pas celle du manifeste ({expected}…). Déposez à nouveau "
        "les extractions.",
        "{file}: its checksum ({found}…) is not the manifest's ({expected}…). Deliver the extracts again.",
    ),
    FileFault.NOT_DECODABLE: (
        "{file} ne se lit pas dans l’encodage indiqué. Vérifiez l’encodage.",
        "{file} cannot be read in the given encoding. Check the encoding.",
    ),
    FileFault.BAD_MANIFEST: (
        "{file} ne se lit pas : ce n’est pas du JSON, ou pas un objet qui donne year et files.",
        "{file} cannot be read: it is no JSON, or no object that gives year and files.",
    ),
    FileFault.MANIFEST_LACKS: (
        "{file} ne dit pas « {column} ». Ajoutez-le : il lui faut year, made_at et files.",
        "{file} does not say “{column}”. Add it: year, made_at and files have to be there.",
    ),
    FileFault.BAD_MOMENT: (
        "{file} : « {column} » vaut « {found} », ce qui n’est pas une date avec son heure. Écrivez par exemple "
        "2026-10-05T23:40:00+02:00.",
        "{file}: “{column}” is “{found}”, which is no moment. Write for example 2026-10-05T23:40:00+02:00.",
    ),
    FileFault.BAD_YEAR: (
        "{file} : l’année « {found} » n’en est pas une. Écrivez l’année de rentrée, 2026 pour 2026/2027.",
        "{file}: the year “{found}” is none. Write the year in which it begins, 2026 for 2026/2027.",
    ),
    FileFault.NO_ROSTER_MANIFEST: (
        "{file} manque : ce dossier est un jeu OneRoster, et ce fichier doit dire oneroster.version et, pour "
        "chaque fichier (file.orgs, file.users…), bulk, delta ou absent.",
        "{file} is missing: this folder is a OneRoster set, and that file has to say oneroster.version and, "
        "of each file (file.orgs, file.users…), bulk, delta or absent.",
    ),
    FileFault.TOO_OLD: (
        "{file} : les extractions datent de {found}, il en faut d’après {expected}. Refaites-les.",
        "{file}: the extracts are of {found}, they must be later than {expected}. Make them again.",
    ),
    FileFault.DELTA_WITHOUT_BULK: (
        "{file} {count:est un différentiel sans fichier complet avant lui|sont des différentiels sans fichiers "
        "complets avant eux}. Donnez d’abord {count:le fichier complet|les fichiers complets}.",
        "{file} {count:is a delta with no bulk file before it|are deltas with no bulk files before them}. Give "
        "the bulk {count:file|files} first.",
    ),
    FileFault.NOT_ANNOUNCED: (
        "{file} {count:est là, mais manifest.csv ne l’annonce pas|sont là, mais manifest.csv ne les annonce "
        "pas}. Ajoutez-y {count:la ligne|les lignes} {expected} (ou delta).",
        "{file} {count:is|are} there, but manifest.csv does not announce {count:it|them}. Add the "
        "{count:line|lines} {expected} to it (or delta).",
    ),
    FileFault.UNKNOWN_VERSION: (
        "{file} annonce OneRoster {found} ; 1.1 et 1.2 sont lus.",
        "{file} announces OneRoster {found}; 1.1 and 1.2 are read.",
    ),
}

ROWS: Mapping[Because, Pair] = {
    Because.UNREADABLE_QUOTES: ("guillemets mal fermés", "quotes that do not close"),
    Because.BAD_ENCODING: ("octets étrangers à l’encodage", "bytes that are not of the encoding"),
    Because.NUL_BYTE: ("octet nul", "NUL byte"),
    Because.SHORT_ROW: ("moins de champs que l’en-tête", "fewer fields than the header"),
    Because.LONG_ROW: (
        "plus de champs que l’en-tête (un séparateur dans un titre, sans guillemets ?)",
        "more fields than the header (a separator in a title, without quotes?)",
    ),
    Because.MISSING_VALUE: ("valeur absente", "no value"),
    Because.BAD_VALUE: ("valeur non admise", "a value that is not allowed"),
    Because.SEVERAL_VALUES: (
        "plusieurs valeurs pour une seule attendue",
        "several values where one is wanted",
    ),
    Because.DIFFERENT_VALUES: (
        "même clé qu’une autre ligne, valeurs différentes",
        "same key as another row, different values",
    ),
    Because.SAME_USERNAME: ("deux personnes, un identifiant", "two people, one username"),
    Because.NO_USERNAME: ("personne sans identifiant", "a person without login"),
    Because.NO_EMAIL: ("personne sans adresse électronique", "a person without e-mail"),
    Because.NO_FIRSTNAME: ("personne sans prénom", "a person without first name"),
    Because.NO_LASTNAME: ("personne sans nom", "a person without last name"),
    Because.SAME_NUMBER: (
        "un numéro d’étudiant et un numéro de personnel égaux : distinguez-les par un préfixe "
        "(student_prefix, staff_prefix de network.yaml)",
        "a student's and an employee's number are the same: tell them apart by a prefix (student_prefix, "
        "staff_prefix of network.yaml)",
    ),
    Because.NOT_MAPPED: (
        "sans code dans ade_map.csv",
        "without a code in ade_map.csv",
    ),
    Because.SAME_IDNUMBER: (
        "deux cours auraient le même numéro d’identification ou nom abrégé",
        "two courses would have the same idnumber or short name",
    ),
    Because.LOOP: ("boucle", "a loop"),
    Because.UNKNOWN_PARENT: ("catégorie parente inconnue", "unknown parent category"),
    Because.REFUSED_PARENT: ("catégorie parente refusée", "refused parent category"),
    Because.UNKNOWN_CATEGORY: ("catégorie inconnue", "unknown category"),
    Because.REFUSED_CATEGORY: ("catégorie refusée", "refused category"),
    Because.UNKNOWN_CARRIER: ("porteur inconnu", "unknown carrier"),
    Because.REFUSED_CARRIER: ("porteur refusé", "refused carrier"),
}

# The codes of sources.ldap.DirectoryRefused.
DIRECTORY: Mapping[str, Pair] = {
    "ldap_not_allowed": (
        "L’annuaire LDAP refuse le compte de lecture. Vérifiez son DN, son mot de passe et ses droits.",
        "The LDAP directory refuses the reading account. Check its DN, its password and its rights.",
    ),
    "ldap_no_such_base": (
        "L’annuaire LDAP ne connaît pas la base {base}. Corrigez network.yaml.",
        "The LDAP directory does not know the base {base}. Correct network.yaml.",
    ),
    "ldap_bad_filter": (
        "Le filtre LDAP {filter} est mal formé. Corrigez network.yaml.",
        "The LDAP filter {filter} is malformed. Correct network.yaml.",
    ),
    "ldap_certificate_not_trusted": (
        "Le certificat de {url} n’est signé par aucune autorité connue. Indiquez celle de l’université.",
        "No known authority signed the certificate of {url}. Name the university's own.",
    ),
}


def say_directory(code: str, details: Mapping[str, object], lang: str) -> str:
    return fill(DIRECTORY[code], lang, details)


_STRANGERS: Pair = (
    " Dans le dossier, sous un autre nom : {found} ?",
    " In the folder, under another name: {found}?",
)


_TOGETHER = frozenset({FileFault.MISSING_FILE, FileFault.DELTA_WITHOUT_BULK, FileFault.NOT_ANNOUNCED})


def say_file(problem: FileProblem, lang: str) -> str:
    return _say_alike((problem,), lang)


def say_files(problems: Iterable[FileProblem], lang: str) -> list[str]:
    """A sentence for each, and one for files that all lack the same."""
    said: list[str] = []
    for fault, alike in groupby(problems, key=lambda one: one.fault):
        these = tuple(alike)
        said += [_say_alike(some, lang) for some in ((these,) if fault in _TOGETHER else zip(these))]
    return said


def _say_alike(problems: tuple[FileProblem, ...], lang: str) -> str:
    first = problems[0]
    details = {
        "file": ", ".join(problem.file for problem in problems),
        "count": len(problems),
        "column": first.column,
        "expected": ", ".join(problem.expected for problem in problems),
        "found": next((problem.found for problem in problems if problem.found), ""),
    }
    said = fill(FILES[first.fault], lang, details)
    if first.fault is FileFault.MISSING_FILE and details["found"]:
        said += fill(_STRANGERS, lang, details)
    return said


def say_row(row: RefusedRow, lang: str) -> str:
    """One line: file, line, column and value (never a personal one), and why. A row that is refused as a
    whole is named by its key."""
    french = lang.startswith("fr")
    where = f"{row.file}, {'ligne' if french else 'line'} {row.line}"
    key = [f"{column} {value}" for column in KEY_COLUMNS[row.table] if (value := row.fields.get(column))]
    if not row.column and key and not any("@" in said for said in key):
        where += f" ({', '.join(key)})"
    elif row.column:
        where += f", {'colonne' if french else 'column'} {row.column}"
    said = pick(ROWS[row.because], lang)
    shown = f" «\u00a0{row.value}\u00a0»" if french else f" “{row.value}”"
    colon = typeset(" :", lang) if french else ":"
    return f"{where}{colon} {said}{shown if row.value else ''}"
