"""What a person waits for on two real Moodles, beside Moodle's own backup and restore of the same course in the same run.

    python -m tests.bench.waits_on_moodle [--size 20MB] [--rounds 1] [--start at-once|cron]

`tests/browser/moodle_pages.py` says which variables name the sites HOME (a member) and HUB, and the stack that joins
them; `PASSERELLE_BROWSER_TEACHER` may edit on HOME. Without them nothing is measured. What is pressed is what the
buttons call. Courses are made for the run, and most of them deleted by it.

`--start at-once`: the plugin's setting is switched on meanwhile, no cron runs. `--start cron`: the setting is off, and
each site's cron runs every minute as Moodle has it.

Stages are read off the jobs' rows and the records' histories, so that looking does not add to them. Where the network
has a shop on HOME, an order of ten people is sold besides.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import requests

from passerelle.domain.backups.upload import Upload
from passerelle.domain.orders.order import Order, Participant
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.sizes import parse_size
from passerelle.domain.states import BackupState, OrderState, PublicationState, RetrievalState
from passerelle.shops.registry import sample
from passerelle.shops.vendor import SampleOrder
from passerelle_cli.stack import Stack
from passerelle_laptop.boutique import post
from tests.bench.figure import Figure, show
from tests.browser.moodle_pages import Site, enrol, make_course, missing, named_site, said
from tests.live.scene import Stage

OURS_SMALL, SMALL = 10.0, 100_000_000  # seconds of ours that are asked for, up to so many bytes
OURS_LARGE = 25.0  # % over Moodle's own time, above
ENROLLED = 5.0  # seconds from paid to enrolled, for ten people
PATIENCE = 900.0
WARM = 1_000_000  # bytes of the course that goes first
ENDED = ("done", "failed", "cancelled")

T = TypeVar("T")


class Desk:
    """One person's session on a site: calls what the pages' scripts call."""

    def __init__(self, site: Site, who: str) -> None:
        self.address = site.address
        self.session = requests.Session()
        self.session.trust_env = False
        door = f"{site.address}/login/index.php"
        [token] = re.findall(r'name="logintoken" value="(\w+)"', self.session.get(door).text)[:1]
        said_in = {"logintoken": token, "username": who, "password": said("PASSWORD")}
        self.sesskey = self._key(self.session.post(door, data=said_in).text)

    @staticmethod
    def _key(page: str) -> str:
        return re.findall(r'"sesskey":"(\w+)"', page)[0]

    def call(self, method: str, **arguments: Any) -> Any:
        [answer] = self.session.post(
            f"{self.address}/lib/ajax/service.php",
            params={"sesskey": self.sesskey, "info": method},
            json=[{"index": 0, "methodname": method, "args": arguments}],
        ).json()
        if answer["error"]:
            raise SystemExit(f"{method}: {answer['exception']['message']}")
        told = answer["data"]
        if isinstance(told, dict) and told.get("refusal"):
            raise SystemExit(f"{method}: {told['refusal']['message']}")
        return told

    def share(self, courseid: int) -> None:
        """The form of *Mutualiser*, as it comes, with the declaration ticked."""
        form = "local_passerelle\\form\\publish"
        drawn = self.call("core_form_dynamic_form", form=form, formdata=urlencode({"courseid": courseid}))
        fields = dict(parse_qsl(_fields(drawn["html"]), keep_blank_values=True))
        answer = self.call(
            "core_form_dynamic_form",
            form=form,
            formdata=urlencode(fields | {"level": "L1", "declaration": "1"}),
        )
        if not answer["submitted"] or (json.loads(answer["data"]) or {}).get("refusal"):
            raise SystemExit(f"not shared: {answer}")


def _fields(html: str) -> str:
    """What a browser would send of a form's inputs, areas and lists."""
    from html import unescape

    sent = []
    for tag, attributes, inner in re.findall(
        r"<(input|textarea|select)\b([^>]*)>(.*?)(?=<input|<textarea|<select|\Z)", html, re.DOTALL
    ):
        held = dict(re.findall(r'(\w+)\s*=\s*"([^"]*)"', attributes))
        if "name" not in held or held.get("type") in ("submit", "button", "checkbox"):
            continue
        value = held.get("value", "")
        if tag == "textarea":
            value = inner.partition("</textarea>")[0].strip()
        elif tag == "select":
            chosen = re.findall(r'<option[^>]*value="([^"]*)"[^>]*selected', inner.partition("</select>")[0])
            value = chosen[0] if chosen else ""
        sent.append((unescape(held["name"]), unescape(value)))
    return urlencode(sent)


@dataclass
class Laps:
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def lap(self, what: str, seconds: float) -> None:
        self.seconds[what].append(seconds)

    def median(self, what: str) -> float:
        return statistics.median(self.seconds[what])


