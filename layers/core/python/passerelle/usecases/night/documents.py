"""Where a night's papers lie in the state bucket, and how plans are put there and read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from passerelle.domain.night.plan.memory import Memory, remembered_by
from passerelle.domain.night.plan.plan import Names, Plan
from passerelle.domain.night.plan.run import Run
from passerelle.domain.night.plan.serialised import (
    FORMAT,
    chunks_of,
    dumped,
    heading,
    memory_document,
    read_memory,
    sha256_of_texts,
)
from passerelle.domain.offer.stages import Stage
from passerelle.errors import NotFound, PaperUnreadable
from passerelle.ports import Papers

ROOT = "nights"


def memory_key(site: str, stage: Stage | None = None) -> str:
    """What each stage remembers lies in a paper of its own, so that stages beside one another lose nothing;
    what none has written since, in the one of all.
    """
    return f"{ROOT}/{site}/memory{f'-{stage.value}' if stage else ''}.json"


def plan_key(folder: str) -> str:
    return f"{folder}/plan.json"


def names_key(folder: str) -> str:
    return f"{folder}/names.json"


def chunk_key(folder: str, name: str) -> str:
    return f"{folder}/chunks/{name}.json"


def done_key(folder: str, name: str) -> str:
    return f"{folder}/done/{name}.json"


def doubt_key(folder: str, name: str) -> str:
    """How far the search came for the operation on which a chunk broke."""
    return f"{folder}/doubt/{name}.json"


REMEMBERING = (Stage.USERS, Stage.OFFER, Stage.ENROLMENTS, Stage.GROUPS)


def load_memory(papers: Papers, site: str) -> Memory:
    """Raises PaperUnreadable."""
    memory, _ = _load(papers, site, lost=None)
    return memory


def rebuilt_memory(papers: Papers, site: str) -> tuple[Memory, tuple[str, ...]]:
    """The memory, and the papers of it that cannot be read. What is lost begins anew: whoever is suspended
    or gone is so since tonight, so that nobody is removed for it.
    """
    lost: list[str] = []
    return _load(papers, site, lost)


def _load(papers: Papers, site: str, lost: list[str] | None) -> tuple[Memory, tuple[str, ...]]:
    memory = _read(papers, memory_key(site), lost) or Memory()
    for stage in REMEMBERING:
        part = _read(papers, memory_key(site, stage), lost)
        if part is not None:
            memory = remembered_by(stage, memory, part)
    return memory, tuple(lost or ())


def _read(papers: Papers, key: str, lost: list[str] | None) -> Memory | None:
    try:
        found = papers.get(key)
        return None if found is None else read_memory(found)
    except (PaperUnreadable, KeyError, TypeError, ValueError):
        if lost is None:
            raise PaperUnreadable(key) from None
        lost.append(key)
        return None


def keep_memory(papers: Papers, site: str, memory: Memory, stage: Stage | None = None) -> None:
    """What this stage remembers of it; all of it for none."""
    for one in (stage,) if stage else REMEMBERING:
        if one in REMEMBERING:
            part = remembered_by(one, Memory(), memory)
            papers.put(memory_key(site, one), {"format": FORMAT, **memory_document(part)})
    if stage is None:
        papers.put(memory_key(site), {"format": FORMAT, **memory_document(memory)})


def keep_plan(papers: Papers, run_id: str, plan: Plan) -> tuple[str, str]:
    """Its folder and its sha256. The heading comes last: what it names is there by then."""
    chunks: dict[str, str] = {}  # as JSON: a plan of a first night would be four times as large as objects
    names: list[str] = []
    for chunk in chunks_of(plan.operations, plan.files):
        chunks[chunk.name] = chunk.text(adds=chunk.adds and plan.verdict.additions_go_on)
        names.append(chunk.name + ("+" if chunk.adds else ""))
    for chunk in chunks_of(plan.frozen, plan.files):
        chunks[f"frozen-{chunk.name}"] = chunk.text()
    named = heading(plan, names) | {"withheld": sorted(n for n in chunks if n.startswith("frozen-"))}
    sha256 = sha256_of_texts([dumped(named), *chunks.values()])
    folder = f"{ROOT}/{run_id}/{sha256[:16]}"
    if papers.get(plan_key(folder)) is None:
        for name, text in chunks.items():
            papers.put_json(chunk_key(folder, name), text)
        papers.put(names_key(folder), {"format": FORMAT, **asdict(plan.names)})
        papers.put(plan_key(folder), named)
    return folder, sha256


def load_names(papers: Papers, run: Run) -> Names:
    """For whoever reads the plan; nothing where it was kept without."""
    found: Mapping[str, Any] = papers.get(names_key(run.folder)) or {}
    return Names(**{name: found[name] for name in ("people", "courses", "groups", "before") if name in found})


def load_heading(papers: Papers, run: Run) -> Mapping[str, Any]:
    """Raises NotFound `night_plan_unknown` where the run has no plan yet."""
    found = papers.get(plan_key(run.folder)) if run.folder else None
    if found is None:
        raise NotFound("night_plan_unknown", run=run.id)
    return found


def load_lines(papers: Papers, run: Run, *, withheld: bool = False) -> Iterator[Mapping[str, Any]]:
    """The operations of a run's plan in order, each with its phase; or those a freeze withheld."""
    named = load_heading(papers, run)
    names: Iterable[str] = named["withheld"] if withheld else (one.rstrip("+") for one in named["chunks"])
    for name in names:
        chunk = papers.get(chunk_key(run.folder, name))
        for line in chunk["operations"] if chunk else ():  # type: ignore[attr-defined]
            yield {"phase": chunk["phase"], **line}  # type: ignore[index]


def wave_of(name: str) -> str:
    """Chunks are named by phase and wave before their own number."""
    return name.rpartition("-")[0]
