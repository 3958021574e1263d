"""A real course with activities of other authors' plugins, scrubbed, on a Moodle that does not have them (P4, P16).

What they write is written here after their own backup code; the course around it is a real backup.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from passerelle.mbz import BytesSource, inspect
from tests.factories.mbz import index_of, scrubbed
from tests.live.ground import announced, fresh

ARCHIVE = Path(__file__).parents[1] / "mbz" / "chimie-nousers-tgz.mbz"
LIKE = "page_79"  # an activity of it: what Moodle writes beside each one's own XML
PEOPLE = ("marie.curie@univ.example", "mcurie", "visio-secret", "88123456")
WRITTEN = {
    "booking": "<bookingmanager>mcurie</bookingmanager><options><option id='1'><text>Séance</text>"
    "<address>Salle 3</address><responsiblecontact>88123456</responsiblecontact></option></options>",
    "customcert": "<emailothers>marie.curie@univ.example</emailothers><template id='1'><name>Attestation</name>"
    "<pages><page id='1'><width>210</width></page></pages></template>",
    "attendance": "<statuses><status id='1'><acronym>P</acronym></status></statuses><sessions><session id='1'>"
    "<description>TD 1</description><lasttakenby>88123456</lasttakenby><studentpassword>visio-secret</studentpassword>"
    "</session></sessions>",
    "zoom": "<host_id>88123456</host_id><alternative_hosts>marie.curie@univ.example</alternative_hosts>"
    "<start_url>https://zoom.example/s/1?zak=visio-secret</start_url><password>visio-secret</password>",
}


def with_foreign_activities() -> bytes:
    with tarfile.open(ARCHIVE) as tar:
        parts = {
            member.name + ("/" if member.isdir() else ""): b"" if member.isdir() else _read(tar, member)
            for member in tar.getmembers()
        }
    del parts[".ARCHIVE_INDEX"]
    listed, settings = "", ""
    for number, (kind, body) in enumerate(WRITTEN.items(), 901):
        folder, name = f"activities/{kind}_{number}/", f"{kind}_{number}"
        for path, content in list(parts.items()):
            if path.startswith(f"activities/{LIKE}/") and not path.endswith("/page.xml"):
                parts[path.replace(f"activities/{LIKE}/", folder)] = content.replace(
                    b'id="79"', b'id="%d"' % number
                ).replace(b">page<", b">%s<" % kind.encode())
        parts[f"{folder}{kind}.xml"] = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<activity id="{number}" moduleid="{number}" modulename="{kind}" '
            f'contextid="{number}">\n  <{kind} id="1"><name>Mon {kind}</name>{body}</{kind}>\n</activity>'
        ).encode()
        listed += (
            f"<activity><moduleid>{number}</moduleid><sectionid>21</sectionid><modulename>{kind}</modulename>"
            f"<title>Mon {kind}</title><directory>activities/{name}</directory><insubsection></insubsection></activity>"
        )
        for setting, value in (("included", 1), ("userinfo", 0)):
            settings += (
                f"<setting><level>activity</level><activity>{name}</activity><name>{name}_{setting}</name>"
                f"<value>{value}</value></setting>"
            )
    told = parts["moodle_backup.xml"].decode()
    told = told.replace("</activities>", f"{listed}</activities>").replace(
        "</settings>", f"{settings}</settings>"
    )
    parts["moodle_backup.xml"] = told.encode()
    return _packed(parts)


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = tar.extractfile(member)
    assert opened is not None
    return opened.read()


def _packed(parts: dict[str, bytes]) -> bytes:
    ordered = {name: parts[name] for name in sorted(parts, key=lambda name: name.rstrip("/").split("/"))}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in {".ARCHIVE_INDEX": index_of(ordered), **ordered}.items():
            entry = tarfile.TarInfo(name.rstrip("/"))
            entry.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.rule("P4")
@pytest.mark.rule("P16")
def test_activities_that_this_moodle_lacks_are_named_and_the_rest_of_the_course_comes(
    ground, sources, category, teacher
):
    archive = with_foreign_activities()
    assert inspect(BytesSource(archive)).accepted
    clean, report = scrubbed(archive)
    whole = b"".join(_members(clean).values())
    for value in PEOPLE:
        assert value.encode() in b"".join(_members(archive).values())
        assert value.encode() not in whole, value
    assert b"Mon booking" in whole
    touched = {
        trace.member.split("/")[1] for trace in report.scrubbed if trace.member.startswith("activities/")
    }
    assert {name.rpartition("_")[0] for name in touched} >= set(WRITTEN)
    name = f"{fresh('foreign')}.mbz"
    sources.files[name] = clean
    told = announced(f"{sources.url('good', name)}?{fresh('x')}", clean)
    job = ground.run("start_restore", mode="new", category=category, person=teacher, **told)
    assert job["status"] == "done", job["error"]
    missing = {one["message"] for one in job["warnings"] if one["code"] == "pluginmissing"}
    here = {one["name"] for one in ground.call("get_site")["modules"]}
    assert missing == {f"mod_{kind}" for kind in WRITTEN} - here
    came = {line["old"] for line in job["map"] if line["kind"] == "module"}
    assert 79 in came
    assert not came & {901, 902, 903, 904} or here & {f"mod_{kind}" for kind in WRITTEN}


def _members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name: _read(tar, member) for member in tar.getmembers() if member.isfile()}
