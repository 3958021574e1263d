"""Mutants of backups: `python -m tests.bench.mbz_fuzz --moodle DIR [--mutants 20000] [--seed 1]`.

Each mutant is inspected and scrubbed. Nothing may crash; both must give the same verdict; and of what is
accepted, Moodle's own extractor (PHP, from the Moodle whose code lies in DIR) must unpack the scrubbed archive
into just the members that were read, with the bytes that were written, and the original into no others but
those that were left out.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2])]

from passerelle.mbz import BytesSource, People, inspect, scrub  # noqa: E402
from passerelle.mbz.names import is_left_out  # noqa: E402
from tests.factories.mbz import (  # noqa: E402
    Backup,
    StoredFile,
    gzipped,
    resealed,
    tar_member,
    tar_of,
    unzip,
    with_activity,
    zip_end,
    zip_of,
)
from tests.factories.people import people_bin  # noqa: E402

PEOPLE = People(people_bin(emails=["zz@univ.example"], logins=["zzlogin"], names=["Zza Zzb"]))
MAIL = "zz@univ.example"
TEXT = b"".join(b"ligne %d, %d\n" % (n, n * n % 9973) for n in range(20_000))
SEEDS = (
    Backup(
        files=(StoredFile(), StoredFile(b"\0" * 700, name="b.bin"), StoredFile(b"PK\x05\x06" + bytes(40)))
    ),
    with_activity(
        "booking",
        "<bookingmanager>zzlogin</bookingmanager><history><historyitem id='1'><userid>4</userid></historyitem></history>",
    ),
    with_activity(
        "whatever", f"<row to='{MAIL}' who='zzlogin'><notify>{MAIL}</notify></row><intro>x {MAIL} y</intro>"
    ),
    with_activity("quiz", "<password>sesame</password><name>Zza Zzb</name>"),
    Backup().with_member("moodle_backup.log", b"by Zza Zzb"),
    # Contents long enough for their deflate blocks to be copied as they lie.
    Backup(files=(StoredFile(TEXT), StoredFile(random.Random(9).randbytes(150_000) + TEXT))),
    Backup(page=f"&lt;p&gt;{MAIL} https://ecampus-bleu.example/x $@HVPEMBEDBYID*99@$&lt;/p&gt;"),
)
NAMES = [
    b"users.xml", b"users\0.xml", b"users.xml\0", "users.xm\u0085l".encode(), "u\ufffesers.xml".encode(), b"./users.xml",
    b"././users.xml", b".//users.xml", b"a/../users.xml", b"/users.xml", b"users.xml/", b"USERS.XML", b"us|ers.xml",
    b"us\\ers.xml", b"course\\users.xml", b"users..xml", b"...", b"..", b".", b"", b" users.xml", b"users.xml ", b"\xffusers.xml",
    b"\xc2", b"users.csv", b"__MACOSX/._users.xml", b".DS_Store", b"moodle_backup.xml", b"files/users.xml",
    b"activities/page_79/users.xml", b"activities/label_79/quiz.xml", b".ARCHIVE_INDEX", b"course/", b"x" * 100,
    "\u200busers.xml".encode(), "users\u202e.xml".encode(), b"users.xml\x7f", b"C:users.xml", b"users.xml\n", b"\tusers.xml",
]  # fmt: skip
TEXTS = [
    b"\xc2\xb2", b"9" * 5000, b"-1", b"$@NULL@$", b"", b"0", b"zzlogin", MAIL.encode(), b"<![CDATA[" + MAIL.encode() + b"]]>",
    b"<!-- <userid> -->4", b"&#64;", b"&lt;", b"&bogus;", b"<userid>4</userid>", b"<x/>", b"]]>", b"\x00", b"\xff", b"\xef\xbf\xbf",
    b"<?php x ?>", b"Zza Zzb", b"&#x0;", b"4" * 70_000,
]  # fmt: skip
DECLARATIONS = [
    b'<?xml version="1.0" encoding="UTF-7"?>', b'<?xml version="1.0" encoding="utf-8"?>', b"<?xml version='1.0'?>", b"", b"\xef\xbb\xbf",
    b'<?xml version="1.1" encoding="UTF-8"?>', b'<?xml version="1.0" encoding="UTF-16"?>', b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
]  # fmt: skip
TAR_FIELDS = [
    (0, 100),
    (100, 8),
    (124, 12),
    (136, 12),
    (156, 1),
    (157, 100),
    (257, 8),
    (265, 32),
    (329, 16),
    (345, 155),
    (500, 12),
]


class Mutation:
    """One seed, changed once or several times, as a tgz or a zip."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.notes: list[str] = []

    def make(self) -> bytes:
        parts = dict(self.chance.choice(SEEDS).parts())
        for _ in range(self.chance.choice([0, 0, 1, 1, 2])):
            self._pick(self._text, self._member, self._drop, self._declare)(parts)
        if self.chance.random() < 0.5:
            return self._as_zip(parts)
        return self._as_tgz(parts)

    def _pick(self, *ways: Callable[..., object]) -> Callable[..., object]:
        way = self.chance.choice(ways)
        self.notes.append(way.__name__)
        return way

    # of the members, before they are packed

    def _xml(self, parts: dict[str, bytes]) -> str:
        return self.chance.choice([name for name in parts if name.endswith(".xml")] or [""])

    def _text(self, parts: dict[str, bytes]) -> None:
        name = self._xml(parts)
        text = parts.get(name, b"")
        places = [i for i in range(len(text)) if text[i : i + 1] in (b">", b'"')]
        if places:
            place = self.chance.choice(places) + 1
            parts[name] = text[:place] + self.chance.choice(TEXTS) + text[place:]

    def _member(self, parts: dict[str, bytes]) -> None:
        name = self.chance.choice(NAMES).decode("utf-8", "ignore").replace("\0", "") or "x"
        parts[name] = (
            b""
            if name.endswith("/")
            else self.chance.choice([b"<users/>", b"<users><user id='1'/></users>", b"x", b""])
        )

    def _drop(self, parts: dict[str, bytes]) -> None:
        del parts[self.chance.choice(list(parts))]

    def _declare(self, parts: dict[str, bytes]) -> None:
        name = self._xml(parts)
        if name:
            parts[name] = self.chance.choice(DECLARATIONS) + parts[name].split(b"?>", 1)[-1]

    # of the container

    def _as_tgz(self, parts: dict[str, bytes]) -> bytes:
        indexed = self.chance.random() < 0.7
        names = {name: body for name, body in parts.items() if len(name.encode()) <= 100}
        tar = bytearray(tar_of(names, indexed=indexed))
        for _ in range(self.chance.choice([0, 1, 1, 2])):
            tar = self._pick(self._tar_field, self._tar_name, self._tar_more, self._flip, self._cut)(tar)
        data = bytearray(gzipped(bytes(tar)))
        if self.chance.random() < 0.05:
            data = self._pick(self._flip, self._cut)(data)
        return bytes(data)

    def _headers(self, tar: bytearray) -> list[int]:
        return [
            place for place in range(0, len(tar) - 511, 512) if tar[place + 257 : place + 262] == b"ustar"
        ]

    def _tar_field(self, tar: bytearray) -> bytearray:
        places = self._headers(tar)
        if not places:
            return tar
        place = self.chance.choice(places)
        start, length = self.chance.choice(TAR_FIELDS)
        value = self.chance.choice(
            [
                bytes(length),
                b"7" * length,
                b" " * length,
                self.chance.randbytes(length),
                b"\x80" + bytes(length),
                b"5",
                b"2",
                b"x",
            ]
        )
        header = bytearray(tar[place : place + 512])
        header[start : start + length] = value[:length].ljust(length, b"\0")
        sealed = resealed(bytes(header)) if self.chance.random() < 0.9 else bytes(header)
        return tar[:place] + sealed + tar[place + 512 :]

    def _tar_name(self, tar: bytearray) -> bytearray:
        places = self._headers(tar)
        if not places:
            return tar
        place = self.chance.choice(places)
        header = bytes(tar[place : place + 512])
        name = self.chance.choice(NAMES)
        where = (345, 155) if self.chance.random() < 0.2 else (0, 100)
        header = header[: where[0]] + name[: where[1]].ljust(where[1], b"\0") + header[sum(where) :]
        return tar[:place] + resealed(header) + tar[place + 512 :]

    def _tar_more(self, tar: bytearray) -> bytearray:
        content = self.chance.choice([b"<users><user id='1'/></users>", b"x" * 600, b""])
        member = tar_member(
            "x", content, kind=self.chance.choice([None, b"0", b"5", b"1", b"2", b"7", b"x", b"L", b"g"])
        )
        member = resealed(self.chance.choice(NAMES)[:100].ljust(100, b"\0") + member[100:512]) + member[512:]
        place = self.chance.choice([0, len(tar) - 1024, len(tar)])
        return tar[:place] + member + tar[place:]

    def _flip(self, data: bytearray) -> bytearray:
        if data:
            for _ in range(self.chance.choice([1, 1, 3])):
                data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)
        return data

    def _cut(self, data: bytearray) -> bytearray:
        return data[: self.chance.randrange(len(data) + 1)]

    def _as_zip(self, parts: dict[str, bytes]) -> bytes:
        stored = self.chance.random() < 0.3

        def change(info: object) -> None:
            if stored:
                info.compress_type = 0  # type: ignore[attr-defined]

        pairs = [(name, body) for name, body in parts.items() if "\0" not in name]
        data = bytearray(zip_of(pairs, change=change))
        for _ in range(self.chance.choice([0, 1, 1, 2])):
            data = self._pick(
                self._zip_name, self._zip_record, self._zip_extra, self._zip_end, self._flip, self._cut
            )(data)
        return bytes(data)

    def _records(self, data: bytearray) -> list[int]:
        return [place for place in range(len(data) - 45) if data[place : place + 4] == b"PK\1\2"]

    def _zip_name(self, data: bytearray) -> bytearray:
        """A name of the same length, in the directory, before the member, or both."""
        records = self._records(data)
        if not records:
            return data
        place = self.chance.choice(records)
        length = struct.unpack_from("<H", data, place + 28)[0]
        local = struct.unpack_from("<L", data, place + 42)[0]
        fitting = [name for name in NAMES if len(name) <= length]
        name = self.chance.choice(fitting or [b""]).ljust(length, self.chance.choice([b"x", b"\0", b" "]))
        if self.chance.random() < 0.8:
            data[place + 46 : place + 46 + length] = name
        if self.chance.random() < 0.8 and local + 30 + length <= len(data):
            data[local + 30 : local + 30 + length] = name
        return data

    def _zip_record(self, data: bytearray) -> bytearray:
        records = self._records(data)
        if records:
            place = self.chance.choice(records) + self.chance.choice(
                [4, 5, 6, 8, 10, 16, 20, 24, 28, 30, 32, 34, 36, 38, 42]
            )
            data[place : place + 2] = self.chance.choice(
                [b"\0\0", b"\1\0", b"\xff\xff", b"\0\x08", self.chance.randbytes(2)]
            )
        return data

    def _zip_extra(self, data: bytearray) -> bytearray:
        """An extra field or a comment on a record of the directory, the end record made true again."""
        records = self._records(data)
        end = data.rfind(b"PK\5\6")
        if not records or end < 0 or len(data) < end + 22:  # it may have been cut
            return data
        place = self.chance.choice(records)
        name, extra, comment = struct.unpack_from("<3H", data, place + 28)
        field = self.chance.choice([
            struct.pack("<2HBL", 0x7075, 14, 1, 0) + b"users.xml", struct.pack("<2H", 0x5455, 5) + bytes(5), struct.pack("<2HQ", 1, 8, 5), b"\1\0",
        ])  # fmt: skip
        stop = place + 46 + name + extra + comment
        if self.chance.random() < 0.5:
            struct.pack_into("<H", data, place + 30, extra + len(field))
            stop = place + 46 + name + extra
        else:
            struct.pack_into("<H", data, place + 32, comment + len(field))
        data = data[:stop] + field + data[stop:]
        end += len(field)
        size = struct.unpack_from("<L", data, end + 12)[0]
        struct.pack_into("<L", data, end + 12, (size + len(field)) & 0xFFFFFFFF)
        return data

    def _zip_end(self, data: bytearray) -> bytearray:
        end = data.rfind(b"PK\5\6")
        if end < 0 or len(data) < end + 22:
            return data
        count, length, start = zip_end(bytes(data))
        end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, start)
        locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
        kind = self.chance.randrange(5)
        if kind == 0:
            return data[:end] + end64 + locator + data[end:]
        if kind == 1:
            return data[:-2] + struct.pack("<H", 22) + bytes(data[end : end + 22])
        if kind == 2:
            return data[:-2] + b"\5\0hello"
        if kind == 3:
            wide = (
                data[:end]
                + end64
                + locator
                + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
            )
            return bytearray(wide)
        data[end + self.chance.randrange(4, 22)] ^= 1 << self.chance.randrange(8)
        return data


