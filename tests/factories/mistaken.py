"""Folders of extracts with the mistakes people make, each kind once, and the pages that say what is said of them.

`python -m tests.factories.mistaken` writes both pages anew, from real runs of `passerelle sync check`.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from click.testing import CliRunner

from passerelle_cli.failures import explain
from passerelle_cli.main import cli
from tests.factories.offer import HEADERS, University, write_manifest
from tests.infra.templates import ROOT

Files = dict[str, bytes]

PAGES = {
    "fr": ROOT / "infra/docs/guide/fautes-des-extractions.md",
    "en": ROOT / "infra/docs/guide/mistakes-in-extracts.md",
}


def good() -> University:
    """Small, valid, with accents and œ."""
    made = University().category("SCI", title="Sciences").category("CHI", "SCI", "Licence de chimie")
    made.element("CHI101", title="Cinétique : œuvres et méthodes", category="CHI")
    made.element("CHI102", title="Thermodynamique", category="CHI", distance=True)
    made.group("GR11", "TD 1", on=("CHI101",)).group("GR21", "CEMU", on=("CHI102",))
    for number in range(22100001, 22100025):
        made.person(f"{number}", username=f"etu{number}", lastname="Lefèvre", firstname="Noël")
    made.person("P0001", username="martin", kind="staff")
    made.ip("22100001", "CHI101", "GR11").ip("22100002", "CHI102", "GR21").tele("22100002")
    return made.ade("P0001", "CHI101", sheet="F1").cohort("L1", "22100001")


@dataclass(frozen=True)
class Mistaken:
    """`files`: what lies in the folder; a `.zip` alone is given itself. `words`: further ones of the command."""

    french: str
    english: str
    files: Callable[[], Files]
    words: tuple[str, ...] = ()


def rows(change: Callable[[University], object]) -> Callable[[], Files]:
    """Otherwise right: the manifest agrees."""

    def files() -> Files:
        made = good()
        change(made)
        return made.contents()

    return files


def cell(file: str, column: str, value: str, row: int = 0) -> Callable[[], Files]:
    def change(made: University) -> None:
        place = HEADERS[file].index(column)
        old = made.tables[file][row]
        made.tables[file][row] = (*old[:place], value, *old[place + 1 :])

    return rows(change)


def body(file: str, change: Callable[[bytes], bytes]) -> Callable[[], Files]:
    """Other bytes in one file; the manifest agrees."""

    def files() -> Files:
        contents = good().contents()
        contents[file] = change(contents[file])
        del contents["manifest.json"]
        said = json.loads(good().contents()["manifest.json"])["files"]
        counts = {name: said[name]["rows"] if name in said else 0 for name in contents}
        return {**contents, "manifest.json": write_manifest(contents, counts)}

    return files


def folder(change: Callable[[Files], object]) -> Callable[[], Files]:
    """Files taken out, put in, or other than the manifest says."""

    def files() -> Files:
        contents = good().contents()
        change(contents)
        return contents

    return files


def manifest(**said: object) -> Callable[[], Files]:
    """Other words in manifest.json; None takes one out."""

    def change(contents: Files) -> None:
        found = {**json.loads(contents["manifest.json"]), **said}
        kept = {key: value for key, value in found.items() if value is not None}
        contents["manifest.json"] = json.dumps(kept, ensure_ascii=False).encode()

    return folder(change)


def of_file(file: str, **said: object) -> Callable[[], Files]:
    files = json.loads(good().contents()["manifest.json"])["files"]
    told = {key: value for key, value in {**files[file], **said}.items() if value is not None}
    return manifest(files={**files, file: told})


def renamed(old: str, new: str) -> Callable[[], Files]:
    return folder(lambda files: files.update({new: files.pop(old)}))


def written_in(encoding: str) -> Callable[[bytes], bytes]:
    return lambda content: content.decode().encode(encoding, "replace")


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(old.encode(), new.encode())


ROSTER: Mapping[str, str] = {
    "manifest.csv": "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.orgs,bulk\n"
    "file.users,bulk\nfile.classes,bulk\nfile.academicSessions,bulk\nfile.enrollments,bulk\n",
    "orgs.csv": "sourcedId,status,name,type,parentSourcedId\nO1,active,Lycée,school,\n",
    "users.csv": "sourcedId,status,enabledUser,role,username,givenName,familyName,email\n"
    "U1,active,true,student,ada,Ada,Lovelace,ada@univ.example\n",
    "classes.csv": "sourcedId,status,title,schoolSourcedId\nC1,active,Chimie,O1\n",
    "academicSessions.csv": "sourcedId,status,title,type,startDate,endDate\n"
    "Y1,active,2026,schoolYear,2026-09-01,2027-08-31\n",
    "enrollments.csv": "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n"
    "E1,active,C1,U1,student,,\n",
}


def roster(file: str = "", old: str = "", new: str = "", *, without: str = "") -> Callable[[], Files]:
    def files() -> Files:
        texts = {name: text for name, text in ROSTER.items() if name != without}
        if file:
            texts[file] = texts[file].replace(old, new)
        return {name: text.encode() for name, text in texts.items()}

    return files


def zipped(change: Callable[[zipfile.ZipFile], object]) -> Callable[[], Files]:
    def files() -> Files:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in good().contents().items():
                archive.writestr(f"2026-10-06/{name}", content)
            change(archive)
        return {"nuit.zip": packed.getvalue()}

    return files


SECTIONS: Mapping[tuple[str, str], tuple[Mistaken, ...]] = {
    ("Les fichiers", "Files"): (
        Mistaken("un fichier manque", "a file is missing", folder(lambda files: files.pop("groups.csv"))),
        Mistaken(
            "plusieurs fichiers manquent",
            "several files are missing",
            folder(lambda files: [files.pop(name) for name in ("ade.csv", "groups.csv", "people.csv")]),
        ),
        Mistaken(
            "un fichier sous un autre nom",
            "a file under another name",
            renamed("people.csv", "etudiants.csv"),
        ),
        Mistaken("un nom en capitales", "a name in capitals", renamed("people.csv", "PEOPLE.CSV")),
        Mistaken(
            "un classeur à côté des CSV", "a workbook beside the CSV", renamed("people.csv", "people.xlsx")
        ),
        Mistaken(
            "un classeur nommé .csv", "a workbook named .csv", body("people.csv", lambda _: b"PK\x03\x04" * 9)
        ),
        Mistaken("un fichier vide", "an empty file", body("people.csv", lambda _: b"")),
        Mistaken(
            "rien que l’en-tête",
            "a header and nothing else",
            rows(lambda made: made.tables["ip.csv"].clear()),
        ),
        Mistaken(
            "pas d’en-tête", "no header", body("groups.csv", lambda content: content.split(b"\r\n", 1)[1])
        ),
        Mistaken(
            "une colonne d’un autre nom",
            "a column of another name",
            body("elements.csv", replaced("term_start", "debut")),
        ),
        Mistaken(
            "une colonne deux fois",
            "a column twice",
            body("groups.csv", replaced("collection_code", "collection_code;code")),
        ),
        Mistaken(
            "en-tête en capitales, avec des espaces",
            "a header in capitals, with spaces",
            body("ip.csv", replaced("person_code;element_code", " PERSON_CODE ; Element_Code")),
        ),
        Mistaken("des tabulations", "tabs", body("groups.csv", replaced(";", "\t"))),
        Mistaken("des virgules", "commas", body("groups.csv", replaced(";", ","))),
        Mistaken("un dossier du jour dans un zip", "the day's folder in a zip", zipped(lambda _: None)),
        Mistaken("un zip qui n’en est pas un", "a zip that is none", lambda: {"nuit.zip": b"PK\x03\x04cut"}),
        Mistaken(
            "deux fichiers d’un même nom dans le zip",
            "two files of one name in the zip",
            zipped(lambda archive: archive.writestr("2026-10-05/people.csv", b"")),
        ),
    ),
    ("L’encodage", "The encoding"): (
        Mistaken("UTF-8 avec sa marque", "UTF-8 with its mark", body("people.csv", written_in("utf-8-sig"))),
        Mistaken(
            "UTF-16 (« Texte Unicode » d’Excel)",
            "UTF-16 (Excel's “Unicode text”)",
            body("people.csv", written_in("utf-16")),
        ),
        Mistaken("ISO-8859-1", "ISO-8859-1", body("people.csv", written_in("iso-8859-1"))),
        Mistaken("windows-1252", "windows-1252", body("elements.csv", written_in("cp1252"))),
        Mistaken("CP850 (DOS)", "CP850 (DOS)", body("people.csv", written_in("cp850"))),
        Mistaken("Mac Roman", "Mac Roman", body("people.csv", written_in("mac-roman"))),
        Mistaken(
            "un octet abîmé parmi d’autres lignes",
            "one damaged byte among good rows",
            body("people.csv", lambda content: content.replace("Noël".encode(), b"No\xebl", 1)),
        ),
        Mistaken(
            "UTF-8, alors qu’on dit ISO-8859-1",
            "UTF-8, though ISO-8859-1 is said",
            good_files := (lambda: good().contents()),
            ("--encoding", "iso-8859-1"),
        ),
        Mistaken(
            "un encodage qui n’existe pas",
            "an encoding that does not exist",
            good_files,
            ("--encoding", "utf8000"),
        ),
        Mistaken("un octet nul", "a NUL byte", body("groups.csv", replaced("TD 1", "TD\x001"))),
    ),
    ("Les valeurs", "Values"): (
        Mistaken("un drapeau en toutes lettres", "a flag in words", cell("elements.csv", "distance", "oui")),
        Mistaken(
            "un état en minuscules", "a state in small letters", cell("ade.csv", "sheet_state", "current")
        ),
        Mistaken("un statut en français", "a status in French", cell("ade.csv", "status", "Planifié")),
        Mistaken(
            "un genre de personne en français",
            "a kind of person in French",
            cell("people.csv", "kind", "étudiant"),
        ),
        Mistaken("une date française", "a French date", cell("elements.csv", "term_start", "01/09/2026")),
        Mistaken("une date en mots", "a date in words", cell("elements.csv", "term_start", "rentrée")),
        Mistaken("un code vide", "an empty code", cell("groups.csv", "code", "")),
        Mistaken(
            "une adresse électronique qui n’en est pas une",
            "an e-mail address that is none",
            cell("people.csv", "email", "etu22100001@univ"),
        ),
        Mistaken("personne sans identifiant", "no login", cell("people.csv", "username", "")),
        Mistaken("personne sans adresse électronique", "no e-mail address", cell("people.csv", "email", "")),
        Mistaken(
            "un séparateur dans un titre, sans guillemets",
            "a separator in a title, without quotes",
            body("groups.csv", replaced("TD 1", "TD 1; lundi")),
        ),
        Mistaken(
            "une ligne coupée",
            "a row cut short",
            body("groups.csv", replaced("GR11;TD 1;KGR11", "GR11;TD 1")),
        ),
        Mistaken(
            "des guillemets mal fermés",
            "quotes that do not close",
            body("groups.csv", replaced("TD 1", '"TD 1')),
        ),
        Mistaken(
            "une ligne deux fois, la même",
            "a row twice, the same",
            rows(lambda made: made.ip("22100001", "CHI101", "GR11")),
        ),
        Mistaken(
            "un code deux fois, deux valeurs",
            "a code twice, two values",
            rows(lambda made: made.row("groups.csv", "GR11", "TD 2", "KGR11")),
        ),
        Mistaken(
            "deux personnes, un identifiant",
            "two people, one login",
            cell("people.csv", "username", "etu22100002"),
        ),
    ),
    ("Les renvois", "References"): (
        Mistaken(
            "une inscription de quelqu’un que people.csv n’a pas",
            "a registration of somebody whom people.csv lacks",
            rows(lambda made: made.ip("99999999", "CHI101", "GR11")),
        ),
        Mistaken(
            "une inscription dans un groupe que groups.csv n’a pas",
            "a registration in a group that groups.csv lacks",
            rows(lambda made: made.ip("22100003", "CHI101", "GR99")),
        ),
        Mistaken(
            "une inscription à un code qui n’est pas un espace de cours",
            "a registration for a code that is no course space",
            rows(lambda made: made.ip("22100003", "SEM1", "")),
        ),
        Mistaken(
            "une catégorie inconnue", "an unknown category", cell("elements.csv", "category_code", "L9")
        ),
        Mistaken(
            "une catégorie parente inconnue",
            "an unknown parent",
            cell("categories.csv", "parent_code", "UFR9", 1),
        ),
        Mistaken(
            "des catégories en rond", "categories in a loop", cell("categories.csv", "parent_code", "CHI")
        ),
        Mistaken("un porteur inconnu", "an unknown carrier", cell("elements.csv", "carrier_code", "UE9")),
        Mistaken(
            "un élément qui se porte lui-même",
            "an element that carries itself",
            cell("elements.csv", "carrier_code", "CHI101"),
        ),
        Mistaken(
            "une cohorte inconnue", "an unknown cohort", cell("cohort_members.csv", "cohort_code", "L9")
        ),
        Mistaken(
            "un groupe dont la collection n’est rattachée à rien",
            "a group whose collection is attached to nothing",
            rows(lambda made: made.group("GR31")),
        ),
    ),
    ("Ce qu’un tableur a fait", "What a spreadsheet did"): (
        Mistaken(
            "un code en notation scientifique",
            "a code in scientific notation",
            cell("people.csv", "code", "2,21E+07", 2),
        ),
        Mistaken("des zéros de tête perdus", "leading zeros lost", rows(lambda made: made.person("2100025"))),
        Mistaken(
            "un code changé en date", "a code turned into a date", cell("groups.csv", "code", "1-mars", 1)
        ),
        Mistaken("une erreur de formule", "a formula's error", cell("groups.csv", "code", "#REF!", 1)),
    ),
    ("Le manifeste", "The manifest"): (
        Mistaken("pas de manifeste", "no manifest", folder(lambda files: files.pop("manifest.json"))),
        Mistaken(
            "ce n’est pas du JSON",
            "it is no JSON",
            folder(lambda files: files.update({"manifest.json": b"{'year': 2026}"})),
        ),
        Mistaken("pas d’année", "no year", manifest(year=None)),
        Mistaken("l’année écrite 2026/2027", "the year written 2026/2027", manifest(year="2026/2027")),
        Mistaken("l’année écrite 26", "the year written 26", manifest(year="26")),
        Mistaken("pas de made_at", "no made_at", manifest(made_at=None)),
        Mistaken("made_at à la française", "made_at in the French way", manifest(made_at="05/10/2026 23:40")),
        Mistaken("pas de files", "no files", manifest(files=None)),
        Mistaken("files vide", "files empty", manifest(files={})),
        Mistaken(
            "un fichier n’y est pas",
            "a file is not in it",
            manifest(
                files={
                    name: said
                    for name, said in json.loads(good().contents()["manifest.json"])["files"].items()
                    if name != "people.csv"
                }
            ),
        ),
        Mistaken(
            "un fichier coupé depuis",
            "a file cut since",
            folder(lambda files: files.update({"people.csv": files["people.csv"][:300]})),
        ),
        Mistaken(
            "un fichier changé depuis",
            "a file changed since",
            folder(
                lambda files: files.update({"people.csv": files["people.csv"].replace(b"martin", b"martyn")})
            ),
        ),
        Mistaken(
            "l’en-tête comptée comme une ligne", "the header counted as a row", of_file("people.csv", rows=26)
        ),
    ),
    ("Les pièges que les sources montrent seules", "Traps that sources alone show"): (
        Mistaken(
            "un élément sans groupe",
            "an element without a group",
            rows(lambda made: made.element("CHI103", category="CHI").ip("22100003", "CHI103", "")),
        ),
        Mistaken(
            "groupe CEMU, sans IA en télé-enseignement",
            "a CEMU group, no IA at a distance",
            cell("ia.csv", "tele", "0"),
        ),
        Mistaken(
            "groupe CEMU d’un élément qui n’est pas à distance",
            "a CEMU group of an element on campus",
            cell("elements.csv", "distance", "0", 1),
        ),
        Mistaken(
            "des groupes rattachés au porté seulement",
            "groups attached to the carried element alone",
            rows(
                lambda made: (
                    made.element("PHY150", category="CHI", carrier="CHI101")
                    .group("GR41", on=("PHY150",))
                    .ip("22100003", "PHY150", "GR41")
                )
            ),
        ),
        Mistaken(
            "un enseignant associé, pas planifié",
            "a teacher associated, not planned",
            cell("ade.csv", "status", "ASSOCIATED"),
        ),
        Mistaken(
            "une feuille d’une autre origine",
            "a sheet from elsewhere",
            cell("ade.csv", "sheet_origin", "MANUEL"),
        ),
    ),
    ("OneRoster", "OneRoster"): (
        Mistaken("un jeu juste", "a right set", roster()),
        Mistaken("pas de manifest.csv", "no manifest.csv", roster(without="manifest.csv")),
        Mistaken(
            "manifest.csv n’annonce pas un fichier",
            "manifest.csv leaves a file out",
            roster("manifest.csv", "file.users,bulk\n", ""),
        ),
        Mistaken(
            "un différentiel sans fichier complet",
            "a delta without its bulk file",
            roster("manifest.csv", "bulk", "delta"),
        ),
        Mistaken(
            "une autre version", "another version", roster("manifest.csv", "version,1.1", "version,2.0")
        ),
        Mistaken(
            "un rôle en capitales", "a role in capitals", roster("enrollments.csv", "student", "Student")
        ),
        Mistaken("un rôle inconnu", "an unknown role", roster("enrollments.csv", "student", "élève")),
        Mistaken(
            "un état « inactive »", "a status “inactive”", roster("enrollments.csv", "active", "inactive")
        ),
        Mistaken(
            "une date américaine",
            "an American date",
            roster("enrollments.csv", "student,,", "student,8/27/2018,"),
        ),
        Mistaken(
            "des inscriptions finies",
            "enrolments that have ended",
            roster("enrollments.csv", "student,,", "student,,2019-06-30"),
        ),
        Mistaken("une personne désactivée", "a disabled person", roster("users.csv", "true", "false")),
        Mistaken("une classe inconnue", "an unknown class", roster("enrollments.csv", "C1", "C9")),
        Mistaken(
            "une école parente inconnue", "an unknown parent", roster("orgs.csv", "school,", "school,O9")
        ),
    ),
}

KINDS = tuple(kind for kinds in SECTIONS.values() for kind in kinds)
_LOCALES = {"fr": "fr_FR.UTF-8", "en": "en_US.UTF-8"}
_READ = re.compile(r"\S+\s?: \S+ (?:lignes? lues?|rows? read)")
_HEADS = {
    "fr": (
        "# Ce qui est dit de chaque faute",
        "Les fautes que l’on fait dans les extractions, et ce que `passerelle sync check` en dit, avant la nuit. "
        "Page faite par de vrais essais (`python -m tests.factories.mistaken`) ; les lignes qui comptent "
        "simplement ce qui est lu n’y sont pas. Ce que les fichiers doivent contenir : "
        "[les extractions](../extracts.md), en anglais, ou `passerelle sync describe`.",
        "| ce qui est arrivé | ce qui est dit | code |",
    ),
    "en": (
        "# What is said of each mistake",
        "The mistakes that people make in extracts, and what `passerelle sync check` says of them before the "
        "night. Made by real runs (`python -m tests.factories.mistaken`); lines that merely count what was read "
        "are left out. What the files have to hold: [the extracts](../extracts.md), or `passerelle sync "
        "describe`.",
        "| what happened | what is said | exit |",
    ),
}


@cache
def said_of(kind: Mistaken, lang: str) -> tuple[int, list[str]]:
    """The exit code and the lines that `sync check` prints, without those that only count rows."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, content in kind.files().items():
            (Path(scratch) / name).write_bytes(content)
        alone = [path for path in Path(scratch).iterdir() if path.suffix == ".zip"]
        words = ["sync", "check", "--sources", str(alone[0] if alone else scratch), *kind.words]
        done = CliRunner().invoke(cli, words, prog_name="passerelle", env={"LC_ALL": _LOCALES[lang]})
    lines = [line for line in done.output.splitlines() if line.strip()]
    if done.exception is not None and not isinstance(
        done.exception, SystemExit
    ):  # as passerelle_cli.main says
        lines += explain(done.exception, lang).splitlines()
    told = [
        line.strip()
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if following.startswith("  ") or not _READ.fullmatch(line)
    ]
    return done.exit_code, told


def page(lang: str) -> str:
    return "\n".join(_lines(lang)) + "\n"


def _lines(lang: str) -> Iterator[str]:
    title, about, head = _HEADS[lang]
    yield from (title, "", about)
    for (french, english), kinds in SECTIONS.items():
        yield from ("", f"## {french if lang == 'fr' else english}", "", head, "| --- | --- | --- |")
        for kind in kinds:
            code, lines = said_of(kind, lang)
            said = "<br>".join(line.replace("|", "\\|") for line in lines)
            yield f"| {kind.french if lang == 'fr' else kind.english} | {said} | {code} |"


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8")
