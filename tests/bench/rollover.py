"""A faculty of 2,000 courses on the laptop: planned, applied, cut five times, each course exactly once (R13).

    python -m tests.bench.rollover [--courses 2000] [--parallel 12] [--cuts 5]

Nothing stands in for anything but the Moodles: template.yaml's functions run in the embedded AWS, the twin's
sites back up, send, pull and restore over HTTP, and `passerelle rollover plan` and `apply` are run as
commands. A cut is SIGKILL to `apply`, at random moments, and `apply` started again. Every course has one page
to take over, so archives are small: what is measured is the walk, not the bytes.

What a plan asks, whatever the number of courses N:
  get_site            one on each side: whether the new platform can take the old one's courses (P16)
  export categories   one page on each side: which categories lie below the one named
  export courses      ceil(N / 1000) pages on each side: what stands in them, and last year's without a twin
  get_course_states   ceil(N / 500) on each side: empty, restored, teachers, last change

What applying asks for each course, whatever their number:
  this year  get_course_states  2  when it is begun, and again just before the restore (R5)
             get_courses        1  its start date, by which dates move (R8)
             get_site           2  plugins and release before the restore (P16), and for the report (R12)
             start_restore      1
             get_jobs           1  when the site says that the job has ended
             find_users, notify 1  who shares the course is told (R5)
  last year  get_course_states  2  when it is begun, and when its backup is looked for (R9)
             get_courses        1  its start date
             start_backup       1
             get_jobs           1  when the site says that the job has ended
Seen is somewhat more: two words wake a rollover, that its archive is proved and that its backup's job is over.
Where two workers take both at the same moment, this year's site is asked twice, start_restore included: the same
key answers the same job. `apply` that is killed asks once more of the course that it was about to begin.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("", "infra/laptop", "infra/cli", "layers/core/python")]

from passerelle_laptop.laptop import QUEUES, Laptop  # noqa: E402
from passerelle_laptop.twin import Site  # noqa: E402
from tests.bench.figure import Figure, show  # noqa: E402

BLEU, VERT = "ecampus-bleu", "ecampus-vert"
ENDED = ("done", "failed", "cancelled")
PLANNED_WITHIN = 60.0  # seconds
MOST_CALLS = {VERT: 12.0, BLEU: 7.0}  # of a course: those above, and what two workers ask twice


def furnish(laptop: Laptop, courses: int, parallel: int) -> None:
    for name in (BLEU, VERT):
        site = laptop.site(name)
        for who in ("ada", "grace", "root"):
            site.add_user(who, who.title())
        site.add_category("Sciences", "SCIENCES")
        for n in range(courses):
            course = site.add_course(
                f"SC{n}", f"Cours {n}", "SCIENCES", idnumber=f"SC{n}", teachers=["ada", "grace"]
            )
            if name == BLEU:
                site.change_course(course, add="page", name="Bohr")
    document = laptop.document
    for name in (BLEU, VERT):
        document["sites"][name] |= {"administrators": ["root"], "calls_per_second": 1000.0}
    document["sites"][VERT]["parallel_restores"] = parallel
    laptop.emulator.client("s3").put_object(
        Bucket=laptop.stack.outputs["StateBucket"],
        Key="config/network.json",
        Body=json.dumps(document, ensure_ascii=False).encode(),
    )


@dataclass
class Watch:
    """Counts what is under way on this year's site, all the time."""

    site: Site
    most: int = 0
    done: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def looking(self) -> Iterator[Watch]:
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.01):
            with self.site.lock:
                restores = [job.status for job in self.site.state.jobs.values() if job.kind == "restore"]
            self.done = sum(1 for status in restores if status in ENDED)
            self.most = max(self.most, len(restores) - self.done)


@dataclass
class Command:
    """`passerelle rollover …` as a process of its own, on this stack."""

    stack: Path

    def __call__(self, *words: str) -> subprocess.Popen[str]:
        # -c and not the installed script: the bench measures this tree.
        program = f"import sys; sys.path[:0] = {sys.path[:4]!r}; from passerelle_cli.main import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", program, "rollover", *words, "--stack", str(self.stack)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def plan(laptop: Laptop, run: Command) -> tuple[str, float, dict[str, Counter[str]]]:
    forget_calls(laptop)
    begun = time.perf_counter()
    process = run("plan", "--site", VERT, "--user", "root", "--category", "SCIENCES")
    said = process.communicate()[0]
    seconds = time.perf_counter() - begun
    found = re.search(r"rollover apply (\S+)", said)
    if found is None:
        sys.exit(said)
    return found[1], seconds, calls(laptop)


