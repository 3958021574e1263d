#!/usr/bin/env python3
"""One command to start with, on a machine that has Python and nothing else of ours.

  python3 infra/run.py demo             the story of a course, told on this machine
  python3 infra/run.py test             the tests; arguments go to pytest
  python3 infra/run.py passerelle ...   the command line of Passerelle
  python3 infra/run.py sam ...          AWS SAM, to validate, build and deploy
  python3 infra/run.py audit            whether what is pinned has known vulnerabilities
  python3 infra/run.py prepare          only what the first three need

It makes .venv (.venv-sam for SAM and .venv-supply for the audit, which cannot share it) from pinned, hashed
requirements, when they are missing or no longer what the lock says. Nothing is installed outside the
project's folder.
"""
# Standard library only, and nothing that a Python of the last ten years could not at least read: it must be
# able to say which one is needed.

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

USAGE_FR = """Une commande pour commencer, sur une machine qui n’a que Python.

  python3 infra/run.py demo             l’histoire d’un cours, racontée sur cette machine
  python3 infra/run.py test             les tests ; les arguments vont à pytest
  python3 infra/run.py passerelle ...   la ligne de commande de Passerelle
  python3 infra/run.py sam ...          AWS SAM, pour vérifier, construire et déployer
  python3 infra/run.py audit            les dépendances ont-elles des failles connues ?
  python3 infra/run.py prepare          seulement ce qu’il faut aux trois premières

Elle crée .venv (.venv-sam pour SAM, .venv-supply pour l’audit) d’après des versions fixées ;
rien n’est installé hors du projet."""

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
FRENCH = (os.environ.get("LC_ALL") or os.environ.get("LANG") or "").lower().startswith("fr")


def say(english: str, french: str) -> None:
    print(french if FRENCH else english, flush=True)  # noqa: T201


def give_up(english: str, french: str) -> NoReturn:
    sys.exit(french if FRENCH else english)


def with_a_new_enough_python() -> None:
    """Starts over under another Python of this machine if this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for minor in (13, 12, 11):
        found = shutil.which(f"python3.{minor}")
        if found and _answers(found, "pass"):  # a version manager leaves shims that only complain
            os.execv(found, [found, __file__, *sys.argv[1:]])  # noqa: S606
    this = ".".join(map(str, sys.version_info[:2]))
    give_up(
        f"Passerelle needs Python 3.11 or newer; this is {this}.\n"
        "On Debian 12 or newer and Ubuntu 24.04: sudo apt install python3 python3-venv\n"
        "Elsewhere: https://www.python.org/downloads/",
        f"Passerelle demande Python 3.11 ou plus récent ; celui-ci est {this}.\n"
        "Sous Debian 12 ou plus récent et Ubuntu 24.04 : sudo apt install python3 python3-venv\n"
        "Ailleurs : https://www.python.org/downloads/",
    )


def prepared(folder: str, lock: str, *, ours: bool) -> Path:
    """The environment's bin, after making it what `lock` says; `ours`: the project itself goes in as well."""
    environment = ROOT / folder
    python = environment / "bin" / "python"
    stamp = environment / "made-from"
    wanted = _fingerprint(lock, *(["pyproject.toml"] if ours else []))
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python.parent
    say(
        f"Preparing {folder}, once; about a minute.",
        f"Préparation de {folder}, une seule fois ; une minute environ.",
    )
    if not _works(python):
        _make(environment)
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    # The lock is complete, so that there is nothing to resolve.
    _install([*pip, "--no-deps", "--require-hashes", "-r", lock], _pins(lock))
    if ours:
        _install([*pip, "--no-deps", "--no-build-isolation", "-e", "."], 1)
    stamp.write_text(wanted)
    return python.parent


def _works(python: Path) -> bool:
    """Whether an environment's Python starts, is new enough, and has pip."""
    return _answers(str(python), f"import sys, pip; sys.exit(sys.version_info < {OLDEST})")


def _answers(python: str, question: str) -> bool:
    try:
        asked = subprocess.run([python, "-c", question], capture_output=True, check=False)  # noqa: S603
    except OSError:
        return False
    return asked.returncode == 0


def _make(environment: Path) -> None:
    version = ".".join(map(str, sys.version_info[:2]))
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        give_up(
            f"Python {version} cannot make environments here.\n"
            f"On Debian and Ubuntu: sudo apt install python{version}-venv",
            f"Python {version} ne peut pas créer d’environnement ici.\n"
            f"Sous Debian et Ubuntu : sudo apt install python{version}-venv",
        )
    # What another Python began, or what was cut short, is ours to make again.
    shutil.rmtree(environment, ignore_errors=True)
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "venv", str(environment)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(environment, ignore_errors=True)
        give_up(
            f"The environment could not be made:\n{done.stdout}{done.stderr}",
            f"L’environnement n’a pas pu être créé :\n{done.stdout}{done.stderr}",
        )