def until(look: Callable[[], T | None], pause: float = 0.1) -> T:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (seen := look()) is not None:
            return seen
        time.sleep(pause)
    raise SystemExit("it did not come true")


def moment(record: Any, state: str) -> float:
    """When a record first came into a state."""
    return next(one.at.timestamp() for one in record.history if one.state == state)


@dataclass
class Scene:
    home: Site
    hub: Site
    stack: Stack
    laps: Laps = field(default_factory=Laps)
    course: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.mark = uuid.uuid4().hex[:8]
        self.records = self.stack.world().records
        self.desk = Desk(self.home, said("TEACHER"))
        self.desk_course = self.make_course(WARM)

    def make_course(self, size: int) -> int:
        name = f"{self.mark}-{uuid.uuid4().hex[:4]}"
        stage = Stage(said("HOME_PHP"), Path(__file__).with_name("heavy_course.php"))
        named = {"fullname": f"Films {name}", "shortname": f"FILMS-{name}", "category": 1}
        course = int(stage.play("course", bytes=size, **named))
        enrol(self.home, course, {said("TEACHER"): "editingteacher"})
        return course

    def go_round(self, size: int, number: int) -> None:
        """On either side neither Moodle nor we find the files there already: equal ones would not be written."""
        self.course = self.make_course(size)
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o777)
            archive = self.moodle_backs_up(folder)
            self.moodle_restores(self.hub, archive, "Moodle's own restore on the hub")
            self.store_alone(archive)
            self.back_up()
            publication = self.share()
            forget(self.home, self.course)
            self.moodle_restores(self.home, archive, "Moodle's own restore at home")
        forget(self.home, self.retrieve(publication))
        if self.shop:
            self.sell(str(int(time.time()) % 1_000_000 + number))

    @cached_property
    def shop(self) -> str:
        """A shop on HOME that signs as the standard says; empty where there is none."""
        network = self.stack.world().network
        homes = [name for name, one in network.sites.items() if one.url.rstrip("/") == self.home.address]
        shops = network.shops.items()
        return next((name for name, one in shops if one.kind == "standard" and one.site in homes), "")

    # -- Moodle alone ----------------------------------------------------------------------------------------

    def moodle_backs_up(self, folder: str) -> Path:
        took = run(self.home, f"admin/cli/backup.php --courseid={self.course} --destination={folder}")
        self.laps.lap("Moodle's own backup", took)
        [archive] = Path(folder).glob("*.mbz")
        return archive

    def moodle_restores(self, site: Site, archive: Path, what: str) -> None:
        self.laps.lap(what, run(site, f"admin/cli/restore_backup.php --file={archive} --categoryid=1"))
        forget(site, int(site.one("SELECT MAX(id) FROM {course}")))

    def store_alone(self, archive: Path) -> None:
        """The archive to the store and back, by one plain request each."""
        s3, place = (
            self.stack.client("s3"),
            {"Bucket": self.stack.backups_bucket, "Key": f"bench/{self.mark}"},
        )
        began = time.monotonic()
        with archive.open("rb") as stream:
            requests.put(s3.generate_presigned_url("put_object", place), data=stream).raise_for_status()
        sent = time.monotonic()
        with requests.get(s3.generate_presigned_url("get_object", place), stream=True) as answer:
            for _ in answer.iter_content(1 << 20):
                pass
        self.laps.lap(STORE[0], sent - began)
        self.laps.lap(STORE[1], time.monotonic() - sent)
        s3.delete_object(**place)
        self.laps.lap(HASHED, run(self.home, f'-r \'hash_file("sha256", "{archive}");\''))

    # -- Sauvegarder, Mutualiser -----------------------------------------------------------------------------

    def back_up(self) -> None:
        pressed = time.time()
        self.desk.call("local_passerelle_page_backup", courseid=self.course)
        self.laps.lap("Sauvegarder: the press", time.time() - pressed)
        where = f"kind = 'backup' AND courseid = {self.course}"
        job = until(lambda: self._ended(self.home, where), 0.5)
        upload = until(lambda: self._in(Upload, job["upload"], BackupState.ACCEPTED), 0.1)
        began, accepted = job["began"], moment(upload, "accepted")
        self.laps.lap("Sauvegarder: until the job starts", began["running"] - began["queued"])
        self.laps.lap("Sauvegarder: the backup", began["open"] - began["running"])
        self.laps.lap("Sauvegarder: sent to S3", began["done"] - began["open"])
        self.laps.lap("Sauvegarder: the check", accepted - began["done"])
        self.laps.lap("Sauvegarder to ready", accepted - pressed)

    def share(self) -> str:
        pressed = time.time()
        self.desk.share(self.course)
        self.laps.lap("Mutualiser: the form and the press", time.time() - pressed)
        told = self.desk.call("local_passerelle_page_state", courseid=self.course)["publication"]
        done = until(lambda: self._in(Publication, told["id"], PublicationState.PUBLISHED), 0.1)
        job = self._job(self.hub, f"jobkey = '{done.jobkey}'")
        assert job is not None
        self._restored("Mutualiser", done.requested_at.timestamp(), job, moment(done, "published"))
        self.laps.lap("Mutualiser to mutualisée", moment(done, "published") - pressed)
        forget(self.hub, int(job["courseid"]))  # its files would be found there by the next
        return str(done.id)

    def retrieve(self, publication: str) -> int:
        """From a small course of the teacher's; the new one."""
        pressed = time.time()
        asked = self.desk.call(
            "local_passerelle_page_retrieve",
            courseid=self.desk_course,
            publication=publication,
            mode="new",
            request=uuid.uuid4().hex,
        )
        self.laps.lap("Récupérer: the press", time.time() - pressed)
        done = until(lambda: self._in(Retrieval, asked["retrieval"], RetrievalState.DONE), 0.1)
        job = self._job(self.home, f"jobkey = '{done.jobkey}'")
        assert job is not None
        self._restored("Récupérer", done.requested_at.timestamp(), job, moment(done, "done"))
        self.laps.lap("Récupérer to a filled course", moment(done, "done") - pressed)
        return int(job["courseid"])

    def _restored(self, button: str, asked: float, job: dict[str, Any], done: float) -> None:
        began = job["began"]
        self.laps.lap(f"{button}: until the restore is asked for", began["queued"] - asked)
        self.laps.lap(f"{button}: until the job starts", began["running"] - began["queued"])
        self.laps.lap(f"{button}: fetched and proved", began["precheck"] - began["running"])
        self.laps.lap(f"{button}: unpacked and looked at", began["restore"] - began["precheck"])
        self.laps.lap(f"{button}: the restore", began["done"] - began["restore"])
        self.laps.lap(f"{button}: until that is known", done - began["done"])

    # -- paid to enrolled ------------------------------------------------------------------------------------

    def sell(self, number: str) -> None:
        shop = self.stack.world().network.shops[self.shop]
        [product, said_of_it] = next(iter(shop.products.items()))
        course = dict(parse_qsl(said_of_it.parameters))["coursename"]
        if not self.home.rows(f"SELECT id FROM {{course}} WHERE shortname = '{course}'"):
            make_course(self.home, 1, course, course)
        ssm = self.stack.client("ssm")
        secret = ssm.get_parameter(Name=shop.secrets[0], WithDecryption=True)["Parameter"]["Value"]
        people = tuple(
            Participant(f"p{n}.{number}.{self.mark}@client.example", f"P{n}", "Martin") for n in range(10)
        )
        sold = SampleOrder(number=number, product=product, quantity=len(people), people=people)
        paid = time.time()
        assert post(self.stack.api, self.shop, sample("standard", secret, sold, f"msg_{number}")) == 200
        answered = time.time()
        order = until(lambda: self._in(Order, f"{self.shop}:{number}", OrderState.FULFILLED), 0.1)
        began, ended = (order.history[at].at.timestamp() for at in (0, -1))
        self.laps.lap("paid: the shop is answered", answered - paid)
        self.laps.lap("paid: until it is worked on", began - order.received_at.timestamp())
        self.laps.lap("paid: accounts, enrolments, group, message", ended - began)
        self.laps.lap("paid to enrolled", ended - paid)

    # -- looking ---------------------------------------------------------------------------------------------

    def _in(self, kind: type[Any], record: str, state: object) -> Any:
        found = self.records.get(kind, record)
        if found is not None and str(found.state) in ("failed", "refused"):
            raise SystemExit(f"{record}: {found.state} {found.history[-1]}")
        return found if found is not None and found.state == state else None

    def _job(self, site: Site, where: str) -> dict[str, Any] | None:
        columns = "status, upload, errorcode, courseid, state"
        rows = site.rows(
            f"SELECT {columns} FROM {{local_passerelle_job}} WHERE {where} ORDER BY id DESC LIMIT 1"
        )
        if not rows:
            return None
        names = ("status", "upload", "error", "courseid", "state")
        job = dict(zip(names, rows[0], strict=True))
        return {**job, **json.loads(job["state"])}

    def _ended(self, site: Site, where: str) -> dict[str, Any] | None:
        job = self._job(site, where)
        if job is None or job["status"] not in ENDED:
            return None
        if job["status"] != "done":
            raise SystemExit(f"the job {job['status']}: {job['error']}")
        return job


