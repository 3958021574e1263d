"""The plugins' suite: on the twin always, on real Moodles where the environment names them.

For a real site:

- `PASSERELLE_LIVE_ADDRESS`, `PASSERELLE_LIVE_TOKEN`, `PASSERELLE_LIVE_WEAK_TOKEN`, `PASSERELLE_LIVE_SECRET`
- `PASSERELLE_LIVE_SITE`: its name in the plugin's settings
- `PASSERELLE_LIVE_CRON`: a command that runs the site's cron once; without it the site's own cron is awaited
- `PASSERELLE_LIVE_SOURCES`: host:port that this suite may listen on and that the settings name as a source
- `PASSERELLE_LIVE_COUNTERPART`: host:port that this suite may listen on and that the settings name as Passerelle,
  and as a source

For what the database shows of a year change, and for scenes that no service can set:

- `PASSERELLE_LIVE_PHP`: a command that runs a PHP program given on its standard input, in the directory of the site's
  code and as its user (`cd /var/www/moodle && php`): it makes courses with people and their work (stage.php)

For orders besides (without them those tests are skipped there; the service account may also back up and restore
courses, and holds `moodle/site:viewuseridentity`, without which core functions find nobody by e-mail):

- `PASSERELLE_LIVE_USER_ROLES`: short names of two roles over user contexts that the service account may assign: the
  buyer's over accounts made for an order, and one that only looks (`mentor,viewer`)
- `PASSERELLE_LIVE_QUERY`: a command that reads one SQL query on its standard input and answers rows, columns parted by
  tabs, without a heading (`psql -AtF "$(printf '\\t')" moodle`): for what no service tells. `PASSERELLE_LIVE_PREFIX`: of
  its tables, if not `mdl_`
- `PASSERELLE_LIVE_MAIL`: host:port that this suite may listen on and that the site sends its mail to (`smtphosts`);
  without it the mails themselves are not looked at
- `PASSERELLE_LIVE_ADMIN`: the administrator's username, if not `admin`
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.live.boutique import Roles
from tests.live.counterpart import Counterpart
from tests.live.ground import ARCHIVES, Ground, announced, fresh, shell
from tests.live.mailbox import Mailbox
from tests.live.scene import Stage
from tests.live.sources import Sources
from tests.live.witness import TablesWitness, TwinWitness, Witness
from tests.scenes.orders import VIEWER

_TWIN_SITE = "lycee-a"
_TWIN_SECRET = "whsec_bGl2ZS1zdWl0ZS1zZWNyZXQtMDEyMzQ1Njc4OWFiY2Q="


def _said(name: str) -> str:
    return os.environ.get(f"PASSERELLE_LIVE_{name}", "")


def _door(name: str) -> tuple[str, int]:
    host, _, port = (_said(name) or "127.0.0.1:0").rpartition(":")
    return host, int(port)


@pytest.fixture(
    scope="session",
    params=["twin", pytest.param("moodle", marks=pytest.mark.live)],
)
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "moodle" and not _said("ADDRESS"):
        pytest.skip("no real Moodle is named in PASSERELLE_LIVE_ADDRESS")
    return str(request.param)


@pytest.fixture(scope="session")
def counterpart(kind: str) -> Iterator[Counterpart]:
    real = kind == "moodle"
    secrets = {_said("SITE"): _said("SECRET")} if real else {_TWIN_SITE: _TWIN_SECRET}
    made = Counterpart(*(_door("COUNTERPART") if real else ("127.0.0.1", 0)), secrets)
    yield made
    made.close()


@pytest.fixture(scope="session")
def sources(kind: str) -> Iterator[Sources]:
    made = Sources(*(_door("SOURCES") if kind == "moodle" else ("127.0.0.1", 0)))
    yield made
    made.close()


@pytest.fixture(scope="session")
def ground(kind: str, counterpart: Counterpart) -> Iterator[Ground]:
    if kind == "moodle":
        cron = shell(_said("CRON")) if _said("CRON") else lambda: time.sleep(5)
        with starting(at_once=False):  # a test says when a job is taken up
            yield Ground(
                _said("SITE"), _said("ADDRESS").rstrip("/"), _said("TOKEN"), _said("WEAK_TOKEN"), cron, 600.0
            )
        return
    from passerelle_laptop.twin.twin import Twin

    with Twin({_TWIN_SITE: "Lycée A"}, jobs="by hand") as twin:
        site = twin.site(_TWIN_SITE)
        site.connect(counterpart.base, _TWIN_SECRET)
        yield Ground(
            _TWIN_SITE,
            site.base_url,
            site.token,
            site.weak_token,
            lambda: twin.run_jobs() and None,
            inside=site,
        )


@contextmanager
def starting(*, at_once: bool) -> Iterator[None]:
    """Whether the site's jobs start with the request that asks for them; afterwards it is as it was."""
    if not _said("PHP"):
        yield
        return
    stage = Stage(_said("PHP"))
    before = stage.play("at_once", startatonce=int(at_once))
    try:
        yield
    finally:
        stage.play("at_once", **before)


