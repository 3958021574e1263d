"""A stage of the night in words: its name, what holds its plan, why it failed."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.domain.offer.stages import Stage
from passerelle.words.formatter import Pair, fill, pick

STAGES: Mapping[str, Pair] = {
    Stage.USERS: ("utilisateurs", "users"),
    Stage.COHORTS: ("cohortes", "cohorts"),
    Stage.OFFER: ("offre de formation", "offer"),
    Stage.ENROLMENTS: ("inscriptions", "enrolments"),
    Stage.GROUPS: ("groupes", "groups"),
    "night": ("toute la nuit", "the whole night"),
}
_SCOPES: Mapping[str, Pair] = {
    "all": ("tous les retraits", "all removals"),
    "category": ("retraits dans la catégorie {key}", "removals in the category {key}"),
    "course": ("retraits dans le cours {key}", "removals in the course {key}"),
    "source": ("lignes perdues de {key}", "rows lost by {key}"),
    "thaw": ("dégel", "thaw"),
    "person": ("retenu par une personne", "held by a person"),
}
_HELD_BY: Pair = ("par {key}", "by {key}")
_OVER: Pair = (
    "{where} : {count} sur {there} (limite : {limit})",
    "{where}: {count} of {there} (limit: {limit})",
)
_HELD: Pair = ("{where} : {count}", "{where}: {count}")
# Why a stage failed, by its code; others have their sentence in words.sentences, or stay what they are.
ERRORS: Mapping[str, Pair] = {
    "applying": (
        "interrompue pendant l’application ; relancée, elle reprend où elle en était",
        "broken off while it was applied; run again, it goes on where it stopped",
    ),
    "stage_needs": (
        "l’étape dont elle a besoin a échoué ou attend",
        "the stage that it needs failed or waits",
    ),
    "stage_waited": (
        "l’étape dont elle a besoin ne s’est pas terminée à temps",
        "the stage that it needs did not end in time",
    ),
    "night_sources_stopped": (
        "des fichiers manquent, sont coupés, ou ne sont pas de cette nuit",
        "files are missing, cut, or not this night's",
    ),
    "sources_stopped": (
        "des fichiers manquent, sont coupés, ou ne sont pas de cette nuit",
        "files are missing, cut, or not this night's",
    ),
    "ldap_not_allowed": (
        "l’annuaire refuse le compte de lecture",
        "the directory refuses the reading account",
    ),
    "ldap_no_such_base": ("l’annuaire ne connaît pas la base", "the directory does not know the base"),
    "ldap_bad_filter": ("le filtre de l’annuaire est mal formé", "the directory's filter is malformed"),
    "ldap_certificate_not_trusted": (
        "le certificat de l’annuaire n’est pas reconnu",
        "the directory's certificate is not trusted",
    ),
}


def say_stage(stage: str, lang: str) -> str:
    return pick(STAGES.get(stage, (stage, stage)), lang)


def say_hold(scope: str, key: str, count: int | str, there: int | str, limit: str, lang: str) -> str:
    """What a plan is held for, with its figures."""
    pair = _HELD_BY if scope == "person" else _OVER if limit else _HELD
    where = say_scope(scope, key, lang)
    return fill(pair, lang, {"key": key, "where": where, "count": count, "there": there, "limit": limit})


def say_kept_hold(kept: str, lang: str) -> str:
    """As a run keeps it, `scope:key:count:there:limit`; a key may hold colons."""
    scope, _, rest = kept.partition(":")
    key, count, there, limit = rest.rsplit(":", 3)
    return say_hold(scope, key, count, there, limit, lang)


def say_scope(scope: str, key: str, lang: str) -> str:
    """What a hold is about."""
    return pick(_SCOPES.get(scope, (scope, scope)), lang).format(key=key)


def say_error(code: str, lang: str) -> str:
    return pick(ERRORS.get(code, (code, code)), lang)