def forget(site: Site, courseid: int) -> None:
    Stage(said(f"{site.word}_PHP"), Path(__file__).with_name("gone_course.php")).play(
        "forget", courseid=courseid
    )


def php(site: Site, program: str) -> str:
    return f"{said(f'{site.word}_PHP')} {program}"


def run(site: Site, program: str) -> float:
    """Seconds that one of Moodle's own command-line programs takes."""
    began = time.monotonic()
    done = subprocess.run(php(site, program), shell=True, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{program}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return time.monotonic() - began


@contextmanager
def started(site: Site, how: str) -> Iterator[None]:
    """Jobs of the site start at once, or by a cron every minute; afterwards the setting is as it was."""
    name = "admin/cli/cfg.php --component=local_passerelle --name=startatonce"
    was = subprocess.run(
        php(site, name), shell=True, capture_output=True, text=True, check=False
    ).stdout.strip()
    stop = threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def every_minute() -> None:
        while not stop.is_set():
            running.append(
                subprocess.Popen(
                    ["/bin/sh", "-c", f"exec {php(site, 'admin/cli/cron.php')}"],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            stop.wait(60)

    run(site, f"{name} --set={int(how == 'at-once')}")
    cron = threading.Thread(target=every_minute)
    if how == "cron":
        cron.start()
    try:
        yield
    finally:
        stop.set()
        if how == "cron":
            cron.join()
        for one in running:
            one.terminate()
            one.wait()
        run(site, f"{name} --set={was or 0}")


def names(site: Site) -> str:
    """Its release and its database."""
    release = site.one("SELECT value FROM {config} WHERE name = 'release'").split(" ")[0]
    database = site.one("SELECT version()")
    return f"{release} on {'PostgreSQL' if 'PostgreSQL' in database else 'MariaDB'}"


def figures(size: int, rounds: int, how: str) -> Iterator[Figure]:
    home, hub = named_site("HOME"), named_site("HUB")
    scene = Scene(home, hub, Stack.from_file(Path(said("STACK"))))
    with ExitStack() as meanwhile:
        for site in (home, hub):
            meanwhile.enter_context(started(site, how))
        scene.go_round(WARM, 0)  # starts every function
        scene.laps = Laps()
        for number in range(rounds):
            scene.go_round(size, 1 + number)
    starts = "at once" if how == "at-once" else "by cron"
    between = f"from {names(home)} to {names(hub)}, jobs {starts}"
    yield from told(scene.laps, size, between, shop=bool(scene.shop))


BUTTONS = ("Sauvegarder to ready", "Mutualiser to mutualisée", "Récupérer to a filled course")
OWN = ("Moodle's own backup", "Moodle's own restore on the hub", "Moodle's own restore at home")
STORE = ("the store alone: sent", "the store alone: fetched")
HASHED = "SHA-256 alone, in PHP"


def told(laps: Laps, size: int, between: str, *, shop: bool) -> Iterator[Figure]:
    yield Figure(f"{between}: course", size / 1e6, "MB")
    for what in (*OWN, *STORE, HASHED):
        yield Figure(what, laps.median(what), "s")
    for whole in BUTTONS:
        yield from stages(laps, whole.partition(" ")[0])
        yield Figure(whole, laps.median(whole), "s")
    shared, home = BUTTONS[:2], BUTTONS[2:]
    yield over(laps, size, "Sauvegarder to mutualisée: over Moodle's own", shared, OWN[:2])
    yield over(laps, size, "Récupérer to a filled course: over Moodle's own", home, OWN[2:])
    if shop:
        yield from stages(laps, "paid")
        yield Figure("paid to enrolled, ten people", laps.median("paid to enrolled"), "s", ENROLLED)


def stages(laps: Laps, button: str) -> Iterator[Figure]:
    for what in laps.seconds:
        if what.startswith(f"{button}:"):
            yield Figure(what, laps.median(what), "s")


def over(laps: Laps, size: int, what: str, wholes: Sequence[str], own: Sequence[str]) -> Figure:
    theirs = sum(map(laps.median, own))
    ours = sum(map(laps.median, wholes)) - theirs
    if size <= SMALL:
        return Figure(what, ours, "s", OURS_SMALL)
    sent, fetched = map(laps.median, STORE)
    moved = sent + 2 * fetched if len(own) > 1 else fetched  # the check fetches it too
    hashed = len(own) * laps.median(HASHED)
    why = f"the bytes on their way alone take {100 * moved / theirs:.0f} %, SHA-256 {100 * hashed / theirs:.0f} %"
    return Figure(what, 100 * ours / theirs, "%", OURS_LARGE, why)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="20MB", help="of the course's files")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument(
        "--start", choices=("at-once", "cron"), default="at-once", help="what starts the sites' jobs"
    )
    asked = parser.parse_args()
    if lacks := missing("HOME", "HUB") or ("" if said("TEACHER") else "TEACHER"):
        print(f"nothing is measured: PASSERELLE_BROWSER_{lacks} names nothing", file=sys.stderr)
        return 0
    return show(figures(parse_size(asked.size), asked.rounds, asked.start))


if __name__ == "__main__":
    sys.exit(main())