@pytest.fixture(scope="session")
def witness(ground: Ground) -> Witness:
    if ground.inside is not None:
        return TwinWitness(ground.inside)
    if not _said("QUERY"):
        pytest.skip("no command that reads the site's tables is named in PASSERELLE_LIVE_QUERY")
    return TablesWitness(_said("QUERY"), _said("PREFIX") or "mdl_")


@pytest.fixture(scope="session")
def stage(ground: Ground) -> Stage:
    if ground.inside is not None:
        pytest.skip("the twin has no tables and no PHP to look into")
    if not _said("PHP"):
        pytest.skip("no command that runs PHP inside the site is named in PASSERELLE_LIVE_PHP")
    return Stage(_said("PHP"))


@pytest.fixture(scope="session")
def user_roles(ground: Ground) -> Roles:
    if ground.inside is not None:
        ground.inside.state.roles[VIEWER.id] = VIEWER
        return Roles()
    if not _said("USER_ROLES"):
        pytest.skip("no roles over user contexts are named in PASSERELLE_LIVE_USER_ROLES")
    over_new, _, looks = _said("USER_ROLES").partition(",")
    return Roles(over_new, looks, looks)


@pytest.fixture
def mailbox(ground: Ground) -> Iterator[Mailbox | None]:
    """None where mails cannot be read: the twin makes none."""
    if ground.inside is not None or not _said("MAIL"):
        yield None
        return
    made = Mailbox(*_door("MAIL"))
    yield made
    made.close()


@pytest.fixture
def administrator(ground: Ground) -> str:
    """The administrator's e-mail."""
    username = (not ground.inside and _said("ADMIN")) or "admin"
    [found] = ground.call("find_users", field="username", values=[username])
    [user] = found["users"]
    assert user["privileged"], "PASSERELLE_LIVE_ADMIN names somebody else"
    return str(user["email"])


@pytest.fixture
def archive(sources: Sources) -> Any:
    """`archive("good")`: what start_restore is told of an archive that is served well or badly."""

    def offer(way: str = "good", name: str = "chimie-nousers-tgz.mbz") -> dict[str, Any]:
        sources.put(ARCHIVES / name)
        # An address of its own: what went wrong with one is not remembered of another.
        return announced(sources.url(way, name) + f"?{fresh('x')}", sources.files[name])

    return offer


@pytest.fixture
def category(ground: Ground) -> str:
    idnumber = fresh("CAT")
    ground.apply({"op": "category_create", "idnumber": idnumber, "name": "Live"})
    return idnumber


@pytest.fixture
def teacher(ground: Ground) -> str:
    return person(ground)


def person(ground: Ground) -> str:
    username = fresh("p")
    ground.apply(
        {
            "op": "user_create",
            "username": username,
            "firstname": "Ada",
            "lastname": "Live",
            "email": f"{username}@example.org",
            "auth": "manual",
        }
    )
    return username


@pytest.fixture
def course(ground: Ground, category: str) -> dict[str, Any]:
    """An empty course."""
    idnumber = fresh("C")
    ground.apply(
        {
            "op": "course_create",
            "idnumber": idnumber,
            "shortname": idnumber,
            "fullname": "Cours",
            "category": category,
        }
    )
    [state] = ground.call("get_course_states", idnumbers=[idnumber])
    return dict(state)


@pytest.fixture
def full_course(ground: Ground, course: dict[str, Any], archive: Any) -> dict[str, Any]:
    job = ground.run("start_restore", mode="merge", courseid=course["courseid"], **archive())
    assert job["status"] == "done", job["error"]
    return ground.state(course["courseid"])