class Moodle:
    """Moodle's own packers, in a PHP that stays."""

    def __init__(self, folder: str) -> None:
        script = Path(__file__).with_name("moodle_packers.php")
        self._php = subprocess.Popen(
            ["php", str(script), folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def unpack(self, path: Path) -> tuple[str | None, dict[str, str]]:
        """What went wrong, and each file with the SHA-1 of its content."""
        assert self._php.stdin
        assert self._php.stdout
        self._php.stdin.write(f"{path}\n".encode())
        self._php.stdin.flush()
        told = json.loads(self._php.stdout.readline())
        return told["error"], {
            bytes.fromhex(name).decode("utf-8", "replace"): sha1 for name, sha1 in told["files"]
        }


class Copying(io.BytesIO):
    """A sink to which some of what is written is said to stand in the original."""

    def __init__(self, original: bytes) -> None:
        super().__init__()
        self._original = original

    def copy(self, start: int, data: memoryview) -> None:
        assert data == self._original[start : start + len(data)], f"byte {start} is not the original's"
        self.write(data)


def judge(data: bytes, moodle: Moodle | None, folder: Path) -> tuple[str, str]:
    """(verdict, what is wrong or nothing)."""
    inspection = inspect(BytesSource(data), people=PEOPLE, verify_content=True, threads=False)
    out = Copying(data)
    report = scrub(BytesSource(data), out, people=PEOPLE, threads=False)
    mine, theirs = ([(r.what, r.member) for r in found.reasons] for found in (inspection, report.inspection))
    damaged = all(any(what == "checksum" for what, _ in found) for found in (mine, theirs))
    if mine != theirs and not damaged:  # how far each came before it saw the damage is its own affair
        return "?", f"inspect says {mine}, scrub says {theirs}"
    if not inspection.accepted:
        return inspection.reasons[0].what, ""
    again = inspect(BytesSource(out.getvalue()), people=PEOPLE, verify_content=True, threads=False)
    if not again.accepted:
        return "accepted", f"the scrubbed archive is refused: {[(r.what, r.member) for r in again.reasons]}"
    if again.manifest is not None and any(trace.scrubbed for trace in again.manifest.traces):
        return "accepted", "something is left to scrub"
    return "accepted", "" if moodle is None else compare(data, out.getvalue(), moodle, folder)


def compare(data: bytes, scrubbed: bytes, moodle: Moodle, folder: Path) -> str:
    before, after = folder / "before.mbz", folder / "after.mbz"
    before.write_bytes(data)
    after.write_bytes(scrubbed)
    refused, original = moodle.unpack(before)
    error, unpacked = moodle.unpack(after)
    listed = unzip(scrubbed) if scrubbed.startswith(b"PK") else _untar(zlib.decompress(scrubbed, 31))
    written = {
        name: hashlib.sha1(body).hexdigest() for name, body in listed.items() if name != ".ARCHIVE_INDEX"
    }
    if error is not None:
        return f"Moodle cannot unpack the scrubbed archive: {error}"
    if unpacked != written:
        return f"Moodle unpacks {sorted(set(unpacked.items()) ^ set(written.items()))[:4]}"
    kept = {name for name in original if not is_left_out(name, directory=False)}
    if refused is None and kept != set(unpacked):
        return f"Moodle unpacks of the original {sorted(kept ^ set(unpacked))[:4]}"
    return ""


def _untar(tar: bytes) -> dict[str, bytes]:
    """Members as they stand; tarfile stops at a header whose time it cannot read, which hurts nobody."""
    found: dict[str, bytes] = {}
    place = 0
    while place < len(tar):
        header = tar[place : place + 512]
        place += 512
        if not any(header):
            continue
        size = int(header[124:135].strip(b"\0 ") or b"0", 8)
        prefix = header[345:500].rstrip(b"\0")
        name = (prefix + b"/" if prefix else b"") + header[:100].rstrip(b"\0")
        if header[156:157] in b"\x000":
            found[name.decode()] = tar[place : place + size]
        place += size + -size % 512
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moodle", help="folder of a Moodle's code; without it Moodle is not asked")
    parser.add_argument("--mutants", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="folder for the mutants that went wrong")
    options = parser.parse_args()
    moodle = Moodle(options.moodle) if options.moodle else None
    verdicts: Counter[str] = Counter()
    wrong = 0
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.mutants):
            mutation = Mutation(random.Random(f"{options.seed}:{number}"))
            data = mutation.make()
            try:
                verdict, trouble = judge(data, moodle, Path(folder))
            except Exception:  # noqa: BLE001 - a crash is what is looked for
                verdict, trouble = "crash", traceback.format_exc(limit=-3)
            verdicts[verdict] += 1
            if trouble:
                wrong += 1
                print(f"mutant {number} ({', '.join(mutation.notes)}): {trouble}", flush=True)
                if options.keep:
                    Path(options.keep, f"{options.seed}-{number}.mbz").write_bytes(data)
    print(f"{options.mutants} mutants in {time.monotonic() - start:.0f} s, {wrong} went wrong")
    for verdict, times in verdicts.most_common():
        print(f"{times:7} {verdict}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
