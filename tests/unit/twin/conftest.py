"""Two Moodles, a Passerelle that hears them, a shelf of archives: all on loopback, reset for each test."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import requests
from standardwebhooks import Webhook

from passerelle_laptop.site_client import Patience
from passerelle_laptop.twin import Twin

MBZ = Path(__file__).parents[2] / "mbz"
SECRET = "whsec_" + base64.b64encode(b"twin-and-passerelle-share-this!!").decode()


class Shelf(BaseHTTPRequestHandler):
    """Archives by name; `/away/NAME` redirects, `/expired/NAME` is a presigned address grown too old."""

    archives: ClassVar[dict[str, bytes]] = {}
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self):
        folder, _, name = self.path.lstrip("/").rpartition("/")
        body = self.archives.get(name, b"")
        self.send_response({"away": 302, "expired": 403}.get(folder, 200 if body else 404))
        if folder == "away":
            self.send_header("Location", f"/{name}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Listener(BaseHTTPRequestHandler):
    """The signed routes that a site calls, and the addresses it puts parts to."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    @property
    def ear(self):
        return self.server.ear

    def _read(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, status, body=None):
        raw = json.dumps(body or {}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def do_PUT(self):
        body = self._read()
        if self.path == "/people":
            self.ear.people = body
            self._answer(200)
            return
        if self.ear.refuse_puts:
            self.ear.refuse_puts -= 1
            self._answer(403)
            return
        self.ear.parts[int(self.path.rpartition("/")[2])] = body
        self._answer(200)

    def do_POST(self):
        body = self._read()
        Webhook(SECRET).verify(body.decode(), dict(self.headers.items()))
        asked = json.loads(body)
        self.ear.heard.append((self.path, self.headers["webhook-id"], asked))
        if self.ear.deaf:
            self.ear.deaf -= 1
            self._answer(503)
            return
        status, answer = self.ear.answer(self.path, asked, self.server.server_port)
        self._answer(status, answer)

    def log_message(self, *_):
        pass


class Ear:
    def __init__(self):
        self.reset()

    def reset(self):
        self.heard, self.parts, self.completed = [], {}, []
        self.people = b""
        self.deaf = self.refuse_puts = 0
        self.partsize = 4096
        self.source = None
        self.refusal = None
        self.backup = None
        self.hub_lacks = ()

    def about_course(self, asked):
        """As the hub would see it, which lacks some plugins."""
        if asked["action"] == "status":
            return 200, {"backup": self.backup, "publication": None}
        lacking = [name for name in asked.get("plugins", ()) if name in self.hub_lacks]
        if lacking:
            told = {"error": "plugins_missing", "message": f"Il manque {lacking}.", "reference": "K7"}
            return 409, {**told, "plugins": ", ".join(lacking)}
        return 200, {"hub": "Le hub"}

    def answer(self, path, asked, port):
        kind = asked["type"]
        if self.refusal and kind == "uploads":
            return self.refusal
        if kind == "publications":
            return self.about_course(asked)
        if kind == "rollovers":
            return 409, {"error": "no_previous"}
        if kind == "uploads":
            self.size, self.sha256 = asked["filesize"], asked["sha256"]
            parts = -(-self.size // self.partsize)
            return 200, {"upload": "u1", "sequence": 1, "partsize": self.partsize, "parts": parts}
        if kind == "parts":
            urls = {str(part): f"http://127.0.0.1:{port}/part/{part}" for part in asked["parts"]}
            have = [{"part": part, "size": len(body), "etag": "e"} for part, body in self.parts.items()]
            return 200, {"urls": urls, "have": have, "expires": 0}
        if kind == "people":
            return 200, {"upload": "u1"} | (
                {"url": f"http://127.0.0.1:{port}/people"} if asked["sent"] else {}
            )
        if kind == "complete":
            self.completed.append(self.archive())
            return 200, {"upload": "u1", "state": "received"}
        if kind == "source":
            return 200, {"url": self.source}
        return 200, {"known": [job["jobkey"] for job in asked.get("jobs", ())]}

    def archive(self):
        return b"".join(self.parts[part] for part in sorted(self.parts))

    def asked(self, kind):
        return [row for row in self.heard if row[2]["type"] == kind]

    def phases(self, jobkey):
        """As they were told, once each."""
        told = [
            job["phase"]
            for _, _, asked in self.asked("jobs")
            for job in asked["jobs"]
            if job["jobkey"] == jobkey
        ]
        return list(dict.fromkeys(told))


def _served(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def _world():
    shelf, listener = _served(Shelf), _served(Listener)
    listener.ear = Ear()
    Shelf.archives = {path.name: path.read_bytes() for path in MBZ.glob("*.mbz")}
    with Twin.start({"hub": "Le hub", "lycee-a": "Lycée A"}, jobs="by hand") as twin:
        for site in twin.sites.values():
            patience = Patience(attempts=3, first_pause=0.0, timeout=5)
            site.connect(f"http://127.0.0.1:{listener.server_port}", SECRET, patience=patience)
            site.add_category("Mutualisation", "mut")
            site.add_user("mcurie", "Marie", "Curie", idnumber="P0001", lang="fr")
            site.add_user("etu1", "Ada", "Lovelace", idnumber="22500001")
        settings = {name: site.settings for name, site in twin.sites.items()}
        yield twin, twin.snapshot(), listener.ear, f"http://127.0.0.1:{shelf.server_port}", settings
    for server in (shelf, listener):
        server.shutdown()
        server.server_close()


@pytest.fixture
def twin(_world):
    twin, rows, ear, _, _ = _world
    twin.put_back(rows)
    ear.reset()
    return twin


@pytest.fixture
def hub(twin):
    return twin.site("hub")


@pytest.fixture
def lycee(twin):
    return twin.site("lycee-a")


@pytest.fixture
def ear(_world, twin):
    return _world[2]


@pytest.fixture
def source(_world):
    """What start_restore wants to know of an archive on the shelf, by name or by bytes."""
    address = _world[3]

    def of(archive, folder=""):
        if isinstance(archive, bytes):
            name = hashlib.sha256(archive).hexdigest()
            Shelf.archives[name] = archive
        else:
            name = archive
        body = Shelf.archives[name]
        return {
            "sourceurl": "/".join(filter(None, (address, folder, name))),
            "sha256": hashlib.sha256(body).hexdigest(),
            "filesize": len(body),
        }

    return of


@pytest.fixture
def post():
    """A call over HTTP as a client makes it."""
    session = requests.Session()
    session.trust_env = False

    def call(site, function, token=None, **form):
        body = {"wstoken": token or site.token, "wsfunction": function, "moodlewsrestformat": "json", **form}
        return session.post(f"{site.base_url}/webservice/rest/server.php", data=body, timeout=10)

    return call


CHIMIE = "chimie-nousers-tgz.mbz"


@pytest.fixture
def restore(twin, hub, source):
    """Start a restore on the hub, run it, return the job."""

    def run(archive=CHIMIE, jobkey="pub:1", site=hub, folder="", **args):
        args = {"mode": "new", **({"category": "mut"} if args.get("mode", "new") == "new" else {}), **args}
        site.call("local_passerelle_start_restore", jobkey=jobkey, **(source(archive, folder) | args))
        site.run_jobs()
        return site.job(jobkey)

    return run


@pytest.fixture
def outline():
    """What a course shows: section → names of its activities."""

    def of(site, courseid):
        contents = site.call("core_course_get_contents", courseid=courseid)
        return [
            (row["section"], row["name"], [module["name"] for module in row["modules"]]) for row in contents
        ]

    return of
