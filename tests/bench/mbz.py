"""Figures of the backup reader: `python -m tests.bench.mbz [--size 1GB] [--stream 10GB] [--quick]`.

Every ratio is taken against a baseline measured in the same run, in turns, the best of several: the
machine's mood cancels out. Each measurement runs in a process of its own, so that one's memory is not
another's.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2])]

from isal import igzip_lib, isal_zlib  # noqa: E402

from passerelle.domain.sizes import parse_size  # noqa: E402
from passerelle.mbz import FileSource, People, Source, inspect, scrub  # noqa: E402
from tests.bench.figure import Figure, show  # noqa: E402

CHUNK = 64 * 1024  # the quickest for the baseline too
IMPORTS = "import boto3, aws_lambda_powertools, pydantic, requests, passerelle.mbz, passerelle.mbz.sources_s3"


class Nowhere:
    """A sink that costs nothing."""

    def write(self, data: bytes | memoryview) -> int:
        return len(data)


def baseline_inspect(path: str) -> None:
    """Decompressing, SHA-1 of the contents, SHA-256 of the archive: one after the other, one thread."""
    sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    for piece in plain(path):
        sha1.update(piece)
    with Path(path).open("rb", buffering=0) as file:
        while data := file.read(CHUNK):
            sha256.update(data)


def baseline_scrub(path: str) -> None:
    """Decompressing and recompressing with isal's level 1, nothing else."""
    packer = isal_zlib.compressobj(1, wbits=31)
    for piece in plain(path):
        packer.compress(piece)
    packer.flush()


def scrubs_digests(path: str) -> None:
    """What proves an archive and what was made of it: SHA-1 of the contents, SHA-256 of both. Nothing else."""
    digests = hashlib.sha1(usedforsecurity=False), hashlib.sha256(), hashlib.sha256()
    with Path(path).open("rb", buffering=0) as file:
        while data := file.read(CHUNK):
            for digest in digests:
                digest.update(data)


def plain(path: str) -> Iterator[bytes]:
    unpacker = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    with Path(path).open("rb", buffering=0) as file:
        while data := file.read(CHUNK):
            yield unpacker.decompress(data, CHUNK)
            while not unpacker.needs_input and not unpacker.eof:
                yield unpacker.decompress(b"", CHUNK)


def a_universitys_people() -> People:
    """35,000 of them: the file that a site's plugin sends, read (P20)."""
    from tests.factories.people import people_bin

    numbers = range(35_000)
    return People(
        people_bin(
            emails=[f"prenom.nom{n}@univ.example" for n in numbers],
            logins=[f"nom{n}" for n in numbers],
            names=[f"Prénom Nom{n}" for n in numbers],
        )
    )


PEOPLE: list[People] = []  # made before the clock runs


def inspect_file(path: str, *, threads: bool) -> None:
    people = PEOPLE[0] if PEOPLE else None
    inspection = inspect(FileSource(path), target_release="4.5", threads=threads, people=people)
    assert inspection.accepted, inspection.reasons


def scrub_file(path: str, *, threads: bool) -> None:
    report = scrub(FileSource(path), Nowhere(), threads=threads)
    assert report.accepted, report.inspection.reasons


WORK: dict[str, Callable[[str], None]] = {
    "baseline of inspect": baseline_inspect,
    "inspect, one thread": lambda path: inspect_file(path, threads=False),
    "inspect, two cores": lambda path: inspect_file(path, threads=True),
    "inspect, 35,000 people": lambda path: inspect_file(path, threads=False),
    "baseline of scrub": baseline_scrub,
    "the digests of scrub alone": scrubs_digests,
    "scrub, one thread": lambda path: scrub_file(path, threads=False),
    "scrub, two cores": lambda path: scrub_file(path, threads=True),
}


def run_child(job: str, argument: str) -> dict[str, float]:
    # Not tied to a core: where others work on the machine too, that core may be the busy one.
    command = [sys.executable, __file__, "--child", job, argument]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def child(job: str, argument: str) -> None:
    if job == "imports":
        exec(IMPORTS)
        print(json.dumps({"rss": _peak()}))
        return
    exec(IMPORTS)
    if job == "stream":
        from tests.bench.mbz_archives import FilmBackup

        source: Source = FilmBackup(int(argument))
        generating = time.perf_counter()
        for _ in source.stream():
            pass
        generating = time.perf_counter() - generating
        start = time.perf_counter()
        assert inspect(source).accepted
        print(json.dumps({"seconds": time.perf_counter() - start, "generating": generating, "rss": _peak()}))
        return
    if "people" in job:
        PEOPLE.append(a_universitys_people())
    start, cpu = time.perf_counter(), time.process_time()
    WORK[job](argument)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - start,
                "cpu": time.process_time() - cpu,
                "rss": _peak(),
            }
        )
    )


def _peak() -> float:
    # Not ru_maxrss: that remembers the parent's size from before exec.
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    return int(line.split()[1]) / 1024


