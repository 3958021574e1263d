"""A real OpenLDAP of one's own: Debian's slapd on loopback, with the SupannFr attributes in use."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SLAPD = shutil.which("slapd") or shutil.which("slapd", path="/usr/sbin:/usr/lib/openldap")
SLAPADD = shutil.which("slapadd") or shutil.which("slapadd", path="/usr/sbin")
MISSING = "slapd is not installed (Debian: apt-get install slapd)"

BASE = "dc=univ,dc=example"
READER = f"cn=reader,{BASE}"
PASSWORD = "read-only"

# Of eduPerson and SupannFr, only what is read; under the documentation's own OID arc.
SCHEMA = """
attributetype ( 1.3.6.1.4.1.32473.1.1 NAME 'eduPersonAffiliation' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.32473.1.2 NAME 'supannEtuId' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.32473.1.3 NAME 'supannEmpId' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.32473.2.1 NAME 'supannPerson' SUP top AUXILIARY
  MAY ( eduPersonAffiliation $ supannEtuId $ supannEmpId ) )
"""

CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include {folder}/supann.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
sizelimit size.soft=50 size.hard=50 size.pr=50 size.prtotal={most}
database mdb
suffix "{base}"
rootdn "{reader}"
rootpw {password}
directory {folder}/data
access to * by dn.exact="{reader}" read by anonymous auth
limits dn.exact="{reader}" size.soft=50 size.hard=50 size.pr=50 size.prtotal={most}
"""


@dataclass(frozen=True)
class RunningSlapd:
    plain: str
    secure: str
    ca_file: str
    process: subprocess.Popen[bytes]


def person(login: str, **attributes: str | list[str]) -> str:
    """LDIF of one entry; valid by default, an empty attribute is left out."""
    said: dict[str, str | list[str]] = {"uid": login, "sn": "Nom", "cn": "Nom", **attributes}
    lines = [
        f"dn: uid={login},ou=people,{BASE}",
        "objectClass: inetOrgPerson",
        "objectClass: supannPerson",
    ]
    for name, values in said.items():
        lines += [f"{name}: {value}" for value in ([values] if isinstance(values, str) else values) if value]
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def run_slapd(folder: Path, people: list[str], *, most: str = "unlimited") -> Iterator[RunningSlapd]:
    """`most`: entries the server gives to one paged search before it refuses the rest."""
    assert SLAPD
    assert SLAPADD
    (folder / "data").mkdir()
    (folder / "supann.schema").write_text(SCHEMA)
    _make_certificate(folder)
    # Without rights of a root, limits apply; the root of the database has none.
    reader = {"base": BASE, "reader": READER, "password": PASSWORD}
    config = CONFIG.format(folder=folder, most=most, **reader).replace(
        f'rootdn "{READER}"\nrootpw {PASSWORD}\n', ""
    )
    (folder / "slapd.conf").write_text(config)
    (folder / "people.ldif").write_text("\n".join([_top(), *people]), encoding="utf-8")
    _run([SLAPADD, "-q", "-f", str(folder / "slapd.conf"), "-l", str(folder / "people.ldif")])
    plain, secure = (f"{scheme}://127.0.0.1:{_free_port()}" for scheme in ("ldap", "ldaps"))
    log = (folder / "slapd.log").open("wb")
    process = subprocess.Popen(
        [SLAPD, "-d", "0", "-f", str(folder / "slapd.conf"), "-h", f"{plain} {secure}"],
        stdout=log,
        stderr=log,
    )
    try:
        _wait(plain, process)
        yield RunningSlapd(plain, secure, str(folder / "cert.pem"), process)
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _top() -> str:
    return (
        f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: univ\no: univ\n\n"
        f"dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n\n"
        f"dn: {READER}\nobjectClass: person\ncn: reader\nsn: reader\nuserPassword: {PASSWORD}\n"
    )


def _make_certificate(folder: Path) -> None:
    made = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "2"]
    named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _run(["openssl", "req", "-x509", *kind, *made, *named])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    port = int(url.rsplit(":", 1)[1])
    for _ in range(100):
        assert process.poll() is None, "slapd ended: see slapd.log"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError("slapd did not listen")
