"""Whether each Moodle fits what network.yaml says of it: what was found, judged line by line.

`judge` decides on facts that were gathered; nothing here touches a network but through the ports.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from passerelle.domain.backups.compatibility import major
from passerelle.domain.moodle.plugin import SiteFacts
from passerelle.domain.network import Network, Site
from passerelle.domain.secret_names import secret_names
from passerelle.errors import (
    FixAccess,
    GiveUp,
    InstallFunction,
    MoodleAway,
    MoodleRefused,
    PasserelleError,
)
from passerelle.events.signatures import read_secret
from passerelle.ports import Clock, Lms, Roster
from passerelle.usecases.network.findings import Finding, Level, bad, good, warning
from passerelle.usecases.network.pairs import judge_pairs
from passerelle.usecases.network.roles import VIEW_LIST, judge_author_role, judge_owner_role, judge_viewers

OLDEST = (4, 5)
NEEDED = ("local_passerelle", "enrol_passerelle")
USEFUL = ("block_passerelle",)
ENOUGH_VARIABLES = 5000  # below that a form of Moodle with many fields loses its end, and calls become many
CRON_STANDS = 900  # seconds
CRON_SELDOM = 150
SKEW_SEEN = timedelta(seconds=30)
SKEW_REFUSED = timedelta(seconds=240)  # signatures hold for 300


@dataclass(frozen=True, slots=True)
class Met:
    """What a Moodle answered, and by our clock when it did."""

    facts: SiteFacts
    asked_at: datetime
    answered_at: datetime
    categories: dict[str, bool] = field(default_factory=dict)  # idnumber → whether it is there
    in_hub_category: SiteFacts | None = None  # the roles as they stand there


@dataclass(frozen=True, slots=True)
class Doors:
    """What `check` needs of the outside."""

    lms: Callable[[str], Lms]
    roster: Callable[[str], Roster]
    secret: Callable[[str], str]  # by the parameter's name
    clock: Clock
    knock: Callable[[str, bytes], int | None]  # a signed request of a site: the HTTP status; None: no API
    prefix: str = "/passerelle/"  # of the parameters that functions may read


def check(network: Network, doors: Doors) -> Iterator[Finding]:
    """Every finding, site by site, as it is made; then what pairs of them cannot do."""
    yield from _out_of_reach(network, doors.prefix)
    met: dict[str, SiteFacts] = {}
    for name, site in network.sites.items():
        yield from _check_secrets(name, site, doors)
        if not site.plugins:
            yield from _check_plain(name, site, doors)
            continue
        facts = yield from check_moodle(network, name, doors.lms, doors.clock)
        if facts is not None and major(facts.release) >= OLDEST:
            met[name] = facts
    yield from judge_pairs(network, met)


def check_moodle(
    network: Network, name: str, lms: Callable[[str], Lms], clock: Clock
) -> Generator[Finding, None, SiteFacts | None]:
    """What the Moodle of one site answers, judged; its secrets are not tried. Returns what it answered."""
    try:
        met = _meet(network, name, lms(name), clock)
    except PasserelleError as error:
        yield _unmet(name, network.sites[name], error)
        return None
    yield from judge(network, name, met)
    return met.facts


# -- gathering ----------------------------------------------------------------------------------------


def _meet(network: Network, name: str, lms: Lms, clock: Clock) -> Met:
    asked_at = clock.now()
    facts = lms.get_site()
    answered_at = clock.now()
    wanted = {network.sites[name].category} - {""}
    in_hub_category = None
    if name == network.hub.site:
        wanted |= {network.hub.category, *network.hub.categories.values()}
    categories = {idnumber: lms.category_by_idnumber(idnumber) is not None for idnumber in sorted(wanted)}
    if name == network.hub.site and categories[network.hub.category]:
        in_hub_category = lms.get_site(network.hub.category)
    return Met(facts, asked_at, answered_at, categories, in_hub_category)


def _check_plain(name: str, site: Site, doors: Doors) -> Iterator[Finding]:
    """A Moodle without plugins, where only orders are fulfilled: people are found by Moodle's own search."""
    try:
        seen = doors.roster(name).finds_by_email()
    except PasserelleError as error:
        yield _unmet(name, site, error)
        return
    if seen:
        yield good(
            name, "les personnes y sont trouvées par adresse électronique", "people are found there by e-mail"
        )
    else:
        yield bad(
            name,
            "le compte de Passerelle ne trouve personne par adresse électronique : donnez-lui "
            "moodle/site:viewuseridentity au niveau du site",
            "Passerelle's account finds nobody by e-mail: "
            "allow it moodle/site:viewuseridentity at site level",
        )