def apply(run: Command, identity: str, watch: Watch, courses: int, cuts: int, chance: random.Random) -> int:
    """To its end, killed `cuts` times on the way; answers how often it was really killed."""
    killed = 0
    moments = [(n + chance.random()) / (cuts + 1) * courses for n in range(cuts)]
    while True:
        process = run("apply", identity, "--user", "root")
        while process.poll() is None:
            if killed < cuts and watch.done >= moments[killed]:
                # Not between two courses: at any moment of what `apply` does just then.
                time.sleep(chance.uniform(0.0, 2.5))
                process.send_signal(signal.SIGKILL)
                process.wait()
                if process.returncode == -signal.SIGKILL:
                    killed += 1
                break
            time.sleep(0.05)
        process.communicate()
        if process.returncode != -signal.SIGKILL:
            return killed


def calls(laptop: Laptop) -> dict[str, Counter[str]]:
    return {name: Counter(laptop.site(name).log.counts()) for name in (BLEU, VERT)}


def forget_calls(laptop: Laptop) -> None:
    for name in (BLEU, VERT):
        laptop.site(name).log.reset()


def per_course(counted: dict[str, Counter[str]], courses: int) -> Iterator[Figure]:
    for name, counts in counted.items():
        yield Figure(f"calls of {name} for each course", sum(counts.values()) / courses, "", MOST_CALLS[name])


def judge(laptop: Laptop, watch: Watch, courses: int, parallel: int) -> Iterator[Figure]:
    """What is not as it must be, counted."""
    vert, bleu = laptop.site(VERT), laptop.site(BLEU)
    mine = [course for course in vert.state.courses.values() if course.idnumber.startswith("SC")]
    once = sum(1 for course in mine if course.restores == 1)
    yield Figure("courses not restored exactly once", len(mine) - once, "", 0)
    full = sum(1 for c in mine if any(m.name == "Bohr" for m in c.content.modules.values()))
    yield Figure("courses that lack their content", courses - full, "", 0)
    for site, kind in ((vert, "restore"), (bleu, "backup")):
        ended = Counter(job.status for job in site.state.jobs.values() if job.kind == kind)
        yield Figure(f"{kind} jobs too many, or not done", (ended - Counter(done=courses)).total(), "", 0)
    yield Figure("restores at once, at most", watch.most, "", parallel)
    dead = sum(laptop.stack.waiting(name, dead=True) for name in QUEUES)
    yield Figure("dead letters", dead, "", 0)


def figures(asked: argparse.Namespace) -> Iterator[Figure]:
    with Laptop.start(lambda _french, _english: None) as laptop, tempfile.TemporaryDirectory() as folder:
        furnish(laptop, asked.courses, asked.parallel)
        run = Command(laptop.note_addresses(Path(folder) / "stack.json"))
        identity, planned, asked_for = plan(laptop, run)
        yield Figure(f"a faculty of {asked.courses} courses planned", planned, "s", PLANNED_WITHIN)
        yield Figure("calls for the plan", sum(sum(one.values()) for one in asked_for.values()), "")
        forget_calls(laptop)
        begun = time.perf_counter()
        with Watch(laptop.site(VERT)).looking() as watch:
            killed = apply(run, identity, watch, asked.courses, asked.cuts, random.Random(asked.seed))
        yield Figure("applied: each course", (time.perf_counter() - begun) / asked.courses, "s")
        yield Figure("kills that did not take place", asked.cuts - killed, "", 0)
        yield from per_course(calls(laptop), asked.courses)
        yield from judge(laptop, watch, asked.courses, asked.parallel)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--courses", type=int, default=2000)
    parser.add_argument("--parallel", type=int, default=12)
    parser.add_argument("--cuts", type=int, default=5)
    parser.add_argument("--seed", type=int, default=13)
    return show(figures(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