def _install(command: list[str], packages: int) -> None:
    """Runs pip, counting what it collects; its own words are shown only if it fails."""
    seen = 0
    lines: list[str] = []
    with subprocess.Popen(  # noqa: S603 - pip of our own environment
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PIP_NO_INPUT": "1"},
    ) as running:
        for line in running.stdout or ():
            lines.append(line.rstrip())
            if re.match(r"(Collecting|Processing|Requirement already satisfied:) ", line):
                seen += 1
                if seen % 20 == 0:
                    say(f"  {seen} of {packages} packages", f"  {seen} paquets sur {packages}")
    if running.returncode == 0:
        return
    # Which registry this machine uses is nobody's business.
    told = "\n  ".join(re.sub(r"(https?|file)://\S+", "<registry>", line) for line in lines[-15:])
    give_up(
        f"pip could not install what is needed:\n  {told}\nDoes the network answer? Type the command again.",
        f"pip n’a pas pu installer le nécessaire :\n  {told}\nLe réseau répond-il ? Relancez la commande.",
    )


def _pins(lock: str) -> int:
    return len(re.findall(r"^\S+==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))


def _fingerprint(*files: str) -> str:
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for name in files:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _become(program: Path, *arguments: str) -> NoReturn:
    sys.stdout.flush()
    os.execv(program, [str(program), *arguments])  # noqa: S606 - what we have just installed


def with_the_templates_python(arguments: tuple[str, ...]) -> None:
    """`sam build` would stop in the middle, or build for another one: said before it starts."""
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    wanted = re.search(r"PythonVersion=(python[\d.]+)", " ".join(arguments)) or re.search(
        r"^  PythonVersion:\n(?:    .*\n)*?    Default: (python[\d.]+)", template, re.MULTILINE
    )
    if wanted is None or shutil.which(wanted[1]):
        return
    give_up(
        f"sam build needs {wanted[1]}, the functions' Python, on the PATH, and it is not there.\n"
        f"Install it (Debian: apt install {wanted[1]}; elsewhere: https://www.python.org/downloads/), "
        f"or build in a container: sam build --use-container.\n"
        "Another version is chosen for build and deploy alike: --parameter-overrides "
        "PythonVersion=python3.12",
        f"sam build a besoin de {wanted[1]}, le Python des fonctions, sur le PATH, et il n’y est pas.\n"
        f"Installez-le (Debian : apt install {wanted[1]} ; ailleurs : https://www.python.org/downloads/), "
        f"ou construisez dans un conteneur : sam build --use-container.\n"
        "Une autre version se choisit pour build et deploy à la fois : --parameter-overrides "
        "PythonVersion=python3.12",
    )


def build(sam: Path, arguments: tuple[str, ...]) -> NoReturn:
    """`sam build`, and then the bill of materials of the layer that it built."""
    done = subprocess.run([str(sam), *arguments], check=False)  # noqa: S603 - what we have just installed
    layer = ROOT / ".aws-sam/build/CoreLayer/python"
    if done.returncode != 0 or not layer.is_dir():
        sys.exit(done.returncode)
    _become(supply(), "infra/supply.py", "bill", str(layer), ".aws-sam/passerelle.cdx.json")


def supply() -> Path:
    """The Python that has what checks and lists the pins."""
    return prepared(".venv-supply", ".ci/supply.lock", ours=False) / "python"


def main(command: str = "", *arguments: str) -> None:
    if command not in {"demo", "test", "passerelle", "sam", "audit", "prepare"}:
        give_up(__doc__ or "", USAGE_FR)
    os.chdir(ROOT)
    if command == "sam":
        os.environ["SAM_CLI_TELEMETRY"] = "0"
        if arguments[:1] == ("build",):
            with_the_templates_python(arguments)
        sam = prepared(".venv-sam", ".ci/sam.lock", ours=False) / "sam"
        if arguments[:1] == ("build",):
            build(sam, arguments)
        _become(sam, *arguments)
    if command == "audit":
        try:
            python = supply()
        except SystemExit as closed:  # whoever cannot reach a registry reaches no database either
            say(f"not checked: {closed}", f"non vérifié : {closed}")
            return
        _become(python, "infra/supply.py", "audit", *arguments)
    programs = prepared(".venv", "infra/laptop/requirements.lock", ours=True)
    if command == "demo":
        _become(programs / "passerelle", "demo", *arguments)
    if command == "passerelle":
        _become(programs / "passerelle", *arguments)
    if command == "test":
        # Tests that share an emulator name a group, and a group stays in one process.
        spread = [] if "-n" in arguments else ["-n", "2", "--dist", "loadgroup"]
        _become(programs / "python", "-m", "pytest", *spread, *arguments)


if __name__ == "__main__":
    with_a_new_enough_python()
    main(*sys.argv[1:])
