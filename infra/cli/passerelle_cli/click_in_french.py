"""What click itself says, in the reader's language. click speaks through gettext; these are its texts."""

from __future__ import annotations

import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.termui
import click.types

from passerelle.words.typesetting import typeset
from passerelle_cli.terminal import language

MODULES = (
    click.core,
    click.decorators,
    click.exceptions,
    click.formatting,
    click.parser,
    click.termui,
    click.types,
)
FRENCH = {
    "(dynamic)": "(calculé)",
    "Aborted!": "Abandonné.",
    "Commands": "Commandes\u00a0",  # click adds the colon
    "Could not open file {filename!r}: {message}": "Le fichier « {filename} » ne s’ouvre pas : {message}",
    "Did you mean {possibility}?": "Vouliez-vous dire {possibility} ?",
    "(Did you mean one of: {possibilities}?)": "(Vouliez-vous dire : {possibilities} ?)",
    "Error: {message}": "Erreur : {message}",
    "Error: invalid input": "Erreur : saisie non valable",
    "Got unexpected extra argument ({args})": "Argument en trop : {args}",
    "Got unexpected extra arguments ({args})": "Arguments en trop : {args}",
    "Invalid value for {param_hint}: {message}": "Valeur non valable pour {param_hint} : {message}",
    "Invalid value: {message}": "Valeur non valable : {message}",
    "Missing argument": "Il manque l’argument",
    "Missing command.": "Il manque la commande.",
    "Missing option": "Il manque l’option",
    "Missing parameter": "Il manque le paramètre",
    "Missing parameter: {param_name}": "Il manque le paramètre : {param_name}",
    "Missing {param_type}": "Il manque : {param_type}",
    "No such command {name!r}.": "Il n’y a pas de commande « {name} ».",
    "No such option {name!r}.": "Il n’y a pas d’option « {name} ».",
    "Argument {name!r} takes {nargs} values.": "L’argument « {name} » prend {nargs} valeurs.",
    "Option {name!r} does not take a value.": "L’option « {name} » ne prend pas de valeur.",
    "Option {name!r} requires an argument.": "L’option « {name} » demande une valeur.",
    "Option {name!r} requires {nargs} arguments.": "L’option « {name} » demande {nargs} valeurs.",
    "Options": "Options\u00a0",
    "Positional arguments": "Arguments\u00a0",
    "Show the version and exit.": "Afficher la version.",
    "Show this message and exit.": "Afficher cette aide.",
    "Takes {nargs} values but 1 was given.": "Il faut {nargs} valeurs, une seule est donnée.",
    "Takes {nargs} values but {len} were given.": "Il faut {nargs} valeurs, {len} sont données.",
    "{len_type} values are required, but {len_value} was given.": "Il faut {len_type} valeurs : {len_value}.",
    "{len_type} values are required, but {len_value} were given.": "Il faut {len_type} valeurs : {len_value}.",
    "Try '{command} {option}' for help.": "L’aide : {command} {option}",
    "Usage:": "Usage :",
    "required": "obligatoire",
    "default: {default}": "par défaut : {default}",
    "deprecated": "abandonné",
    "env var: {var}": "variable d’environnement : {var}",
    "directory": "dossier",
    "file": "fichier",
    "path": "chemin",
    "unknown error": "erreur inconnue",
    "Choose from:\n\t{choices}": "Choix :\n\t{choices}",
    "{name} {filename!r} does not exist.": "« {filename} » n’existe pas ({name}).",
    "{name} {filename!r} is a directory.": "« {filename} » est un dossier.",
    "{name} {filename!r} is a file.": "« {filename} » est un fichier.",
    "{name} {filename!r} is not executable.": "« {filename} » n’est pas exécutable ({name}).",
    "{name} {filename!r} is not readable.": "« {filename} » ne peut pas être lu ({name}).",
    "{name} {filename!r} is not writable.": "« {filename} » ne peut pas être écrit ({name}).",
    "{value!r} is not a valid boolean. Recognized values: {states}": "« {value} » n’est pas l’une de : {states}.",
    "{value!r} is not a valid {number_type}.": "« {value} » n’est pas un nombre.",
    "{value} is not in the range {range}.": "{value} n’est pas dans l’intervalle {range}.",
    "{value!r} does not match the format {format}.": "« {value} » n’est pas de la forme {format}.",
    "{value!r} does not match the formats {formats}.": "« {value} » n’est d’aucune de ces formes : {formats}.",
    "{value!r} is not {choice}.": "« {value} » n’est pas {choice}.",
    "{value!r} is not one of {choices}.": "« {value} » n’est pas l’un de {choices}.",
    "%(prog)s, version %(version)s": "%(prog)s, version %(version)s",
}
METAVARS = {
    "TEXT": "TEXTE",
    "INTEGER": "ENTIER",
    "INTEGER RANGE": "ENTIER",
    "FLOAT": "NOMBRE",
    "DECIMAL": "NOMBRE",
    "FILE": "FICHIER",
    "FILENAME": "FICHIER",
    "DIRECTORY": "DOSSIER",
    "PATH": "CHEMIN",
    "DATETIME": "DATE",
}


def _said(message: str) -> str:
    return typeset(FRENCH.get(message, message), "fr") if language() == "fr" else message


def _counted(singular: str, plural: str, number: int) -> str:
    return _said(singular if number == 1 else plural)


def teach() -> None:
    """Once: from here on click asks these functions for its words."""
    for module in MODULES:
        if hasattr(module, "_"):
            module._ = _said  # type: ignore[attr-defined]
        if hasattr(module, "ngettext"):
            module.ngettext = _counted  # type: ignore[attr-defined]