def _out_of_reach(network: Network, prefix: str) -> Iterator[Finding]:
    """This command may read every parameter; each of Passerelle's functions only some kinds of them (G3)."""
    for one in secret_names(network):
        if one.lies_in_its_folder(prefix):
            continue
        whose = one.path[1] if one.path[0] == "sites" and len(one.path) > 1 else one.path[0]
        where, folder = ".".join(one.path), f"{prefix}{one.kind}/"
        if one.name.startswith(prefix):
            yield warning(
                whose,
                f"{where} : {one.name} n’est pas sous {folder}, où ce qui s’en sert le lit ; "
                "« passerelle network push » l’y met",
                f"{where}: {one.name} is not under {folder}, where what uses it reads it; "
                "“passerelle network push” puts it there",
            )
        else:
            yield bad(
                whose,
                f"{where} : Passerelle ne peut lire {one.name} ; nommez ce paramètre sous {folder}",
                f"{where}: Passerelle cannot read {one.name}; name that parameter under {folder}",
            )


def _check_secrets(name: str, site: Site, doors: Doors) -> Iterator[Finding]:
    for parameter in site.secrets:
        try:
            key = read_secret(doors.secret(parameter))
        except GiveUp:
            yield bad(
                name,
                f"le secret {parameter} n’est pas dans SSM : créez ce paramètre (SecureString)",
                f"the secret {parameter} is not in SSM: create that parameter (SecureString)",
            )
        except ValueError:
            yield bad(
                name,
                f"le secret {parameter} n’a pas la forme whsec_ suivie de base64 (16 octets au moins)",
                f"the secret {parameter} is not whsec_ followed by base64 (at least 16 bytes)",
            )
        else:
            yield _knocked(name, parameter, doors.knock(name, key))


def _knocked(name: str, parameter: str, status: int | None) -> Finding:
    if status == 200:
        return good(name, f"le secret {parameter} ouvre la porte", f"the secret {parameter} opens the door")
    if status == 401:
        return bad(
            name,
            f"le secret {parameter} est refusé par Passerelle : publiez ce fichier (network push), "
            "attendez 5 minutes, vérifiez à nouveau",
            f"Passerelle refuses the secret {parameter}: publish this file (network push), "
            "wait 5 minutes, check again",
        )
    if status is None:
        return warning(
            name,
            f"le secret {parameter} n’a pas pu être essayé : l’API de Passerelle ne répond pas",
            f"the secret {parameter} could not be tried: Passerelle's API does not answer",
        )
    return bad(
        name,
        f"le secret {parameter} n’a pas pu être essayé : l’API de Passerelle répond {status} ; "
        "lisez le journal de la fonction report_job",
        f"the secret {parameter} could not be tried: Passerelle's API answers {status}; "
        "read the log of the function report_job",
    )


def _unmet(name: str, site: Site, error: PasserelleError) -> Finding:
    match error:
        case InstallFunction():
            return bad(
                name,
                f"le service web ne connaît pas {error.function} : installez ou mettez à jour le plugin "
                "local_passerelle, ou ajoutez la fonction au service",
                f"the web service does not know {error.function}: install or upgrade the plugin "
                "local_passerelle, or add the function to the service",
            )
        case FixAccess():
            return bad(
                name,
                f"le jeton {site.token} est refusé ({error.errorcode}) : vérifiez le jeton, le service "
                "et les droits de son utilisateur",
                f"the token {site.token} is refused ({error.errorcode}): check the token, the service "
                "and what its user may do",
            )
        case MoodleAway():
            return bad(
                name,
                f"{site.url} ne répond pas comme un Moodle ({error.reason}) : "
                "vérifiez l’adresse et le serveur",
                f"{site.url} does not answer as a Moodle ({error.reason}): check the address and the server",
            )
        case MoodleRefused():
            return bad(
                name,
                f"Moodle refuse {error.function} ({error.errorcode})",
                f"Moodle refuses {error.function} ({error.errorcode})",
            )
        case GiveUp() if error.code == "secret_missing":
            return bad(
                name,
                f"n’est pas encore connecté (le jeton {site.token} n’est pas dans SSM) : entrez-y le code "
                f"que donne « passerelle network add {name} »",
                f"is not connected yet (the token {site.token} is not in SSM): enter the code there that "
                f"“passerelle network add {name}” gives",
            )
        case _:
            return bad(
                name,
                f"la vérification s’est interrompue ({type(error).__name__})",
                f"the check broke off ({type(error).__name__})",
            )


# -- judging ------------------------------------------------------------------------------------------


def judge(network: Network, name: str, met: Met) -> Iterator[Finding]:
    site, facts = network.sites[name], met.facts
    yield from _release(name, facts)
    yield from _plugins(name, facts)
    yield from _identity(name, site, facts)
    yield from _clock(name, met)
    yield from _settings(name, site, facts)
    yield from _cron(name, facts)
    yield from _categories(name, met)
    yield from judge_owner_role(name, site, facts)
    if name == network.hub.site:
        yield from judge_author_role(network, facts)
        yield from judge_viewers(network, facts, met.in_hub_category)


def _release(name: str, facts: SiteFacts) -> Iterator[Finding]:
    if major(facts.release) < OLDEST:
        yield bad(
            name,
            f"Moodle {facts.release} : Passerelle demande 4.5 ou plus récent",
            f"Moodle {facts.release}: Passerelle needs 4.5 or later",
        )
    else:
        yield good(name, f"Moodle {facts.release} répond", f"Moodle {facts.release} answers")


