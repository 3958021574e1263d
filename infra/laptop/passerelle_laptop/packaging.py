"""Packs template.yaml for the embedded AWS, as `sam build` and `sam package` do for AWS.

The template is not changed, only where its code lies: `CodeUri`, `ContentUri` and `TemplateURL` become
addresses in a bucket of the emulator. The layer is built for the interpreter that runs it, once per
requirements file; after that no network is needed.
"""

from __future__ import annotations

import compileall
import hashlib
import io
import json
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_EPOCH = (2020, 1, 1, 0, 0, 0)
_LEFT_OUT = {"__pycache__", "tests", "test"}


class LayerFailedError(RuntimeError):
    """pip could not build the layer; the message holds its last lines."""


class Shelf(Protocol):
    """Where packages are put."""

    def put(self, name: str, content: bytes) -> tuple[str, str]:
        """Stores `content` under `name`; answers bucket and key."""

    def address(self, bucket: str, key: str) -> str:
        """The https or http address of what was put."""


@dataclass(frozen=True)
class House:
    """Where the project lies, and where what is built may be kept."""

    root: Path
    cache: Path

    @classmethod
    def here(cls) -> House:
        root = Path(__file__).resolve().parents[3]
        return cls(root, root / ".passerelle" / "cache")

    @property
    def template(self) -> Path:
        return self.root / "template.yaml"

    @property
    def layer_source(self) -> Path:
        return self.root / "layers" / "core" / "python"


def packed_template(house: House, shelf: Shelf, parameters: Mapping[str, str] | None = None) -> bytes:
    """template.yaml as JSON, with everything it names put on the shelf."""
    template: dict[str, Any] = yaml_parse(house.template.read_text(encoding="utf-8"))
    # The emulator leaves a number that came through a parameter a string, and compares it with numbers.
    numbers = {
        name: int((parameters or {}).get(name, declared["Default"]))
        for name, declared in template.get("Parameters", {}).items()
        if declared["Type"] == "Number"
    }
    template["Resources"] = _with_numbers(template["Resources"], numbers)
    return _packed(house, house.template.parent, template, shelf)


def _with_numbers(node: Any, numbers: Mapping[str, int]) -> Any:
    match node:
        case {"Ref": str(name)} if name in numbers:
            return numbers[name]
        case dict():
            return {key: _with_numbers(value, numbers) for key, value in node.items()}
        case list():
            return [_with_numbers(value, numbers) for value in node]
    return node


def _is_refused(resource: Mapping[str, Any]) -> bool:
    """What the emulator knows no way to make: alarms over several metrics, and saved queries. On a laptop
    they wake nobody; cfn-lint and the tests hold them.
    """
    kind, properties = resource.get("Type"), resource.get("Properties", {})
    several = kind == "AWS::CloudWatch::Alarm" and "Metrics" in properties
    return several or kind == "AWS::Logs::QueryDefinition"


def _packed(house: House, folder: Path, template: dict[str, Any], shelf: Shelf) -> bytes:
    kept = {name: one for name, one in template["Resources"].items() if not _is_refused(one)}
    template["Resources"] = kept
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource.get("Type"):
            case "AWS::Serverless::Function":
                code = folder / properties["CodeUri"]
                bucket, key = shelf.put(f"{code.name}.zip", zipped_function(code))
                properties["CodeUri"] = {"Bucket": bucket, "Key": key}
            case "AWS::Serverless::LayerVersion":
                bucket, key = shelf.put("layer.zip", zipped_layer(house))
                properties["ContentUri"] = {"Bucket": bucket, "Key": key}
            case "AWS::Serverless::StateMachine":
                machine = folder / properties["DefinitionUri"]
                written = json.dumps(yaml_parse(machine.read_text(encoding="utf-8"))).encode()
                bucket, key = shelf.put(f"{machine.name.partition('.')[0]}.asl.json", written)
                properties["DefinitionUri"] = {"Bucket": bucket, "Key": key}
            case "AWS::CloudFormation::Stack":
                nested = folder / properties["TemplateURL"]
                inner = yaml_parse(nested.read_text(encoding="utf-8"))
                bucket, key = shelf.put(f"{nested.stem}.json", _packed(house, nested.parent, inner, shelf))
                properties["TemplateURL"] = shelf.address(bucket, key)
    return json.dumps(template, default=str).encode()