def make_backup(size: int, folder: str, *, kind: str) -> str:
    """A course of one kind, packed as Moodle's zlib packs it.

    `films` do not shrink: of an H.264 film as x264 makes it, zlib's level 6 puts 99 % into stored blocks of
    16 KiB. `pictures` shrink by half a per cent, all of it in Huffman codes of single bytes, which is the most work
    that deflate can ask for: of JPEGs it is 60 %, of a film of few bits 90 %. `texts` is a twentieth as large
    unpacked, and all of it XML.
    """
    from tests.bench.mbz_archives import FilmBackup

    path = Path(folder) / f"{kind}.mbz"
    if kind == "texts":
        from tests.factories.mbz import Backup

        row = (
            '<question id="{n}"><name>Question {n}</name><questiontext>&lt;p&gt;Quelle masse molaire a le composé '
            "numéro {n}, dissous dans l’eau ?&lt;/p&gt;</questiontext><qtype>multichoice</qtype>"
            "<stamp>ecampus.example+2501{n}+abc</stamp><timecreated>1700{n}</timecreated><createdby>4{n}</createdby>"
            "<answers><answer id='{n}'><answertext>Réponse juste {n}</answertext><fraction>1.0000000</fraction>"
            "<feedback>Très bien</feedback></answer></answers></question>"
        )
        rows = "".join(row.format(n=100_000 + n) for n in range(size // 20 // len(row)))
        body = (
            f"<question_categories><question_category id='1'>{rows}</question_category></question_categories>"
        )
        path.write_bytes(Backup().with_member("questions.xml", body).tgz())
        return str(path)
    if kind == "films":
        with path.open("wb") as file:
            for piece in FilmBackup(size).stream():
                file.write(piece)
        return str(path)
    from tests.factories.mbz import Backup, StoredFile, tar_of

    base = random.Random(3).randbytes(16 * 1024 * 1024)
    base = base.translate(bytes(min(value, 250) for value in range(256)))
    files = tuple(StoredFile(base[n * 4096 :] + bytes([n])) for n in range(max(1, size // len(base))))
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    tar = tar_of(Backup(files=files).parts())
    with path.open("wb") as file:
        for place in range(0, len(tar), CHUNK):
            file.write(packer.compress(tar[place : place + CHUNK]))
        file.write(packer.flush())
    return str(path)


def free_cores() -> float:
    """How many cores' work two threads got done just now: below two, `two cores` says little."""
    data = bytes(64 * 1024 * 1024)

    def work() -> None:
        hashlib.sha256(data)

    start = time.perf_counter()
    work()
    one = time.perf_counter() - start
    threads = [threading.Thread(target=work) for _ in range(2)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 2 * one / (time.perf_counter() - start)


LIMITS = {
    "inspect, one thread": (1.15, ""),
    "inspect, two cores": (0.8, "two cores are wanted, both free"),
    "scrub, one thread": (1.3, "its digests alone take more, of which the baseline has none"),
    "scrub, two cores": (1.3, "two cores are wanted, both free"),
}


def compare(path: str, rounds: int, named: str) -> Iterator[Figure]:
    best: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for job in WORK:
            figures = run_child(job, path)
            kept = best.setdefault(job, figures)
            for key in ("seconds", "cpu"):
                kept[key] = min(kept[key], figures[key])
    idle = run_child("imports", "")["rss"]
    for job, figures in best.items():
        base = best["baseline of inspect" if "inspect" in job else "baseline of scrub"]
        what = f"{job}, {named}"
        if base is figures:
            yield Figure(what, figures["seconds"], "s")
            continue
        limit, why = LIMITS.get(job, (None, ""))
        yield Figure(f"{what}, by its baseline", figures["seconds"] / base["seconds"], "×", limit, why)
        yield Figure(f"{what}: memory", figures["rss"] - idle, "MB")


def stream(size: int) -> Iterator[Figure]:
    figures = run_child("stream", str(size))
    idle = run_child("imports", "")["rss"]
    what = f"inspect {size / 1e9:.0f} GB as a stream"
    yield Figure(f"{what}, by making it", figures["seconds"] / figures["generating"], "×")
    yield Figure(f"{what}: memory", figures["rss"] - idle, "MB")


def zip_ranges(members: int) -> Iterator[Figure]:
    from tests.bench.mbz_zip import measure

    figures = measure(members)
    yield Figure(f"ranged reads of a zip of {figures['members']} members", figures["requests"], "", 8)
    yield Figure("bytes read of it", figures["bytes"] / 1e6, "MB", 2)


def asked_for(options: argparse.Namespace) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("films", "pictures", "texts"):
            if options.only in (None, kind):
                path = make_backup(parse_size(options.size), folder, kind=kind)
                yield from compare(path, options.rounds, f"{options.size} of {kind}")
                Path(path).unlink()
    if options.only in (None, "films", "pictures", "texts"):
        yield Figure("cores that were free", free_cores(), "")
    if options.only in (None, "zip"):
        yield from zip_ranges(options.members)
    if options.only in (None, "stream"):
        for size in options.stream:
            yield from stream(parse_size(size))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1GB", help="of the archive that is inspected and scrubbed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stream", action="append", default=[], help="inspect this much, generated: 10GB")
    parser.add_argument("--members", type=int, default=5000, help="of the zip")
    parser.add_argument("--only", choices=["films", "pictures", "texts", "stream", "zip"])
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(*options.child)
        return 0
    return show(asked_for(options))


if __name__ == "__main__":
    sys.exit(main())