def _plugins(name: str, facts: SiteFacts) -> Iterator[Finding]:
    missing = [plugin for plugin in NEEDED if not facts.plugins.get(plugin)]
    if missing:
        listed = ", ".join(missing)
        yield bad(name, f"installez {listed}", f"install {listed}")
    lacking = [plugin for plugin in USEFUL if not facts.plugins.get(plugin)]
    if lacking:
        listed = ", ".join(lacking)
        yield warning(
            name,
            f"{listed} n’est pas installé : les enseignants passeront par le menu du cours",
            f"{listed} is not installed: teachers will use the course menu",
        )
    there = [f"{plugin} {version}" for plugin, version in sorted(facts.plugins.items()) if version]
    if there:
        yield good(name, ", ".join(there), ", ".join(there))


def _identity(name: str, site: Site, facts: SiteFacts) -> Iterator[Finding]:
    if facts.wwwroot and facts.wwwroot.rstrip("/") != site.url:
        yield bad(
            name,
            f"ce Moodle dit s’appeler {facts.wwwroot} et non {site.url} : corrigez url",
            f"this Moodle says its address is {facts.wwwroot}, not {site.url}: correct url",
        )
    if not facts.site:
        yield warning(
            name,
            f"les réglages du plugin ne disent pas son nom : mettez-y « {name} »",
            f"the plugin's settings do not say its name: put “{name}” there",
        )
    elif facts.site != name:
        yield bad(
            name,
            f"le plugin se croit « {facts.site} » : corrigez ses réglages, ou network.yaml",
            f"the plugin believes it is “{facts.site}”: correct its settings, or network.yaml",
        )


def _clock(name: str, met: Met) -> Iterator[Finding]:
    now = met.facts.now
    if now is None:
        return
    # Moodle tells whole seconds, at some moment between question and answer.
    early, late = met.asked_at - now - timedelta(seconds=1), now - met.answered_at
    skew = max(early, late)
    if skew < SKEW_SEEN:
        return
    seconds = int(skew.total_seconds())
    find = bad if skew >= SKEW_REFUSED else warning
    yield find(
        name,
        f"l’horloge du serveur diffère de {seconds} s : réglez-la (NTP), "
        "les signatures ne valent que 5 minutes",
        f"the server's clock is {seconds} s off: set it (NTP), signatures hold for 5 minutes only",
    )


def _settings(name: str, site: Site, facts: SiteFacts) -> Iterator[Finding]:
    variables = facts.limits.max_input_vars
    if 0 < variables < ENOUGH_VARIABLES:
        yield warning(
            name,
            f"max_input_vars vaut {variables} : Moodle recommande {ENOUGH_VARIABLES} (php.ini)",
            f"max_input_vars is {variables}: Moodle recommends {ENOUGH_VARIABLES} (php.ini)",
        )
    if site.language not in facts.languages:
        yield warning(
            name,
            f"le paquet de langue « {site.language} » n’est pas installé",
            f"the language pack “{site.language}” is not installed",
        )
    if not site.assistance.email:
        yield warning(
            name,
            "aucune adresse d’assistance : une personne refusée ne saura à qui écrire (assistance.email)",
            "no assistance address: who is refused will not know whom to write to (assistance.email)",
        )


def _cron(name: str, facts: SiteFacts) -> Iterator[Finding]:
    cron = facts.cron
    if cron is None:
        return
    if cron.idle is None or cron.idle > CRON_STANDS:
        how_long = None if cron.idle is None else cron.idle // 60
        yield warning(
            name,
            f"cron n’a {'jamais tourné' if how_long is None else f'pas tourné depuis {how_long} min'} : "
            "lancez-le chaque minute, les sauvegardes et les restaurations l’attendent",
            f"cron has {'never run' if how_long is None else f'not run for {how_long} min'}: "
            "let it run every minute, backups and restores wait for it",
        )
    elif cron.every > CRON_SELDOM and not cron.atonce:
        yield warning(
            name,
            f"cron ne passe que toutes les {cron.every // 60} min, une sauvegarde ou une restauration peut "
            "attendre autant : lancez-le chaque minute, ou activez « Démarrer aussitôt les sauvegardes et "
            "les restaurations » dans les réglages du plugin",
            f"cron comes every {cron.every // 60} min only, and a backup or a restore may wait as long: let "
            "it run every minute, or switch on “Start backups and restores at once” in the settings",
        )


def _categories(name: str, met: Met) -> Iterator[Finding]:
    for idnumber, there in met.categories.items():
        if there:
            yield good(name, f"la catégorie « {idnumber} » existe", f"the category “{idnumber}” exists")
        else:
            yield bad(
                name,
                f"aucune catégorie de numéro d’identification « {idnumber} » n’est vue : créez-la, corrigez "
                f"network.yaml, ou permettez au compte de Passerelle de la voir ({VIEW_LIST})",
                f"no category with the ID number “{idnumber}” is seen: create it, correct network.yaml, or "
                f"allow Passerelle's account to see it ({VIEW_LIST})",
            )


def is_bad(findings: Iterable[Finding]) -> bool:
    return any(finding.level is Level.BAD for finding in findings)
