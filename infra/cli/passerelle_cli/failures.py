"""What went wrong, in a sentence: the true cause and what to do, whatever raised it."""

from __future__ import annotations

import errno

from passerelle.errors import Conflict, GiveUp, MoodleAway, PasserelleError, TryAgain
from passerelle.words.formatter import Pair
from passerelle.words.sentences import known, say

_FULL: Pair = (
    "La sortie ne peut pas être écrite : il n’y a plus de place.",
    "The output cannot be written: there is no room left.",
)
_OS: Pair = ("« {path} » : {why}", "{path}: {why}")
_OS_REASONS: dict[int, Pair] = {
    errno.ENOENT: ("n’existe pas.", "does not exist."),
    errno.EACCES: ("vos droits n’y suffisent pas.", "your rights do not suffice."),
    errno.EPERM: ("vos droits n’y suffisent pas.", "your rights do not suffice."),
    errno.EROFS: ("ce disque ne s’écrit pas.", "this disk cannot be written."),
    errno.EISDIR: ("c’est un dossier, il faut un fichier.", "this is a folder; a file is needed."),
    errno.ENOTDIR: ("un fichier est à la place d’un dossier.", "a file stands in place of a folder."),
    errno.EEXIST: ("existe déjà.", "exists already."),
    errno.ENAMETOOLONG: ("ce nom est trop long.", "this name is too long."),
    errno.EADDRINUSE: ("un autre programme tient déjà ce port.", "another program holds this port already."),
    errno.EADDRNOTAVAIL: ("cette machine n’a pas cette adresse.", "this machine has no such address."),
    errno.ENOSPC: _FULL,
}
_NOT_TEXT: Pair = (
    "Le fichier n’est pas du texte en UTF-8. Enregistrez-le en UTF-8, ou donnez son encodage si la commande "
    "a --encoding.",
    "The file is not text in UTF-8. Save it as UTF-8, or give its encoding where the command has --encoding.",
)
# Of botocore, by the name of the class: it is not imported for this.
_AWS: dict[str, Pair] = {
    "NoCredentialsError": (
        "Aucun identifiant AWS. Donnez-en (AWS_PROFILE, ou aws configure), puis recommencez.",
        "No AWS credentials. Give some (AWS_PROFILE, or aws configure), then try again.",
    ),
    "NoRegionError": (
        "Aucune région AWS. Donnez-la (AWS_REGION=eu-west-3), puis recommencez.",
        "No AWS region. Give one (AWS_REGION=eu-west-3), then try again.",
    ),
    "InvalidRegionError": (
        "Cette région AWS n’existe pas. Corrigez AWS_REGION.",
        "There is no such AWS region. Correct AWS_REGION.",
    ),
    "ProfileNotFound": (
        "Ce profil AWS n’existe pas : {why}. Corrigez AWS_PROFILE.",
        "There is no such AWS profile: {why}. Correct AWS_PROFILE.",
    ),
}
_NO_ANSWER: Pair = (
    "AWS ne répond pas ({why}). Si c’est l’installation de cette machine, lancez « passerelle up » ; sinon, "
    "vérifiez le réseau et AWS_ENDPOINT_URL.",
    "AWS does not answer ({why}). If it is this machine's installation, run “passerelle up”; otherwise check "
    "the network and AWS_ENDPOINT_URL.",
)
_AWS_REFUSES: Pair = (
    "AWS refuse {operation} : {code}. Vérifiez vos identifiants (aws sts get-caller-identity) et leurs droits "
    "(passerelle policy).",
    "AWS refuses {operation}: {code}. Check your credentials (aws sts get-caller-identity) and their rights "
    "(passerelle policy).",
)
_SITE_SILENT: Pair = (
    "{host} ne répond pas. Vérifiez l’adresse et le réseau, puis recommencez.",
    "{host} does not answer. Check the address and the network, then try again.",
)
_UNEXPECTED: Pair = (
    "Une erreur inattendue s’est produite ({kind}, {where}). Relancez avec PASSERELLE_TRACE=1 et transmettez "
    "ce qui s’affiche à qui exploite Passerelle.",
    "Something unexpected went wrong ({kind}, {where}). Run it again with PASSERELLE_TRACE=1 and give what "
    "is shown to whoever runs Passerelle.",
)


def explain(error: BaseException, lang: str) -> str:
    """What happened and what to do, in a sentence."""
    if isinstance(error, PasserelleError):
        return _ours(error, lang)
    if isinstance(error, UnicodeDecodeError):
        return say(_NOT_TEXT, lang)
    module, name = type(error).__module__.partition(".")[0], type(error).__name__
    if module == "botocore":
        return _aws(error, name, lang)
    if module in ("requests", "urllib3"):
        request = getattr(error, "request", None)
        return say(_SITE_SILENT, lang, host=getattr(request, "url", None) or name)
    if isinstance(error, OSError):
        return _system(error, lang)
    return say(_UNEXPECTED, lang, kind=name, where=_where(error))


def _ours(error: PasserelleError, lang: str) -> str:
    if isinstance(error, MoodleAway):
        return f"{error.site}: {say('away', lang)}"
    if isinstance(error, GiveUp):
        if error.code == "sources_stopped":
            from passerelle.words.offer import say_files

            return "\n".join(say_files(getattr(error, "problems", ()), lang))
        if error.code.startswith("ldap_"):
            from passerelle.words.offer import say_directory

            return say_directory(error.code, error.details, lang)
        if known(error.code):
            return say(error.code, lang, **error.details)
        details = ", ".join(f"{key}: {value}" for key, value in error.details.items())
        return f"{error.code} ({details})" if details else error.code
    if isinstance(error, Conflict):
        return say("conflict", lang)
    if isinstance(error, TryAgain):
        code = getattr(error, "code", "away")
        if not known(code):
            return say(_NO_ANSWER, lang, why=code)
        return say(code, lang, **getattr(error, "details", {}))
    return say("internal", lang)


def _aws(error: BaseException, name: str, lang: str) -> str:
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        code = response.get("Error", {}).get("Code", name)
        return say(_AWS_REFUSES, lang, operation=getattr(error, "operation_name", "…"), code=code)
    if name in _AWS:
        return say(_AWS[name], lang, why=str(error))
    return say(_NO_ANSWER, lang, why=name)


def aws_cause(name: str, lang: str) -> str:
    """Of an error of botocore's, known by its class's name alone; empty where that says too little."""
    return say(_AWS[name], lang) if name in _AWS else ""


def _system(error: OSError, lang: str) -> str:
    if error.errno == errno.ENOSPC and not error.filename:
        return say(_FULL, lang)
    reason = _OS_REASONS.get(error.errno or 0)
    why = say(reason, lang) if reason else (error.strerror or type(error).__name__)
    return say(_OS, lang, path=error.filename, why=why) if error.filename else why[:1].upper() + why[1:]


def _where(error: BaseException) -> str:
    """The last place in our own code: enough to look there, and nothing of what was worked on."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "passerelle" in file:
            place = f"{file.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