def zipped_function(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _files(folder):
            _add(archive, file.relative_to(folder).as_posix(), file.read_bytes())
    return packed.getvalue()


def zipped_layer(house: House) -> bytes:
    """What `sam build` makes of layers/core/python: its requirements and the package, under python/.

    Compiled beforehand, since each worker unpacks it anew and would compile it again.
    """
    packed = io.BytesIO(built_requirements(house).with_suffix(".zip").read_bytes())
    with (
        tempfile.TemporaryDirectory(prefix="passerelle-layer-") as scratch,
        zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        source = house.layer_source
        for file in _files(source):
            if file.name == "requirements.txt":
                continue
            name = file.relative_to(source).as_posix()
            _add(archive, f"python/{name}", file.read_bytes())
            if file.suffix == ".py":
                compiled = Path(scratch) / "one.pyc"
                try:
                    py_compile.compile(
                        str(file),
                        cfile=str(compiled),
                        dfile=name,
                        doraise=True,
                        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
                    )
                except py_compile.PyCompileError:
                    continue  # whoever imports it will be told where
                folder, _, stem = name.rpartition("/")
                cached = f"{folder}/__pycache__/{stem[:-3]}.{sys.implementation.cache_tag}.pyc"
                _add(archive, f"python/{cached}", compiled.read_bytes())
    return packed.getvalue()


def built_requirements(house: House) -> Path:
    """A folder with the layer's requirements, installed for this interpreter; a zip of it lies beside it.

    Kept by the hash of the requirements file and the interpreter, so that pip runs once.
    """
    requirements = house.layer_source / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    built = house.cache / f"layer-{digest}-{sys.implementation.cache_tag}-{sysconfig.get_platform()}"
    if built.with_suffix(".zip").exists() and built.is_dir():
        return built
    house.cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".building-", dir=house.cache))
    try:
        target = scratch / "python"
        _install(requirements, target)
        compileall.compile_dir(
            target,
            quiet=2,
            stripdir=str(target),
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        with zipfile.ZipFile(scratch / "layer.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for file in _files(target, compiled=True):
                _add(archive, f"python/{file.relative_to(target).as_posix()}", file.read_bytes())
        # Two test processes may get here at once: each renames a finished build into place, folder first
        # and zip last, so that whoever sees the zip sees all of it.
        if not built.exists():
            try:
                target.rename(built)
            except OSError:
                if not built.is_dir():
                    raise
        (scratch / "layer.zip").replace(built.with_suffix(".zip"))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return built


def _install(requirements: Path, target: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--no-compile", "--no-warn-script-location"]
    command += ["--target", str(target), "--requirement", str(requirements)]
    done = subprocess.run(  # noqa: S603 - pip of our own interpreter
        command, capture_output=True, text=True, check=False, env={**os.environ, "PIP_NO_INPUT": "1"}
    )
    if done.returncode != 0:
        # Which registry this machine uses is nobody's business.
        told = re.sub(r"(?:https?|file)://\S+", "<registry>", done.stderr or done.stdout)
        lines = [line for line in told.splitlines() if not line.startswith("WARNING")]
        raise LayerFailedError("the layer could not be built:\n" + "\n".join(lines[-15:]))
    shutil.rmtree(target / "bin", ignore_errors=True)


def _files(folder: Path, *, compiled: bool = False) -> Iterator[Path]:
    left_out = _LEFT_OUT - {"__pycache__"} if compiled else _LEFT_OUT
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not left_out & set(file.relative_to(folder).parts):
            yield file


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    # The same content makes the same bytes, and so the same key: nothing is deployed again for nothing.
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
